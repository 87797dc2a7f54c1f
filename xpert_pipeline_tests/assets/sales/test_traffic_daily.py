"""Traffic records become rows."""

from collections import Counter
from decimal import Decimal

from xpert_pipeline.assets.sales.traffic_daily import TRAFFIC_DAILY, parse_traffic
from xpert_pipeline_tests.sources.kiosk.records import REQUESTED, traffic


def test_a_traffic_record_becomes_a_row_and_percentages_stay_as_received():
    row = parse_traffic(traffic(), REQUESTED, Counter())
    assert set(row) == set(TRAFFIC_DAILY.columns)
    assert (row["asin"], row["sessions"], row["page_views"], row["order_items"]) == ("B000000001", 10, 12, 2)
    assert (row["buy_box_pct"], row["unit_session_pct"], row["refund_rate"]) == (
        Decimal("97.5"),
        Decimal("30.0"),
        Decimal("0.0"),
    )
    assert (row["sessions_b2b"], row["buy_box_pct_b2b"], row["ops_b2b"]) == (None, None, None)
    assert (row["ops"], row["shipped_sales"], row["currency"]) == (Decimal("299.99"), Decimal("299.99"), "INR")
