"""A real seller's orders: every column of the derived tables is what plain Python computes, to the last unit.

The suite compares three days. `make truth` compares the whole file: it sets TRUTH_DAYS to "all"; a number of days is
possible, too.
"""

import logging
import os
import resource
import time
from datetime import date, timedelta

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.sources.order import in_order_of_work
from xpert_pipeline_tests.assets.by_hand import derive_as_runs_do
from xpert_pipeline_tests.assets.real_world import INDIA, ORDERS, RealWorld, lines_of
from xpert_pipeline_tests.assets.recomputed.everything import COMPUTED, PLANNED, assert_recomputed

pytestmark = [
    pytest.mark.timeout(180 if "TRUTH_DAYS" not in os.environ else 0),
    pytest.mark.skipif(not ORDERS.exists(), reason="the file of real orders is missing"),
]
logger = logging.getLogger("truth")
FIRST = date(2022, 4, 1)
COMPARED = {*COMPUTED, *PLANNED}
NEEDED = {*COMPARED, "returns_refunds", "advertising_spend"}


def days_to_compare():
    """The first and the last day, and whether they are the three days of the suite."""
    chosen = os.environ.get("TRUTH_DAYS", "3")
    if chosen == "all":
        days = {day for day, _ in lines_of(date.min, date.max)}
        return min(days), max(days), False
    return FIRST, FIRST + timedelta(days=int(chosen) - 1), chosen == "3"


def compute(pool, seller, *days):
    """Derive the tables for what is marked dirty, and for some days in any case; return what was written, by table."""
    written = {}
    for source in in_order_of_work(SOURCES):
        if source.tables[0].name in NEEDED:
            counts = derive_as_runs_do(pool, seller, source, days or (FIRST,), days, stores=(INDIA,))
            written[source.table.name] = counts.inserted + counts.updated + counts.deleted
    return written


def timed(what, work):
    began = time.monotonic()
    found = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    logger.info("%s: %.0f s; at most %.0f MB until now", what, time.monotonic() - began, peak)
    return found


def test_days_of_real_orders_give_what_plain_python_computes(pool, seller, admin):
    first, last, is_short = days_to_compare()
    world = RealWorld(admin, pool, seller)
    timed(f"orders from {first} to {last} written", lambda: world.write(first, last))
    written = timed("tables derived by the pipeline", lambda: compute(pool, seller))
    assert {name for name, number in written.items() if number} >= COMPARED
    rows = timed(
        "tables computed again in plain Python, every column equal", lambda: assert_recomputed(admin, *COMPARED)
    )
    logger.info("compared: %s", ", ".join(f"{table} {len(found):,} rows" for table, found in rows.items()))
    assert len(rows["sales_data"]) > 2_000
    assert {row["cost_basis"] for row in rows["profit_margins"].values()} == {"KNOWN", "MISSING", "NOT_NEEDED"}
    admin.execute("update order_items set is_cancelled = true where order_item_id like '%77'")
    admin.execute("update financial_event_amounts set amount = amount - 1 where transaction_id like 's%55'")
    admin.execute("update financial_events set is_balanced = false where transaction_id like 's%55'")
    admin.execute("update product_costs set unit_cost = unit_cost + 1 where sku < 'B'")
    written = timed("changed days derived", lambda: compute(pool, seller))
    steady = {"velocity_trends", *PLANNED} if is_short else set()  # three days tell nothing of them
    assert COMPARED - steady <= {name for name, number in written.items() if number}
    timed("compared again after the changes, every column equal", lambda: assert_recomputed(admin, *COMPARED))
