"""A run requests everything at its start: once for all of its steps, each charged for its own calls.

One step's error does not reach another step.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.sources.run import RunOptions
from xpert_pipeline.sources.source import LATER
from xpert_pipeline.sources.start import RunStart
from xpert_pipeline.spapi.errors import NotGranted, Transient
from xpert_pipeline.spapi.sending.listener import Meter


class Client:
    """A meter with the methods of `SellerApi` that cost calls."""

    def __init__(self):
        self.meter = Meter("A1")
        self.bill, self.carry = self.meter.bill, self.meter.carry


@dataclass(frozen=True)
class Run:
    """The parts of a seller's run that `RunStart` reads."""

    run_id: str
    seller: SimpleNamespace
    client: Callable[[], Client]
    options: RunOptions

    markets: tuple[str, ...] = ("IN", "DE")

    @property
    def refetch(self):
        return self.options.refetch

    def where_offered(self, marketplaces):
        return replace(self, markets=tuple(sorted(marketplaces & {*self.markets}))) if marketplaces else self


@dataclass
class Source:
    """The parts of a source that `RunStart` reads; it notes its turns, calls Amazon once, and returns or raises."""

    step: str
    outcome: object
    turns: list
    rank: int = 0
    prepares: bool = True
    marketplaces: frozenset[str] | None = None

    def prepare(self, run):
        self.turns.append(self.step)
        run.client().meter.called(f"create-{self.step}", 200, 0.1)
        outcome = self.outcome.pop(0) if isinstance(self.outcome, list) else self.outcome
        if isinstance(outcome, Exception):
            raise outcome
        return outcome(run) if callable(outcome) else outcome


def run_of(*steps, run_id="run-1", seller="A1", refetching=()):
    client = Client()
    options = RunOptions(steps=frozenset(steps), refetching=frozenset(refetching))
    return Run(run_id, SimpleNamespace(amazon_seller_id=seller), lambda: client, options)


@pytest.fixture
def turns():
    return []


def start_of(turns, **outcomes):
    """Sources in the order of their ranks, each with its outcome."""
    sources = [Source(name, outcome, turns, rank) for rank, (name, outcome) in enumerate(outcomes.items())]
    return RunStart(reversed(sources))


def test_each_step_prepares_with_its_own_refetch(turns):
    """The first step prepared the others as if nothing was to be refetched: each then asked Amazon a second time."""
    start = start_of(turns, orders=lambda run: run.refetch, kiosk=lambda run: run.refetch)
    run = run_of("orders", "kiosk", refetching=["kiosk"])
    assert [start.take(run, step) for step in ("orders", "kiosk")] == [False, True]


def test_the_first_step_makes_all_steps_of_the_run_prepare_and_each_takes_its_own(turns):
    start = start_of(turns, kiosk="queries", orders="reports", products="listings")
    first, second = run_of("orders", "kiosk"), run_of("orders", "kiosk")
    assert start.take(first, "orders") == "reports"
    assert turns == ["kiosk", "orders"], "products is no step of this run"
    assert start.take(second, "kiosk") == "queries"
    assert turns == ["kiosk", "orders"]


def test_a_source_that_asks_amazon_nothing_does_not_prepare(turns):
    sources = [Source("sales", "nothing", turns, prepares=False), Source("orders", "reports", turns, rank=1)]
    assert RunStart(sources).take(run_of("orders", "sales"), "orders") == "reports"
    assert turns == ["orders"]


def test_each_step_is_charged_for_its_own_calls(turns):
    start = start_of(turns, kiosk="queries", orders="reports")
    first, second = run_of("orders", "kiosk"), run_of("orders", "kiosk")
    first.client().meter.called("getToken", 200, 0.1)
    start.take(first, "orders")
    start.take(second, "kiosk")
    assert first.client().bill().calls_by_operation == {"getToken": 1, "create-orders": 1}
    assert second.client().bill().calls_by_operation == {"create-kiosk": 1}


@pytest.mark.parametrize("error", [NotGranted("no role"), DatabaseError("no table")])
def test_an_error_of_one_step_is_raised_in_that_step(turns, error):
    start = start_of(turns, kiosk=error, orders="reports")
    assert start.take(run_of("orders", "kiosk"), "orders") == "reports"
    with pytest.raises(type(error), match=str(error)[:7]):
        start.take(run_of("orders", "kiosk"), "kiosk")


def test_after_a_seller_did_not_answer_the_other_steps_prepare_in_their_own_turn(turns):
    """Five tries each, for every step of a seller that is down, would hold its place in the queue for minutes."""
    start = start_of(turns, kiosk=Transient("down"), orders=Transient("down"))
    with pytest.raises(Transient):
        start.take(run_of("kiosk", "orders"), "kiosk")
    assert turns == ["kiosk"]
    with pytest.raises(Transient):
        start.take(run_of("kiosk", "orders"), "orders")
    assert turns == ["kiosk", "orders"]


def test_a_step_that_needs_another_ones_rows_prepares_again_when_that_step_is_done(turns):
    start = start_of(turns, traffic=[LATER, "queries"], products="listings", orders="reports")
    steps = ("traffic", "products", "orders")
    assert start.take(run_of(*steps), "products") == "listings"
    assert start.take(run_of(*steps), "orders") == "reports"
    assert turns == ["traffic", "products", "orders", "traffic"]
    assert start.take(run_of(*steps), "traffic") == "queries"


def test_a_step_that_is_still_too_early_in_its_own_turn_gets_nothing(turns):
    """Its `sync` then plans by itself."""
    start = start_of(turns, traffic=[LATER, LATER], products="listings")
    steps = ("traffic", "products")
    assert start.take(run_of(*steps), "products") == "listings"
    assert start.take(run_of(*steps), "traffic") is None


def test_a_step_that_is_too_early_after_a_seller_did_not_answer_gets_nothing(turns):
    """It was handed the mark itself, and its step failed when it went through it."""
    start = start_of(turns, kiosk=Transient("down"), traffic=LATER)
    with pytest.raises(Transient):
        start.take(run_of("kiosk", "traffic"), "kiosk")
    assert start.take(run_of("kiosk", "traffic"), "traffic") is None


def test_sellers_and_runs_are_kept_apart_and_an_earlier_run_is_forgotten(turns):
    start = start_of(turns, orders="reports")
    for run_id, seller in (("run-1", "A1"), ("run-1", "A2"), ("run-2", "A1"), ("run-1", "A1")):
        assert start.take(run_of("orders", run_id=run_id, seller=seller), "orders") == "reports"
    assert len(turns) == 4


def test_a_source_prepares_only_where_amazon_offers_it(turns):
    here = Source("reviews", lambda run: run.markets, turns, marketplaces=frozenset({"DE", "US"}))
    elsewhere = Source("ads", lambda run: run.markets, turns, marketplaces=frozenset({"US"}))
    start, run = RunStart([here, elsewhere]), run_of("reviews", "ads")
    assert [start.take(run, step) for step in ("reviews", "ads")] == [("DE",), None]
    assert turns == ["reviews"]
