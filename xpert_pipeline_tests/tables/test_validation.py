"""Cyclic garbage is left alone only while chunks are worked through."""

import gc

import pytest

from xpert_pipeline.tables.validation import collector_paused


@pytest.fixture(autouse=True)
def collector_as_before():
    running = gc.isenabled()
    yield
    (gc.enable if running else gc.disable)()


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


def test_whoever_had_turned_it_off_finds_it_off():
    gc.disable()
    with collector_paused():
        pass
    assert not gc.isenabled()
