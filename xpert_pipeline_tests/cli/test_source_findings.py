"""The findings about sources, with sources that answer as a test says, and what coverage then knows."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from xpert_pipeline.assets.orders.order_items import ORDER_ITEMS
from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline.cli.findings import FAIL, OK, WARN
from xpert_pipeline.cli.source_findings import check_sources
from xpert_pipeline.postgres.source_coverage import coverage_of
from xpert_pipeline.sources.source import Probe
from xpert_pipeline.spapi.errors import BadRequest, NotGranted, Throttled
from xpert_pipeline_tests.sources.conftest import BRITAIN, GERMANY, INDIA, stores

__all__ = ["stores"]
STORES = INDIA, GERMANY, BRITAIN


class Answers:
    """A source whose probe gives one answer after the other; an error is raised."""

    tables, roles = (ORDERS, ORDER_ITEMS), ("Role A", "Role B")
    marketplaces, is_derived, origins = None, False, ("searchOrders",)

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def is_offered_in(self, marketplace_id):
        return self.marketplaces is None or marketplace_id in self.marketplaces

    def probe(self, _api, market, _now):
        self.asked.append(market.id)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def check(stores, pool):
    api = SimpleNamespace(server_now=lambda: datetime.now(UTC))
    return lambda source: list(check_sources(stores, api, pool, [source]))


@pytest.fixture
def known(stores, pool):
    """What coverage knows of the orders: state, reason and advice by marketplace."""
    return lambda: {
        each.marketplace_id: (each.state, each.reason, each.what_to_do)
        for each in coverage_of(pool, stores.id)
        if each.table == "orders"
    }


@pytest.mark.parametrize(
    ("answer", "state", "detail", "advice"),
    [
        (Probe("orders", 1234, "none"), OK, "orders: 1,234 (role Role A or Role B)", ""),
        (Probe("orders", 0, "0 means none"), WARN, "orders: 0 (role Role A or Role B)", "0 means none"),
        (Throttled("busy"), WARN, "throttled: busy", Throttled.what_to_do),
        (BadRequest("wrong"), FAIL, "wrong", BadRequest.what_to_do),
    ],
    ids=["data", "no data", "throttled", "error"],
)
def test_each_marketplace_has_its_finding(check, answer, state, detail, advice):
    others = Probe("orders", 5), Probe("orders", 6)
    first, *rest = check(Answers(answer, *others))
    assert (first.check, first.state, first.detail, first.advice) == ("orders, order_items", state, detail, advice)
    assert [finding.marketplace for finding in (first, *rest)] == list(STORES)
    assert first.line().startswith(f"{'FAIL' if state == FAIL else str(state):4} orders, order_items (A3STORES, IN): ")


@pytest.mark.parametrize(
    ("answer", "state", "text"),
    [
        (Probe("reports (X)"), OK, "reports (X): granted (role Role A or Role B)"),
        (NotGranted("no role"), WARN, "not granted: no role"),
    ],
)
def test_an_answer_about_the_role_is_one_finding_of_the_seller(check, answer, state, text):
    source = Answers(answer)
    (finding,) = check(source)
    assert (finding.state, finding.detail, finding.marketplace) == (state, text, None)
    assert source.asked == [INDIA]


def test_a_marketplace_that_refuses_alone_is_named_and_ends_the_questions(check, known):
    source = Answers(Probe("orders", 5), NotGranted("not here"))
    granted, refused = check(source)
    assert (granted.marketplace, granted.state) == (INDIA, OK)
    assert (refused.marketplace, refused.state) == (GERMANY, WARN)
    assert refused.advice.startswith("needs the role Role A or Role B. ")
    assert {place: state for place, (state, _, _) in known().items()} == {INDIA: "available", GERMANY: "not_granted"}


def test_a_source_without_a_probe_has_no_finding(check, known):
    source = Answers(None)
    assert check(source) == []
    assert (source.asked, known()) == ([INDIA], {})


def test_a_role_that_was_granted_before_is_not_asked_for_again_but_told_as_lost(check, known, admin):
    """Doctor said "grant the role" although it had been granted for months: people changed what was right."""
    check(Answers(Probe("reports (X)")))
    admin.execute("update coverage set granted_at = '2026-03-01 10:00Z'")
    (finding,) = check(Answers(NotGranted("no role")))
    sentence = "Amazon granted the role Role A or Role B until 1 Mar 10:00 UTC and refuses it now"
    assert (finding.state, finding.detail.replace(" 2026", "")) == (WARN, sentence)
    assert "every sync asks again" in finding.advice
    assert {state for state, _, _ in known().values()} == {"not_granted"}
    assert {reason.replace(" 2026", "") for _, reason, _ in known().values()} == {sentence}


def test_a_marketplace_without_the_source_is_named_and_not_asked_for(check):
    source = Answers(Probe("orders", 5), Probe("orders", 6))
    source.marketplaces = {INDIA, BRITAIN}
    *asked, elsewhere = check(source)
    assert (source.asked, [finding.marketplace for finding in asked]) == ([INDIA, BRITAIN], [INDIA, BRITAIN])
    assert (elsewhere.state, elsewhere.detail, elsewhere.marketplace) == (
        OK,
        "Amazon does not offer it in this marketplace",
        GERMANY,
    )
