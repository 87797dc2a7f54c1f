"""The least time of the token buckets, with sums that are easy to check."""

import pytest

from benchmarks import token_bound
from benchmarks.bound import WORLDS, Sync, chosen_world, outcome, world_options
from benchmarks.branches import branches_of
from benchmarks.token_bound import PLANS, Bound, Branch, generation, wait
from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.sandbox import app as sandbox_plans
from xpert_pipeline.spapi import library
from xpert_pipeline.spapi.quota import usage_plans


def lower_bound(calls, reports, scale):
    return token_bound.lower_bound(calls, reports, branches_of(SOURCES), scale)


def test_a_full_bucket_costs_nothing_and_every_call_beyond_it_one_refill():
    assert wait("searchOrders", 20, 1) == 0
    assert wait("searchOrders", 100, 1) == pytest.approx(80 / 0.0056)
    assert wait("searchOrders", 100, 10) == pytest.approx(80 / 0.056)


def test_requests_without_a_plan_cost_nothing():
    assert wait("requestAccessToken", 10_000, 1) == 0
    assert wait("downloadDocument", 10_000, 1) == 0


def test_an_operation_without_a_plan_is_rejected():
    with pytest.raises(LookupError, match="no usage plan for 'listBalances'"):
        wait("listBalances", 1, 1)


def test_a_report_takes_twenty_seconds_and_one_for_20_000_rows():
    assert generation(100_000, 1) == 25
    assert generation(100_000, 10) == 2.5


def test_pages_after_a_report_wait_one_after_the_other():
    calls = {"searchOrders": 100, "createReport": 1}
    assert lower_bound(calls, {"orders": [100_000]}, 10).seconds == pytest.approx(2.5 + 80 / 0.056)


def test_reports_of_a_branch_are_made_at_the_same_time():
    assert lower_bound({}, {"orders": [20_000, 40_000, 0]}, 1).seconds == 22


def test_branches_overlap():
    assert lower_bound({"searchOrders": 21}, {"products": [0], "orders": []}, 1).seconds == pytest.approx(1 / 0.0056)
    assert lower_bound({}, {"products": [20_000], "orders": [0]}, 1).seconds == 21


def test_listings_and_their_catalogue_pages_overlap():
    calls = {"searchListingsItems": 55, "searchCatalogItems": 52}
    assert lower_bound(calls, {}, 1).seconds == 25  # 50 refills at 2 a second, not 10 seconds more


def test_a_bucket_of_many_reports_can_decide_alone():
    assert lower_bound({"createReport": 115}, {"orders": [0]}, 1).seconds == pytest.approx(100 / 0.0167)


def test_an_operation_of_several_branches_is_counted_for_its_bucket_only():
    """Nobody knows which branch made the calls, so none of them waits for its report and then for all of the calls."""
    branches = [Branch("products", pages=("searchListingsItems",), made_by="createReport")]
    calls, reports = {"searchListingsItems": 55}, {"products": [0]}
    assert token_bound.lower_bound(calls, reports, branches, 1).seconds == 30
    branches.append(Branch("inventory_levels", pages=("searchListingsItems",)))
    assert token_bound.lower_bound(calls, reports, branches, 1).seconds == 20


def test_lists_and_documents_count_for_listed_reports_only_if_no_other_branch_reads_reports():
    calls = {"getReports": 21, "getReportDocument": 25}
    branches = [Branch("settlements", ("getReports",), ("getReportDocument",))]
    alone = 11 / 0.0222 + 10 / 0.0167
    assert token_bound.lower_bound(calls, {}, branches, 1) == Bound(pytest.approx(alone), "settlements", 46)
    branches.append(Branch("orders", made_by="createReport"))
    assert token_bound.lower_bound(calls, {}, branches, 1) == Bound(pytest.approx(10 / 0.0167), "getReportDocument", 25)


def test_reports_of_an_unknown_table_are_refused():
    with pytest.raises(LookupError, match="no branch for the reports of unheard_of"):
        lower_bound({}, {"unheard_of": [0]}, 1)


def test_no_calls_cost_nothing():
    assert lower_bound({}, {}, 1) == Bound(0.0)


