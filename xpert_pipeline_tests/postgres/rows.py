"""Small orders, items and products for the tests of loading."""

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from xpert_pipeline.assets.catalog.products import PRODUCTS
from xpert_pipeline.assets.orders.order_items import ORDER_ITEMS
from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.loading import TableLoad, load
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.tables.contract import Table

IN, UK, DE = "A21TJRUUN4KGV", "A1F83G8C2ARO7P", "A1PA6795UKMFR9"
DAY = date(2026, 3, 10)
T0 = datetime(2026, 3, 10, 6, tzinfo=UTC)
WINDOW = LoadWindow("created", datetime(2026, 3, 9, 18, 30, tzinfo=UTC), datetime(2026, 3, 10, 18, 30, tzinfo=UTC))


def order(order_id: str, *, version: int = 0, day: date = DAY, **more: Any) -> dict[str, Any]:
    return {
        "marketplace_id": IN,
        "order_id": order_id,
        "purchase_date": datetime.combine(day, T0.timetz()),
        "order_date": day,
        "last_updated_at": T0 + timedelta(hours=version),
        "fulfillment_status": "SHIPPED",
        "sales_channel": "AMAZON",
        "programs": ["PRIME"],
        "is_business": False,
        "proceeds_breakdowns": [{"type": "ITEM", "subtotal": {"amount": "10.00"}}],
        "order_total": Decimal("10.00"),
        "currency": "INR",
        "item_count": 1,
        "units_ordered": 1,
    } | more


def item(order_id: str, number: int = 1, *, version: int = 0, day: date = DAY, **more: Any) -> dict[str, Any]:
    return {
        "marketplace_id": IN,
        "order_id": order_id,
        "order_item_id": f"{order_id}-{number}",
        "asin": "0123456789",
        "sku": "SKU/1 %",
        "title": "Ein Buch 📚",
        "quantity_ordered": 1,
        "quantity_fulfilled": 1,
        "item_subtotal": Decimal("10.0000"),
        "currency": "INR",
        "is_cancelled": False,
        "purchase_date": datetime.combine(day, T0.timetz()),
        "order_date": day,
        "last_updated_at": T0 + timedelta(hours=version),
    } | more


def product(sku: str, **more: Any) -> dict[str, Any]:
    return {"marketplace_id": IN, "sku": sku, "asin": "0123456789", "price": Decimal("99.5"), "currency": "INR"} | more


def part(table: Table, rows: Sequence[dict[str, Any]], **more: Any) -> TableLoad:
    columns = tuple(name for name in table.columns if rows and name in rows[0]) or table.columns
    tuples = [tuple(row[name] for name in columns) for row in rows]
    return TableLoad(**{"table": table, "columns": columns, "rows": tuples, "fetched": len(rows)} | more)


def orders_and_items(orders: Sequence[dict[str, Any]], items: Sequence[dict[str, Any]]) -> list[TableLoad]:
    return [part(ORDERS, orders), part(ORDER_ITEMS, items, whole_sets=ORDERS)]


def products(*rows: dict[str, Any], **more: Any) -> list[TableLoad]:
    return [part(PRODUCTS, rows, **more)]


@contextmanager
def leased(pool, seller, stream="orders", **more):
    with hold(pool, seller.id, stream, **more) as lease:
        yield lease


def run_load(pool, seller, parts, *, lease=None, **more):
    arguments = {
        "seller_id": seller.id,
        "marketplace_ids": [IN],
        "run_id": "run-1",
        "source": "searchOrders",
        "window": WINDOW,
        "parts": parts,
        "partitions": [DAY],
        "waits": {
            "searchOrders": {"calls": 2, "waited_seconds": 1.25},
            "getOrderMetrics": {"calls": 1, "waited_seconds": 0.25},
        },
        "started_at": T0,
    } | more
    if lease is not None:
        return load(pool, lease=lease, **arguments)
    with leased(pool, seller) as own:
        return load(pool, lease=own, **arguments)


def rows_of(pool, seller, query, *values):
    with tenant(pool, seller.id) as conn:
        return conn.execute(query, values).fetchall()


def counts(result, table):
    return {name: number for name, number in asdict(result[table]).items() if number}
