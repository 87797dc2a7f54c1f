"""market_share: each metric for itself, ranks kept by day, and what a seller without the role still has."""

from datetime import timedelta

import pytest

from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
SEARCHES = {"IMPRESSION_SHARE", "CLICK_SHARE", "CART_ADD_SHARE", "PURCHASE_SHARE"}
METRICS = {*SEARCHES, "FEATURED_OFFER_SHARE", "SALES_RANK"}
RANKS = "select count(*), min(period_start), max(period_start) from market_share where metric = 'SALES_RANK'"


def test_every_metric_is_the_truth_and_ranks_stay_on_their_day(make_brand, admin, hours_pass):
    brand = make_brand(skus=12)
    assert brand.run().success
    today = brand.today
    assert {row["metric"] for row in brand.rows("market_share")} == METRICS
    past = {str(today), str(today + timedelta(days=1))}
    wrong = [text for text in brand.differences("market_share") if not any(day in text for day in past)]
    assert wrong == []
    ranked, first, last = brand.one(RANKS)
    told = [row for row in brand.truth("market_share") if row["metric"] == "SALES_RANK"]
    assert (ranked, first) == (len(told), last)
    assert {row["is_proxy"] for row in brand.rows("market_share") if row["rank"]} == {True}
    again = brand.run(tables=["market_share"])
    assert again.counts["market_share"] | {"inserted": 0, "updated": 0, "deleted": 0} == again.counts["market_share"]

    earlier = last - timedelta(days=1)
    admin.execute(
        "update market_share set period_start = %s, period_end = %s where metric = 'SALES_RANK'", [earlier] * 2
    )
    assert brand.run(tables=["market_share"]).success
    assert brand.one(RANKS)[:2] == (2 * ranked, earlier), "the ranks of yesterday stay beside those of today"


def test_without_the_role_ranks_are_left_and_the_sources_say_why(make_brand):
    brand = make_brand(days=20, skus=5, denied_roles=("Brand Analytics",))
    done = brand.run()
    assert done.success
    assert {table: done.states[table] for table in ("search_query_performance", "traffic_daily")} == {
        "search_query_performance": "not_granted",
        "traffic_daily": "not_granted",
    }
    assert {row["metric"] for row in brand.rows("market_share")} == {"SALES_RANK"}


def test_no_share_in_searches_exceeds_the_whole(make_brand):
    brand = make_brand(days=24, skus=12)
    assert brand.run(tables=["products", "search_query_performance", "market_share"]).success
    sums = brand.one("select count(*), max(own), max(share) from (select sum(own_value) - max(total_value) as own,"
                     " sum(share_pct) as share from market_share where period_type = 'WEEK'"
                     " group by period_start, metric, scope) as all_products")  # fmt: skip
    assert sums[0] > 0
    assert sums[1] <= 0
    assert sums[2] <= 100
