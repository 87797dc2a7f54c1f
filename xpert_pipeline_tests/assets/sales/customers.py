"""Orders, refunds and returns of a seller, which tests write by hand, and the metrics of the customers that follow."""

from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace

from psycopg.rows import dict_row

from xpert_pipeline.assets.sales.customer_metrics import CUSTOMER_METRICS, SOURCE
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline_tests.assets.by_hand import ZONES, derive_as_runs_do, write_load, write_row
from xpert_pipeline_tests.sources.conftest import INDIA

SUNDAY = date(2026, 3, 1)
"""Both a week and a month begin with it."""
NAME = "customer_metrics"
FIGURES = ("orders", "units", "ops", "aov", "units_per_order", "b2b_pct", "cancel_pct", "currency")


def open_customers(pool, seller, admin):
    """Writes orders and loads of one seller, and computes the metrics as a run does."""
    numbers = iter(range(1, 1_000_000))

    def put(table, **values):
        write_row(admin, seller, table, **values)

    def order(day, *lines, store=INDIA, status="SHIPPED", is_business=False, channel="AMAZON"):
        number, at = f"o{next(numbers)}", datetime(day.year, day.month, day.day, 12, tzinfo=ZONES[store])
        common = {"marketplace_id": store, "order_id": number, "purchase_date": at, "order_date": day}
        common |= {"last_updated_at": at}
        put(
            "orders", **common, fulfillment_status=status, sales_channel=channel, item_count=len(lines),
            units_ordered=0, is_business=is_business,
        )  # fmt: skip
        for place, line in enumerate(lines):
            asin, units, amount, *more = line
            put(
                "order_items", **common, order_item_id=f"{number}-{place}", asin=asin, quantity_ordered=units,
                item_subtotal=amount, **({"currency": "INR", "is_cancelled": False} | dict(more)),
            )  # fmt: skip
        return number

    def came(day, asin, orders, *, kind="REFUND", store=INDIA, units=1):
        """Refunds or returns of some orders (a number of unknown ones, or their ids), each of as many units."""
        for order_id in [None] * orders if isinstance(orders, int) else orders:
            key = f"k{next(numbers)}"
            put(
                "returns_refunds", marketplace_id=store, record_type=kind, return_key=key, event_date=day, asin=asin,
                order_id=order_id or key, quantity=units,
            )  # fmt: skip

    def loaded(first, last, store=INDIA, table="orders"):
        write_load(admin, seller, table, first, last, store=store)

    def run(*days):
        derive_as_runs_do(pool, seller, SOURCE, days or (SUNDAY,), days)

    def rows():
        with tenant(pool, seller.id) as conn, conn.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(f"select * from {NAME}").fetchall()
        return {tuple(row[name] for name in CUSTOMER_METRICS.key): row for row in found}

    return SimpleNamespace(put=put, order=order, came=came, loaded=loaded, run=run, rows=rows, admin=admin)


def figures(row, *names):
    values = (row[name] for name in names or FIGURES)
    return tuple(str(value) if isinstance(value, Decimal) else value for value in values)
