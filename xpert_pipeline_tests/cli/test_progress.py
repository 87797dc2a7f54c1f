"""What a command shows on stderr while it works: steps and waits."""

import io
import re
import time
from types import SimpleNamespace

import pytest
from rich.console import Console

from xpert_pipeline.cli import progress as module
from xpert_pipeline.cli.board import Board
from xpert_pipeline.cli.progress import announced_if_slow, progress
from xpert_pipeline.progress import QUOTA, RETRY, ProgressListener, note, step, working

A = ProgressListener("A1")


@pytest.fixture
def shown():
    """Returns the lines that were printed since the last call."""
    text = io.StringIO()

    def lines():
        new = text.getvalue().splitlines()
        text.truncate(0)
        text.seek(0)
        return new

    with progress(Console(file=text, force_terminal=False), Board("working")):
        yield lines


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until a test moves it."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    return now


def test_a_wait_is_shown_once_although_it_is_reported_every_five_seconds(shown, clock):
    """A wait of an hour for quota filled the console with a line every five seconds, each with other seconds."""
    for elapsed in range(0, 55, 5):
        clock.seconds = float(elapsed)
        A.waiting("searchOrders", 3600, QUOTA)
    (line,) = shown()
    assert re.fullmatch(r"A1: Waiting for Amazon's rate limit of searchOrders; continues at (\d+ \w+ )?\d\d:\d\d", line)


def test_a_wait_that_continues_is_shown_again_after_a_minute(shown, clock):
    A.waiting("searchOrders", 3600, QUOTA)
    clock.seconds = 61.0
    A.waiting("searchOrders", 3600, QUOTA)
    assert len(shown()) == 2


def test_a_wait_whose_end_changes_is_shown_again_at_once(shown, clock):
    A.waiting("searchOrders", 3600, QUOTA)
    clock.seconds = 5.0
    A.waiting("searchOrders", 600, QUOTA)
    assert len(shown()) == 2


def test_two_waits_for_the_same_thing_with_different_ends_are_shown_once_each(shown, clock):
    for elapsed in range(0, 55, 5):
        clock.seconds = float(elapsed)
        A.waiting("searchOrders", 300, QUOTA)
        A.waiting("searchOrders", 900, QUOTA)
    assert len(shown()) == 2


def test_other_sellers_operations_and_reasons_are_shown_too_and_short_waits_are_not(shown, clock):
    A.waiting("searchOrders", 60, QUOTA)
    ProgressListener("B2").waiting("searchOrders", 60, QUOTA)
    A.waiting("getOrderMetrics", 60, QUOTA)
    A.waiting("searchOrders", 60, RETRY)
    A.waiting("getReport", 4, "GET_X, IN_QUEUE")
    assert len(shown()) == 4


def test_every_step_and_note_is_shown_and_nothing_in_it_is_taken_for_markup(shown):
    step("A1", "products", "2 [bold] listings to read")
    step("A1", "products", "2 [bold] listings to read")
    note("a note")
    assert shown() == ["A1: products: 2 [bold] listings to read"] * 2 + ["a note"]


def test_waits_say_what_for_in_plain_words_and_when_they_end(shown):
    A.waiting("searchOrders", 3600, RETRY)
    A.waiting("getReport", 20, "Amazon to prepare 7 reports")
    retry, prepared = shown()
    assert re.fullmatch(r"A1: Amazon did not answer searchOrders; next try at (\d+ \w+ )?\d\d:\d\d", retry)
    assert re.fullmatch(r"A1: Waiting for Amazon to prepare 7 reports; next check (\d+ \w+ )?\d\d:\d\d:\d\d", prepared)


def test_a_wait_names_the_table_that_the_run_works_on(shown):
    with working("A1", ["orders", "order_items"]):
        A.waiting("searchOrders", 3600, QUOTA)
        ProgressListener("B2").waiting("searchOrders", 3600, QUOTA)
    A.waiting("getReport", 3600, QUOTA)
    assert [line.split(": Waiting")[0] for line in shown()] == ["A1: orders", "B2", "A1"]


def test_a_step_that_fails_is_told_and_one_that_succeeds_is_not(shown):
    with working("A1", ["products"]):
        pass
    with pytest.raises(RuntimeError), working("A1", ["orders", "order_items"]):
        raise RuntimeError
    assert shown() == ["A1: orders, order_items: failed"]


@pytest.mark.parametrize(("lasts", "printed"), [(0.0, ""), (0.3, "reading ...\n")])
def test_slow_work_is_announced_and_quick_work_is_not(monkeypatch, lasts, printed):
    monkeypatch.setattr(module, "SLOW_SECONDS", 0.1)
    text = io.StringIO()
    with announced_if_slow(Console(file=text, force_terminal=False), "reading ..."):
        time.sleep(lasts)
    assert text.getvalue() == printed
