"""Token buckets: a burst, then refusals, then one call at a time; separate for every operation and seller."""

import time

import pytest

from xpert_pipeline.sandbox.app import PLANS
from xpert_pipeline.sandbox.serving.pace import Pace
from xpert_pipeline.sandbox.serving.usage_plans import Buckets
from xpert_pipeline_tests.sandbox.client import REPORTS, Client

PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"


def test_a_burst_is_granted_and_the_next_call_refused(new_sandbox):
    client = new_sandbox(days=1, rate_scale=1.0)
    answers = [client.get(PARTICIPATIONS) for _ in range(16)]
    assert [answer.status_code for answer in answers] == [200] * 15 + [429]
    (error,) = answers[-1].json()["errors"]
    assert error == {
        "code": "QuotaExceeded",
        "message": "You exceeded your quota for the requested resource.",
        "details": "",
    }
    assert {answer.headers["x-amzn-RateLimit-Limit"] for answer in answers} == {"0.016"}
    assert client.get(REPORTS, reportTypes="GET_MERCHANT_LISTINGS_ALL_DATA").status_code == 200
    assert client.stats()["throttled_by_bucket"] == {"getMarketplaceParticipations": 1}


def test_sellers_do_not_share_a_bucket(new_sandbox):
    client = new_sandbox(days=1, rate_scale=1.0, sellers=2)
    other = Client(client.running, "Atzr|sandbox-2")
    assert [client.get(PARTICIPATIONS).status_code for _ in range(16)][-1] == 429
    assert other.get(PARTICIPATIONS).status_code == 200
    other.http.close()


def test_a_refused_call_costs_nothing_and_a_refill_grants_one(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    buckets = Buckets(Pace(1.0), PLANS)
    rate, burst = PLANS["searchOrders"]
    assert all(buckets.take("searchOrders", "A") for _ in range(burst))
    for _ in range(5):
        assert not buckets.take("searchOrders", "A")
    clock[0] += 1 / rate - 1
    assert not buckets.take("searchOrders", "A")
    clock[0] += 1.01
    assert buckets.take("searchOrders", "A")
    assert not buckets.take("searchOrders", "A")


def test_a_bucket_never_holds_more_than_its_burst(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    buckets = Buckets(Pace(1.0), PLANS)
    buckets.take("searchCatalogItems", "A")
    clock[0] += 1_000_000
    assert [buckets.take("searchCatalogItems", "A") for _ in range(3)] == [True, True, False]


def test_rate_scale_multiplies_rate_and_header_but_not_the_burst(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    buckets = Buckets(Pace(10.0), PLANS)
    assert buckets.header("searchOrders") == "0.056"
    assert [buckets.take("searchOrders", "A") for _ in range(21)] == [True] * 20 + [False]
    clock[0] += 1 / 0.056 + 0.01
    assert buckets.take("searchOrders", "A")


def test_without_limits_nothing_is_refused():
    buckets = Buckets(Pace(0.0), PLANS)
    assert all(buckets.take("createReport", "A") for _ in range(1000))
    assert buckets.header("createReport") == "100000.0"


def plan_of(client, operation, seller=None):
    rows = client.http.get("/_sandbox/plans").json()
    return [(row["rate"], row["burst"]) for row in rows if (row["operation"], row["seller"]) == (operation, seller)]


def change(client, **plan):
    return client.http.post("/_sandbox/plans", json=plan)


def test_a_changed_plan_is_enforced_and_listed_from_then_on(new_sandbox):
    client = new_sandbox(days=1, rate_scale=1.0)
    assert plan_of(client, "getMarketplaceParticipations") == [(0.016, 15)]
    assert [client.get(PARTICIPATIONS).status_code for _ in range(16)] == [200] * 15 + [429]
    assert change(client, operation="getMarketplaceParticipations", rate=1000, burst=3).status_code == 200
    assert plan_of(client, "getMarketplaceParticipations") == [(1000, 3)]
    time.sleep(0.01)
    answer = client.get(PARTICIPATIONS)
    assert (answer.status_code, answer.headers["x-amzn-RateLimit-Limit"]) == (200, "1000.0")
    assert client.get(REPORTS, reportTypes="X").headers["x-amzn-RateLimit-Limit"] == "0.0222"


def test_a_plan_can_change_for_one_seller(new_sandbox):
    client = new_sandbox(days=1, rate_scale=1.0, sellers=2)
    other = Client(client.running, "Atzr|sandbox-2")
    change(client, operation="getMarketplaceParticipations", rate=0.001, burst=1, seller=other.seller_id)
    assert plan_of(client, "getMarketplaceParticipations", other.seller_id) == [(0.001, 1)]
    answers = [other.get(PARTICIPATIONS) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert {answer.headers["x-amzn-RateLimit-Limit"] for answer in answers} == {"0.001"}
    assert {client.get(PARTICIPATIONS).headers["x-amzn-RateLimit-Limit"] for _ in range(2)} == {"0.016"}
    other.http.close()


def test_a_changed_plan_keeps_what_was_refilled(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    buckets = Buckets(Pace(1.0), PLANS)
    assert [buckets.take("searchCatalogItems", "A") for _ in range(3)] == [True, True, False]
    clock[0] += 0.5
    buckets.change("searchCatalogItems", 0.001)
    assert [buckets.take("searchCatalogItems", "A") for _ in range(2)] == [True, False]
    assert buckets.plan("searchCatalogItems", "A") == (0.001, 2)


@pytest.mark.parametrize(
    "plan",
    [
        {"operation": "getEverything", "rate": 1},
        {"operation": "getOrder", "rate": 0},
        {"operation": "getOrder", "rate": 1, "burst": 0},
        {"operation": "getOrder", "rate": 1, "seller": "nobody"},
        {"operation": "getOrder", "rate": "fast"},
        {"operation": "getOrder"},
        {"operation": "getOrder", "rate": 1, "colour": "red"},
        [],
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(client, plan):
    answer = client.http.post("/_sandbox/plans", json=plan)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("fault", "header"),
    [
        ("rate-header-zero", "0.0"),
        ("rate-header-negative", "-1.0"),
        ("rate-header-text", "unlimited"),
        ("rate-header-missing", None),
    ],
)
def test_a_rate_header_can_be_spoilt_while_the_answer_is_good(client, fault, header):
    client.fault(fault, 1)
    answer = client.get(PARTICIPATIONS)
    assert answer.json()["payload"]
    assert answer.headers.get("x-amzn-RateLimit-Limit") == header
    assert client.get(PARTICIPATIONS).headers["x-amzn-RateLimit-Limit"] == "100000.0"
