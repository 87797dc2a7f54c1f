"""Before a sync every seller is asked who it is: several at a time, and one that does not answer holds up no other."""

import threading
from functools import partial

import pytest

from xpert_pipeline.cli import preflight
from xpert_pipeline.sandbox.faults import FaultRule
from xpert_pipeline.spapi import session
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline_tests.sandbox_sellers import add_sellers

pytestmark = pytest.mark.long
OTHERS = 11


@pytest.fixture
def shops(amazon, sellers, monkeypatch):
    """Twelve sellers; the environment that leads to them. Retries are quick."""
    monkeypatch.setattr(session, "RetryPolicy", partial(RetryPolicy, base_seconds=0.01))
    environ = amazon(sellers=OTHERS + 1)
    add_sellers(sellers, amazon.sandbox)
    return environ


@pytest.fixture
def started(monkeypatch):
    """Whose sync was started; none is run."""
    chosen = []

    def start(_place, wanted):
        chosen.extend(seller.amazon_seller_id for seller, _ in wanted)
        return []

    monkeypatch.setattr("xpert_pipeline.cli.sync.run_all", start)
    return chosen


def test_sellers_are_asked_side_by_side_and_those_found_well_are_not_asked_again(
    xpert, amazon, shops, started, monkeypatch
):
    together = threading.Barrier(preflight.AT_A_TIME)
    ask, waits = preflight.check_identity, iter(range(preflight.AT_A_TIME))

    def ask_together(seller, api):
        if next(waits, None) is not None:
            together.wait(timeout=30)  # breaks unless so many are asked at the same time
        return ask(seller, api)

    monkeypatch.setattr(preflight, "check_identity", ask_together)
    assert xpert("sync", **shops).exit_code == 0
    assert started == sorted(amazon.sandbox.state.worlds)
    calls = dict(amazon.sandbox.state.statistics.counts)
    assert xpert("sync", **shops).exit_code == 0
    asked = {
        name
        for (name, seller, status), n in amazon.sandbox.state.statistics.counts.items()
        if n != calls.get((name, seller, status))
    }
    assert asked == {"requestAccessToken"}


def test_a_seller_that_never_answers_is_left_out_when_the_time_is_over(xpert, amazon, shops, started, monkeypatch):
    monkeypatch.setattr(preflight, "DEADLINE_SECONDS", 8.0)
    dead = next(iter(amazon.sandbox.state.worlds))
    over, ask = threading.Event(), preflight.check_identity

    def hang(seller, api):
        if seller.amazon_seller_id == dead:
            over.wait(timeout=60)
        return ask(seller, api)

    monkeypatch.setattr(preflight, "check_identity", hang)
    done = xpert("sync", **shops)
    over.set()
    assert done.exit_code == 1
    assert started == sorted(set(amazon.sandbox.state.worlds) - {dead})
    assert f"failed: seller {dead} was left out: no answer within 8 s" in done.stderr


def test_one_that_answers_only_errors_is_left_out_with_the_reason(xpert, amazon, shops, started):
    bad = next(iter(amazon.sandbox.state.worlds))
    amazon.sandbox.state.faults.add(FaultRule("500-json", seller=bad))
    done = xpert("sync", **shops)
    assert done.exit_code == 1
    assert len(started) == OTHERS
    assert f"failed: seller {bad} was left out: " in done.stderr


@pytest.mark.parametrize("answer", ["access-denied", "bad-request", "500-json", "200-html"])
def test_a_seller_whose_marketplaces_amazon_does_not_list_is_synced_and_verified_later(
    xpert, amazon, shops, started, answer
):
    """The list only helps to find mistakes, but a seller whose list Amazon did not return was left out of the sync."""
    odd = next(iter(amazon.sandbox.state.worlds))
    operation = "getMarketplaceParticipations"
    amazon.sandbox.state.faults.add(FaultRule(answer, seller=odd, operation=operation))
    done = xpert("sync", **shops)
    assert done.exit_code == 0, done.output
    assert started == sorted(amazon.sandbox.state.worlds)
    amazon.sandbox.state.faults.clear()
    assert xpert("sync", **shops).exit_code == 0
    counts = amazon.sandbox.state.statistics.counts.items()
    verified = [seller for (name, seller, status), _ in counts if (name, status) == (operation, 200)]
    assert sorted(verified) == sorted(amazon.sandbox.state.worlds)
