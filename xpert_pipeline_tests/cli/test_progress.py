"""What a command tells on stderr while it works: steps, and what it waits for."""

import io
import time
from types import SimpleNamespace

import pytest
from rich.console import Console

from xpert_pipeline.cli import progress as module
from xpert_pipeline.cli.progress import progress, told_if_slow
from xpert_pipeline.progress import ProgressListener, step

A = ProgressListener("A1")


@pytest.fixture
def said():
    """The lines told since it was asked last."""
    text = io.StringIO()

    def lines():
        found = text.getvalue().splitlines()
        text.truncate(0)
        text.seek(0)
        return found

    with progress(Console(file=text, force_terminal=False), "working ..."):
        yield lines


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is set forward."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    return now


def test_a_wait_is_told_once_though_it_is_counted_down_every_five_seconds(said, clock):
    """A wait of an hour for quota filled the console with a line every five seconds, each with other seconds."""
    for elapsed in range(0, 55, 5):
        clock.seconds = float(elapsed)
        A.waiting("searchOrders", 3600, "quota")
    (line,) = said()
    assert line.startswith("A1: searchOrders waits for quota until ")
    assert line.endswith(" UTC")


def test_a_wait_that_goes_on_is_told_again_after_a_minute(said, clock):
    A.waiting("searchOrders", 3600, "quota")
    clock.seconds = 61.0
    A.waiting("searchOrders", 3600, "quota")
    assert len(said()) == 2


def test_a_wait_whose_end_moves_is_told_again_at_once(said, clock):
    A.waiting("searchOrders", 3600, "quota")
    clock.seconds = 5.0
    A.waiting("searchOrders", 600, "quota")
    assert len(said()) == 2


def test_two_waits_for_the_same_that_end_apart_do_not_push_each_other_onto_the_console(said, clock):
    for elapsed in range(0, 55, 5):
        clock.seconds = float(elapsed)
        A.waiting("searchOrders", 300, "quota")
        A.waiting("searchOrders", 900, "quota")
    assert len(said()) == 2


def test_other_sellers_operations_and_reasons_are_told_beside_it_and_short_waits_not_at_all(said, clock):
    A.waiting("searchOrders", 60, "quota")
    ProgressListener("B2").waiting("searchOrders", 60, "quota")
    A.waiting("getOrderMetrics", 60, "quota")
    A.waiting("searchOrders", 60, "retry")
    A.waiting("getReport", 4, "GET_X, IN_QUEUE")
    assert len(said()) == 4


def test_a_step_is_always_told(said):
    step("A1: products: 2 listings to read")
    step("A1: products: 2 listings to read")
    assert said() == ["A1: products: 2 listings to read"] * 2


@pytest.mark.parametrize(("lasts", "told"), [(0.0, ""), (0.3, "reading ...\n")])
def test_what_is_done_is_told_only_if_it_lasts_longer_than_a_moment(monkeypatch, lasts, told):
    monkeypatch.setattr(module, "MOMENT_SECONDS", 0.1)
    text = io.StringIO()
    with told_if_slow(Console(file=text, force_terminal=False), "reading ..."):
        time.sleep(lasts)
    assert text.getvalue() == told
