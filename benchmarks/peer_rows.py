"""Compares the rows of each way of `peers` with the sandbox's truth: which are missing, duplicate or wrong.

Only values that all ways can know are compared, whatever their tables call them.
"""

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import psycopg

from xpert_pipeline.sandbox.server import RunningSandbox

Values = tuple[Any, ...]
Rows = dict[tuple[str, ...], list[Values]]

QUERIES = {
    "pipeline": (
        "select order_id, fulfillment_status, sales_channel, purchase_date from orders",
        "select order_id, order_item_id, sku, asin, quantity_ordered, item_subtotal from order_items",
    ),
    "loop": (
        "select order_id, status, channel, purchased from orders",
        "select order_id, order_item_id, sku, asin, quantity, amount from order_items",
    ),
    "dlt": (
        """
        select order_id, fulfillment__fulfillment_status, sales_channel__channel_name, created_time
          from amazon.orders
        """,
        """
        select o.order_id, i.order_item_id, i.product__seller_sku, i.product__asin, i.quantity_ordered,
               b.subtotal__amount
          from amazon.orders__order_items as i
          join amazon.orders as o on o._dlt_id = i._dlt_parent_id
          left join amazon.orders__order_items__proceeds__breakdowns as b
            on b._dlt_parent_id = i._dlt_id and b.type = 'ITEM'
        """,
    ),
}
"""Orders by id, and items by order and id, with the values that all ways can know."""
TRUTH = (
    ("orders", ("order_id",), ("fulfillment_status", "sales_channel", "purchase_date")),
    ("order_items", ("order_id", "order_item_id"), ("sku", "asin", "quantity_ordered", "item_subtotal")),
)


def off_truth(way: str, dsn: str, sandbox: RunningSandbox) -> Counter[str]:
    """Count rows of both tables that are missing, duplicate or wrong in a way's database."""
    counts = Counter(missing=0, doubled=0, wrong=0)
    with psycopg.connect(dsn) as connection:
        for (table, key, values), query in zip(TRUTH, QUERIES[way], strict=True):
            held = rows(len(key), connection.execute(query).fetchall())
            counts += compare(_truth(sandbox, table, key, values), held)
    return Counter({name: counts[name] for name in ("missing", "doubled", "wrong")})


def rows(width: int, records: list[Values]) -> Rows:
    """Group rows by their first `width` values; the other values are made comparable."""
    kept: Rows = {}
    for row in records:
        kept.setdefault(tuple(map(str, row[:width])), []).append(tuple(map(_plain, row[width:])))
    return kept


def compare(truth: Rows, held: Rows) -> Counter[str]:
    """Count rows that are missing, rows that are there more than once, and rows with wrong values or unknown keys."""
    counts = Counter(missing=0, doubled=0, wrong=0)
    for key, (expected,) in truth.items():
        here = held.get(key, [])
        counts["missing"] += not here
        counts["doubled"] += max(0, len(here) - 1)
        counts["wrong"] += any(values != expected for values in here)
    counts["wrong"] += sum(len(here) for key, here in held.items() if key not in truth)
    return counts


def _truth(sandbox: RunningSandbox, table: str, key: tuple[str, ...], values: tuple[str, ...]) -> Rows:
    answer = httpx.get(f"{sandbox.endpoint}/_sandbox/truth/{table}", timeout=60)
    truth = [json.loads(line) for line in answer.text.splitlines() if line]
    return rows(len(key), [tuple(row.get(name) for name in (*key, *values)) for row in truth])


def _plain(value: Any) -> Any:
    """The same text for equal times and amounts, whether they are text or not."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, int | Decimal):
        return str(Decimal(value).normalize())
    if isinstance(value, str) and value.replace(".", "", 1).isdecimal() and "." in value:
        return str(Decimal(value).normalize())
    return value
