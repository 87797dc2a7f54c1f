"""The garbage collector pauses only while data is read."""

import gc

import pytest

from xpert_pipeline.garbage import collector_paused


@pytest.fixture(autouse=True)
def collector_as_before():
    was_enabled = gc.isenabled()
    yield
    (gc.enable if was_enabled else gc.disable)()


def test_the_collector_is_off_inside_and_on_again_after():
    gc.enable()
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_failure_inside_turns_it_on_again():
    gc.enable()
    with pytest.raises(ValueError, match="broken report"), collector_paused():
        raise ValueError("broken report")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    with collector_paused():
        pass
    assert not gc.isenabled()
