"""Three days of a real seller's orders: every column of the derived tables is what plain Python computes, to the last unit."""

from datetime import UTC, date, datetime

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.postgres.derive import derive
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.sql_files import more_days, transform
from xpert_pipeline.sources.order import in_order_of_work
from xpert_pipeline_tests.assets.real_world import INDIA, ORDERS, RealWorld
from xpert_pipeline_tests.assets.recomputed.everything import COMPUTED, assert_recomputed

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(not ORDERS.exists(), reason="the file of real orders is missing"),
]
FIRST, LAST = date(2022, 4, 1), date(2022, 4, 3)
NEEDED = {*COMPUTED, "returns_refunds", "advertising_spend"}


def compute(pool, seller, *days):
    """Derive the tables for what is marked dirty, and for some days in any case; return what was written, by table."""
    written = {}
    for source in in_order_of_work(SOURCES):
        name = source.tables[0].name
        if name in NEEDED:
            with hold(pool, seller.id, name) as lease:
                counts = derive(
                    pool, seller_id=seller.id, table=source.table, statement=transform(name), lease=lease, run_id="r",
                    requested_days=days or (LAST,), computed_days=days, started_at=datetime.now(UTC),
                    timezones={INDIA: "Asia/Kolkata"}, more_days=more_days(name), parameters=source.parameters,
                )  # fmt: skip
            written[name] = counts.inserted + counts.updated + counts.deleted
    return written


def test_three_days_of_real_orders_give_what_plain_python_computes(pool, seller, admin):
    world = RealWorld(admin, pool, seller)
    world.write(FIRST, LAST)
    assert COMPUTED.keys() <= {name for name, number in compute(pool, seller).items() if number}
    rows = assert_recomputed(admin)
    assert len(rows["sales_data"]) > 2_000
    assert {row["cost_basis"] for row in rows["profit_margins"].values()} == {"KNOWN", "MISSING", "NOT_NEEDED"}
    admin.execute("update order_items set is_cancelled = true where order_item_id like '%77'")
    admin.execute("update financial_event_amounts set amount = amount - 1 where transaction_id like 's%55'")
    admin.execute("update financial_events set is_balanced = false where transaction_id like 's%55'")
    admin.execute("update product_costs set unit_cost = unit_cost + 1 where sku < 'B'")
    written = {name for name, number in compute(pool, seller).items() if number}
    assert COMPUTED.keys() - {"velocity_trends"} <= written, "a window of three days tells nothing of velocity"
    assert_recomputed(admin)