@pytest.mark.parametrize(
    ("calls", "reports", "decided_by", "count"),
    [
        ({"createQuery": 40, "searchOrders": 20}, {"traffic_daily": [0]}, "createQuery", 40),
        ({"searchCatalogItems": 52, "searchListingsItems": 5}, {}, "searchCatalogItems", 52),
        ({"searchCatalogItems": 52, "searchListingsItems": 5}, {"products": [0]}, "products", 57),
        ({"getOrderMetrics": 3, "searchOrders": 2}, {"orders": [0]}, "orders", 5),
        ({"createQuery": 2}, {"orders": [0], "traffic_daily": [0]}, "traffic_daily", 2),
    ],
)
def test_the_bound_names_the_bucket_or_the_branch_that_decides(calls, reports, decided_by, count):
    bound = lower_bound(calls, reports, 1)
    assert (bound.decided_by, bound.calls) == (decided_by, count)


def test_a_data_kiosk_query_takes_forty_seconds_and_overlaps_with_the_reports():
    assert lower_bound({}, {"orders": [0], "economics_daily": [20_000, 0]}, 1).seconds == 41
    assert lower_bound({}, {"orders": [600_000], "traffic_daily": [0]}, 1).seconds == 50


@pytest.mark.parametrize("operation", sorted(PLANS.keys() & usage_plans.OPERATIONS & sandbox_plans.PLANS.keys()))
def test_the_benchmark_and_the_sandbox_and_the_pipeline_agree_on_a_plan(operation):
    plan = usage_plans.plan(operation)
    assert PLANS[operation] == (plan.rate, plan.burst) == sandbox_plans.PLANS[operation]


def test_every_operation_of_the_pipeline_has_a_plan_here():
    assert set(library.OPERATIONS) <= set(PLANS)
    assert {operation for source in SOURCES for operation in source.operations} <= set(PLANS)


def sync(seconds, pages, *, refused=0, span=None, sources=("searchOrders",)):
    calls = {"searchOrders": {"A0": {"200": pages}}, "requestAccessToken": {"-": {"200": 1}}}
    if refused:
        calls["searchOrders"]["A0"]["429"] = refused
    return Sync(seconds, {"calls": calls, "throttled": refused, "seconds": span or seconds}, {}, sources, 0.0)


def test_the_figure_is_the_limited_time_over_the_bound_and_the_free_time():
    figures = outcome([sync(10.0, 100)], [sync(10.0 + 80 / 0.056, 100)], 10).figures
    assert figures["time_vs_bound"] == 1.0
    assert figures["bucket_seconds"] == pytest.approx(1428.57)
    assert (figures["decided_by"], figures["calls_of_it"]) == ("searchOrders", 100)
    assert (figures["calls"], figures["search_orders_calls"]) == (100, 100)


def test_refused_calls_spend_no_token_and_miss_the_goal():
    result = outcome([sync(10.0, 100)], [sync(10.0, 100, refused=3)], 10)
    assert result.figures["bucket_seconds"] == pytest.approx(1428.57)
    assert result.figures["own_429s"] == 3
    assert not result.holds


def test_the_slowest_seller_decides():
    both = sync(10.0, 20)
    both.sandbox["calls"]["searchOrders"]["A1"] = {"200": 21}
    assert both.bound(1).seconds == pytest.approx(1 / 0.0056)


def test_the_outcome_shows_when_the_two_runs_used_different_sources():
    result = outcome([sync(10.0, 5)], [sync(12.0, 0, sources=("GET_XML",))], 10)
    assert result.figures["same_sources"] is False


def test_a_world_becomes_command_line_options_with_a_fixed_last_day():
    *options, as_of = world_options({"days": 3, "orders_per_day": 50, "orders_csv": None})
    assert options == ["--days=3", "--orders-per-day=50"]
    assert as_of.startswith("--as-of=")


def test_sizes_of_a_named_world_can_be_replaced():
    assert chosen_world("large", {"days": 5, "skus": None}) == WORLDS["large"] | {"days": 5}
    assert chosen_world("default", {"days": None, "orders_csv": "orders.csv"}) == {
        "days": 70,
        "orders_csv": "orders.csv",
    }
