"""A shop whose orders, stock and loads tests write day by day, and whose tables are derived as runs do."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace

from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline_tests.assets.by_hand import ZONES, derive_as_runs_do, write_load, write_row
from xpert_pipeline_tests.sources.conftest import INDIA

END = date(2024, 3, 2)
"""A Saturday. The windows that end with it contain a leap day."""


def days_until(last, number):
    return [last - timedelta(days=age) for age in range(number - 1, -1, -1)]


def open_shop(pool, seller, admin, *sources):
    """Writes orders, stock and loads of one seller, and derives tables as runs do."""
    numbers = iter(range(1, 1_000_000))

    def put(table, **values):
        write_row(admin, seller, table, **values)

    def order(day, sku, units, *, store=INDIA, **line):
        number, at = f"o{next(numbers)}", datetime(day.year, day.month, day.day, 12, tzinfo=ZONES[store])
        common = {"marketplace_id": store, "order_id": number, "purchase_date": at, "order_date": day}
        put(
            "orders", **common, last_updated_at=at, fulfillment_status="SHIPPED", sales_channel="AMAZON", item_count=1,
            units_ordered=units,
        )  # fmt: skip
        put(
            "order_items", **common, order_item_id=f"{number}-1", sku=sku, quantity_ordered=units, last_updated_at=at,
            **({"asin": f"B{sku}", "is_cancelled": False} | line),
        )  # fmt: skip
        return number

    def stock(day, sku, units, *, store=INDIA, channel="AMAZON", **more):
        row = {
            "available_quantity": units,
            "on_hand_quantity": units,
            "is_in_stock": None if units is None else units > 0,
        } | more
        put(
            "inventory_levels", marketplace_id=store, snapshot_date=day, sku=sku, fulfillment_channel=channel,
            stock_source="snapshot", **row,
        )  # fmt: skip

    def loaded(first, last, *, store=INDIA, end=None, table="orders"):
        write_load(admin, seller, table, first, last, store=store, end=end)

    def run(*days, again=False, **parameters):
        """Derive all tables; returns what was written of the last one."""
        for source in sources:
            counts = derive_as_runs_do(pool, seller, source, days or (END,), days, again=again, **parameters)
        return counts.inserted, counts.updated, counts.deleted

    def rows(table=sources[-1].table):
        with tenant(pool, seller.id) as conn, conn.cursor(row_factory=dict_row) as cursor:
            cursor.execute(SQL("select * from {}").format(Identifier(table.name)))
            return {tuple(row[name] for name in table.key): row for row in cursor.fetchall()}

    def row(sku, day=END):
        return rows()[INDIA, day, sku]

    return SimpleNamespace(order=order, stock=stock, loaded=loaded, run=run, rows=rows, row=row, put=put, admin=admin)
