"""Stock by day and channel: today's from the newest readings, earlier days from their own snapshots or the ledger."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from xpert_pipeline.assets.catalog.products import SOURCE as PRODUCTS
from xpert_pipeline.assets.inventory.fba_inventory import SOURCE as FBA_INVENTORY
from xpert_pipeline.assets.inventory.inventory_ledger import SOURCE as LEDGER
from xpert_pipeline.assets.inventory.inventory_levels import INVENTORY_LEVELS, SOURCE
from xpert_pipeline.partitions import local_today
from xpert_pipeline.postgres.derive import derive
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sql_files import transform
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, hours_pass, make_sandbox
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

__all__ = ["empty_pipeline", "hours_pass", "make_sandbox"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
LEVELS = "inventory_levels"


@pytest.fixture
def stock(empty_pipeline, make_sandbox):
    """A seller with two stores."""
    empty_pipeline.sources = (PRODUCTS, FBA_INVENTORY, LEDGER, SOURCE)
    stores = (INDIA, GERMANY)
    empty_pipeline.serve(make_sandbox(marketplaces=stores, days=8, orders_per_day=20, skus=40), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=stores)
    return empty_pipeline


def levels(pipeline, **where):
    rows = pipeline.rows(LEVELS)
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def test_every_channel_has_its_row_and_a_second_run_changes_nothing(stock):
    done = stock.run(days=stock.days)
    assert (done.success, set(done.states.values())) == (True, {"ok"})
    stock.assert_whole("products", "fba_inventory", "inventory_ledger", LEVELS)
    today = levels(stock, snapshot_date=stock.today, marketplace_id=INDIA)
    channels = {}
    for row in today:
        channels.setdefault(row["sku"], set()).add(row["fulfillment_channel"])
    listed = {
        row["sku"]: row["fulfillment_channel"] for row in stock.rows("products") if row["marketplace_id"] == INDIA
    }
    both = {sku for sku, names in channels.items() if len(names) == 2}
    assert {listed[sku] for sku in both} == {"AMAZON_IN", "DEFAULT"}, "Amazon's with own units, and leftovers at Amazon"
    assert {row["stock_source"] for row in today} == {"snapshot"}
    assert {
        row["stock_source"] for row in levels(stock, marketplace_id=INDIA) if row["snapshot_date"] < stock.today
    } == {"ledger"}

    before = stock.rows(LEVELS)
    again = stock.run(days=stock.days).counts[LEVELS]
    yesterday = min(stock.today, local_today("Europe/Berlin")) - timedelta(days=1)
    newest = [row for row in levels(stock) if row["snapshot_date"] >= yesterday]
    nothing_new = {"inserted": 0, "updated": 0, "deleted": 0, "fetched": len(newest), "unchanged": len(newest)}
    assert again == done.counts[LEVELS] | nothing_new, "only yesterday and today are computed again"
    assert stock.rows(LEVELS) == before


@pytest.fixture
def compute(pool, seller, admin):
    """Puts rows into the inputs, and computes the levels of days in one marketplace."""

    def put(table, **values):
        values |= {"seller_id": seller.id, "marketplace_id": INDIA, "source": "a test", "load_id": uuid4()}
        names, places = ", ".join(values), ", ".join(["%s"] * len(values))
        admin.execute(f"insert into {table} ({names}) values ({places})", list(values.values()))

    def run(*days, zone="Asia/Kolkata"):
        with hold(pool, seller.id, LEVELS) as lease:
            derive(
                pool,
                seller_id=seller.id,
                table=INVENTORY_LEVELS,
                statement=transform(LEVELS),
                lease=lease,
                run_id="run",
                requested_days=days,
                started_at=datetime.now(UTC),
                timezones={INDIA: zone},
            )
        with tenant(pool, seller.id) as conn:
            return {
                (row[0], row[1], row[2]): row[3:]
                for row in conn.execute(f"select {RESULT} from inventory_levels order by 1, 2, 3").fetchall()
            }

    return SimpleNamespace(put=put, run=run)


DAY = date(2026, 3, 10)
RESULT = (
    "snapshot_date, sku, fulfillment_channel, available_quantity, reserved_quantity, on_hand_quantity, "
    "unfulfillable_quantity, warehouse_quantity, inbound_quantity, total_quantity, is_in_stock, stock_source"
)


def read_at(compute, table, moment, kind="snapshot"):
    counts = dict.fromkeys(("fetched", "inserted", "updated", "unchanged", "deleted", "rejected"), 0)
    compute.put(
        "loads", table_name=table, window_kind=kind, window_start=moment, window_end=moment, run_id="r",
        started_at=moment, **counts,
    )  # fmt: skip


def fba(**units):
    inbound = {f"inbound_{name}_quantity": 1 for name in ("working", "shipped", "receiving")}
    units = {"fulfillable_quantity": 4, "reserved_quantity": 2, "unfulfillable_quantity": 3, **inbound, **units}
    return {"sku": "A", "fn_sku": "X1", "condition": "NewItem", "total_quantity": 12, **units}


def test_the_conditions_of_a_sku_are_added_up_and_its_own_units_are_another_row(compute):
    """Two rows of 12 units: 4 to sell, 2 reserved, 3 unfulfillable, 3 inbound. Read at 01:00 on 10 March in India."""
    compute.put("fba_inventory", **fba())
    compute.put("fba_inventory", **fba(fn_sku="X2", condition="UsedLikeNew"))
    compute.put("products", sku="A", fulfillment_channel="AMAZON_IN", merchant_quantity=5)
    compute.put("products", sku="B", fulfillment_channel="DEFAULT", quantity=0)
    compute.put("products", sku="C", fulfillment_channel="DEFAULT")
    compute.put("products", sku="D", fulfillment_channel="AMAZON_IN")
    for table in ("fba_inventory", "products"):
        read_at(compute, table, datetime(2026, 3, 9, 19, 30, tzinfo=UTC))
    assert compute.run(DAY) == {
        (DAY, "A", "AMAZON"): (8, 4, 12, 6, 18, 6, 24, True, "snapshot"),
        (DAY, "A", "MERCHANT"): (5, None, 5, None, 5, None, 5, True, "snapshot"),
        (DAY, "B", "MERCHANT"): (0, None, 0, None, 0, None, 0, False, "snapshot"),
        (DAY, "C", "MERCHANT"): (None, None, None, None, None, None, None, None, "snapshot"),
    }


def test_a_sum_with_an_unknown_part_is_unknown(compute):
    compute.put("fba_inventory", **fba(inbound_shipped_quantity=None))
    compute.put("fba_inventory", **fba(fn_sku="X2", reserved_quantity=None))
    read_at(compute, "fba_inventory", datetime(2026, 3, 10, 12, tzinfo=UTC))
    assert compute.run(DAY) == {(DAY, "A", "AMAZON"): (8, None, None, 6, None, None, 24, True, "snapshot")}


def test_the_ledger_fills_the_days_and_skus_without_a_snapshot(compute):
    """SELLABLE 7, DEFECTIVE 2 and RESEARCHING 1 in one country: 7 on hand, 2 unfulfillable, 10 in the warehouses."""
    for sku, day in (("A", DAY), ("A", DAY - timedelta(days=1)), ("B", DAY)):
        for disposition, units in (("SELLABLE", 7), ("DEFECTIVE", 2), ("RESEARCHING", 1)):
            compute.put(
                "inventory_ledger", business_date=day, location="IN", store="x", sku=sku, fn_sku=f"X{sku}",
                disposition=disposition, opening_quantity=units, closing_quantity=units,
            )  # fmt: skip
    compute.put("fba_inventory", **fba())
    read_at(compute, "fba_inventory", datetime(2026, 3, 10, 12, tzinfo=UTC))
    read_at(compute, "fba_inventory", datetime(2026, 3, 11, 12, tzinfo=UTC), kind="partial")
    ledger = (None, None, 7, 2, 10, None, None, True, "ledger")
    assert compute.run(DAY) == {
        (DAY - timedelta(days=1), "A", "AMAZON"): ledger,
        (DAY, "A", "AMAZON"): (4, 2, 6, 3, 9, 3, 12, True, "snapshot"),
        (DAY, "B", "AMAZON"): ledger,
    }


def test_a_snapshot_stays_as_it_was_when_the_next_day_comes(compute, admin):
    """On 11 March A has sold out, B is gone, and the ledger has its own figures of 10 March."""
    compute.put("fba_inventory", **fba())
    compute.put("fba_inventory", **fba(sku="B"))
    compute.put("products", sku="A", fulfillment_channel="DEFAULT", quantity=9)
    for table in ("fba_inventory", "products"):
        read_at(compute, table, datetime(2026, 3, 10, 12, tzinfo=UTC))
    first = compute.run(DAY)
    assert len(first) == 3
    next_day = DAY + timedelta(days=1)
    admin.execute("delete from fba_inventory where sku = 'B'")
    admin.execute("update fba_inventory set fulfillable_quantity = 0")
    admin.execute("update products set quantity = 0")
    read_at(compute, "fba_inventory", datetime(2026, 3, 11, 12, tzinfo=UTC))
    compute.put(
        "inventory_ledger", business_date=DAY, location="IN", store="x", sku="A", fn_sku="X1",
        disposition="SELLABLE", opening_quantity=1, closing_quantity=1,
    )  # fmt: skip
    later = {(next_day, "A", "AMAZON"): (0, 2, 2, 3, 9, 3, 12, False, "snapshot")}
    merchants = {(DAY, "A", "MERCHANT"): (0, None, 0, None, 0, None, 0, False, "snapshot")}
    assert compute.run(DAY, next_day) == first | later | merchants, "listings were not read on 11 March"
    read_at(compute, "products", datetime(2026, 3, 11, 12, tzinfo=UTC), kind="updated")
    admin.execute("update products set quantity = 4")
    also = {(next_day, "A", "MERCHANT"): (4, None, 4, None, 4, None, 4, True, "snapshot")}
    assert compute.run(DAY, next_day) == first | later | merchants | also
    assert compute.run(DAY) == first | later | merchants | also


def test_the_day_of_a_snapshot_is_that_of_the_marketplace(compute):
    compute.put("fba_inventory", **fba())
    read_at(compute, "fba_inventory", datetime(2026, 3, 10, 2, tzinfo=UTC))
    assert {day for day, _, _ in compute.run(DAY, zone="America/Los_Angeles")} == {DAY - timedelta(days=1)}


def test_a_reading_that_is_not_complete_leaves_the_snapshot_of_an_earlier_day_as_it_was(compute, admin):
    """An incomplete reading of 11 March put its stock into the rows of 10 March, whose reading was complete."""
    compute.put("fba_inventory", **fba())
    compute.put("products", sku="A", fulfillment_channel="DEFAULT", quantity=9)
    for table in ("fba_inventory", "products"):
        read_at(compute, table, datetime(2026, 3, 10, 12, tzinfo=UTC))
    first = compute.run(DAY)
    assert len(first) == 2
    admin.execute("update fba_inventory set fulfillable_quantity = 0")
    admin.execute("update products set quantity = 0")
    for table in ("fba_inventory", "products"):
        read_at(compute, table, datetime(2026, 3, 11, 12, tzinfo=UTC), kind="partial")
    next_day = DAY + timedelta(days=1)
    assert compute.run(DAY, next_day) == first
    assert compute.run(next_day) == first
