"""Derives sales_data of a few orders, for tests of what is derived and when."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from xpert_pipeline.assets.sales.sales_data import SALES_DATA
from xpert_pipeline.postgres.derive import derive
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sql_files import transform
from xpert_pipeline_tests.postgres.rows import DAY, item, order, orders_and_items, run_load

EARLIER = DAY - timedelta(days=1)


def derive_sales(pool, seller, days=(DAY,), *, lease=None, **more):
    arguments = {
        "seller_id": seller.id,
        "table": SALES_DATA,
        "statement": transform("sales_data"),
        "run_id": "run-2",
        "requested_days": days,
        "started_at": datetime(2026, 3, 11, tzinfo=UTC),
        **more,
    }
    if lease is not None:
        return derive(pool, lease=lease, **arguments)
    with hold(pool, seller.id, "sales_data") as own:
        return derive(pool, lease=own, **arguments)


def counts(result):
    return {name: number for name, number in asdict(result).items() if number}


def sales(pool, seller, columns="units_ordered, orders, order_items, ops", where="true"):
    with tenant(pool, seller.id) as conn:
        return conn.execute(f"select {columns} from sales_data where {where} order by sale_date, sku").fetchall()


def load_lines(pool, seller, *lines, version=0):
    """Load lines, each an order id, fields of the order and fields of the item."""
    orders = {number: order(number, version=version, **of_order) for number, of_order, _ in lines}
    places = {}
    items = []
    for number, of_order, of_item in lines:
        places[number] = places.get(number, 0) + 1
        days = {"day": of_order["day"]} if "day" in of_order else {}
        items.append(item(number, places[number], version=version, **days, **of_item))
    return run_load(pool, seller, orders_and_items(list(orders.values()), items))


def ledger(pool, seller):
    with tenant(pool, seller.id) as conn:
        rows = conn.execute(
            "select marketplace_id, fetched, inserted, updated, unchanged, deleted from loads"
            " where table_name = 'sales_data' order by finished_at"
        ).fetchall()
    return [(marketplace_id, numbers) for marketplace_id, *numbers in rows]
