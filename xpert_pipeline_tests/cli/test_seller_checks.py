"""The findings about sources, with sources that answer as a test says."""

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest

from xpert_pipeline.cli.findings import FAIL, OK, WARN
from xpert_pipeline.cli.seller_checks import check_sources
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.sources.source import Probe
from xpert_pipeline.spapi.errors import BadRequest, NotGranted, Throttled

STORES = INDIA, BRITAIN, GERMANY = "A21TJRUUN4KGV", "A1F83G8C2ARO7P", "A1PA6795UKMFR9"
SELLER = Seller(UUID(int=1), "A1", "Books", "eu", STORES, "Asia/Kolkata", "active", None, False, True)
TABLES = (SimpleNamespace(name="orders"), SimpleNamespace(name="order_items"))


class Answers:
    """A source whose probe gives one answer after the other; an error is raised."""

    tables, roles = TABLES, ("Role A", "Role B")

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def probe(self, _api, market, _now):
        self.asked.append(market.id)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def check(source):
    clock, *findings = check_sources(SELLER, SimpleNamespace(server_now=lambda: datetime.now(UTC)), [source])
    assert clock.check == "clock"
    return findings


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
def test_each_marketplace_has_its_finding(answer, state, detail, advice):
    others = Probe("orders", 5), Probe("orders", 6)
    first, *rest = check(Answers(answer, *others))
    assert (first.check, first.state, first.detail, first.advice) == ("orders, order_items", state, detail, advice)
    assert [finding.marketplace for finding in (first, *rest)] == list(STORES)
    assert first.line().startswith(f"{'FAIL' if state == FAIL else str(state):4} orders, order_items (A1, IN): ")


@pytest.mark.parametrize(
    ("answer", "state", "text"),
    [
        (Probe("reports (X)"), OK, "reports (X): granted (role Role A or Role B)"),
        (NotGranted("no role"), WARN, "not granted: no role"),
    ],
)
def test_an_answer_about_the_role_is_one_finding_of_the_seller(answer, state, text):
    source = Answers(answer)
    (finding,) = check(source)
    assert (finding.state, finding.detail, finding.marketplace) == (state, text, None)
    assert source.asked == [INDIA]


def test_a_marketplace_that_refuses_alone_is_named_and_ends_the_questions():
    source = Answers(Probe("orders", 5), NotGranted("not here"))
    granted, refused = check(source)
    assert (granted.marketplace, granted.state) == (INDIA, OK)
    assert (refused.marketplace, refused.state) == (BRITAIN, WARN)
    assert refused.advice.startswith("needs the role Role A or Role B. ")


def test_a_source_without_a_probe_has_no_finding():
    source = Answers(None)
    assert check(source) == []
    assert source.asked == [INDIA]
