"""What a run asks for at its start: once, for all of its steps, each on its own bill, and no step's trouble is another's."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from xpert_pipeline.assets.run_start import LATER, RunStart
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.spapi.errors import NotGranted, Transient
from xpert_pipeline.spapi.sending.listener import Meter


class Client:
    """A meter that is asked as `SellerApi` would be."""

    def __init__(self):
        self.meter = Meter("A1")
        self.bill, self.carry = self.meter.bill, self.meter.carry


@dataclass
class Run:
    """What of a seller's run is looked at."""

    run_id: str
    seller: SimpleNamespace
    steps: frozenset[str]
    client: Callable[[], Client]
    refetching: frozenset[str]
    refetch: bool = False


def run_of(*steps, run_id="run-1", seller="A1", refetching=()):
    client = Client()
    return Run(
        run_id, SimpleNamespace(amazon_seller_id=seller), frozenset(steps), lambda: client, frozenset(refetching)
    )


@pytest.fixture
def asked():
    return []


def prepares(asked, **outcomes):
    """Prepare functions that note their turn, call Amazon once, and give or raise their outcome."""

    def prepare(name, outcome):
        def do(run):
            asked.append(name)
            run.client().meter.called(f"create-{name}", 200, 0.1)
            found = outcome.pop(0) if isinstance(outcome, list) else outcome
            if isinstance(found, Exception):
                raise found
            return found

        return do

    return {name: prepare(name, outcome) for name, outcome in outcomes.items()}


def test_each_step_prepares_what_it_will_read_be_it_complete_days_again_or_not():
    """The first step prepared the others as if nothing was to be refetched: each then asked Amazon a second time."""
    start = RunStart(dict.fromkeys(("orders", "kiosk"), lambda run: run.refetch))
    run = run_of("orders", "kiosk", refetching=["kiosk"])
    assert [start.take(run, step) for step in ("orders", "kiosk")] == [False, True]


def test_the_first_step_has_all_steps_of_the_run_ask_and_each_takes_its_own(asked):
    start = RunStart(prepares(asked, kiosk="queries", orders="reports", products="listings"))
    first, second = run_of("orders", "kiosk"), run_of("orders", "kiosk")
    assert start.take(first, "orders") == "reports"
    assert asked == ["kiosk", "orders"], "products is no step of this run"
    assert start.take(second, "kiosk") == "queries"
    assert asked == ["kiosk", "orders"]


def test_each_step_pays_what_was_asked_for_it(asked):
    start = RunStart(prepares(asked, kiosk="queries", orders="reports"))
    first, second = run_of("orders", "kiosk"), run_of("orders", "kiosk")
    first.client().meter.called("getToken", 200, 0.1)
    start.take(first, "orders")
    start.take(second, "kiosk")
    assert first.client().bill().calls_by_operation == {"getToken": 1, "create-orders": 1}
    assert second.client().bill().calls_by_operation == {"create-kiosk": 1}


@pytest.mark.parametrize("error", [NotGranted("no role"), DatabaseError("no table")])
def test_what_one_step_met_is_raised_in_that_step(asked, error):
    start = RunStart(prepares(asked, kiosk=error, orders="reports"))
    assert start.take(run_of("orders", "kiosk"), "orders") == "reports"
    with pytest.raises(type(error), match=str(error)[:7]):
        start.take(run_of("orders", "kiosk"), "kiosk")


def test_once_a_seller_does_not_answer_the_other_steps_are_left_to_themselves(asked):
    """Five tries each, for every step of a seller that is down, would hold its place in the queue for minutes."""
    start = RunStart(prepares(asked, kiosk=Transient("down"), orders=Transient("down")))
    with pytest.raises(Transient):
        start.take(run_of("kiosk", "orders"), "kiosk")
    assert asked == ["kiosk"]
    with pytest.raises(Transient):
        start.take(run_of("kiosk", "orders"), "orders")
    assert asked == ["kiosk", "orders"]


def test_a_step_that_needs_what_another_brings_is_asked_again_when_that_is_done(asked):
    start = RunStart(prepares(asked, traffic=[LATER, "queries"], products="listings", orders="reports"))
    steps = ("traffic", "products", "orders")
    assert start.take(run_of(*steps), "products") == "listings"
    assert start.take(run_of(*steps), "orders") == "reports"
    assert asked == ["traffic", "products", "orders", "traffic"]
    assert start.take(run_of(*steps), "traffic") == "queries"


def test_sellers_and_runs_are_kept_apart_and_an_earlier_run_is_forgotten(asked):
    start = RunStart(prepares(asked, orders="reports"))
    for run_id, seller in (("run-1", "A1"), ("run-1", "A2"), ("run-2", "A1"), ("run-1", "A1")):
        assert start.take(run_of("orders", run_id=run_id, seller=seller), "orders") == "reports"
    assert len(asked) == 4
