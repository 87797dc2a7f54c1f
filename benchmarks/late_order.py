"""Measures what one late order costs the table with the longest windows, velocity_trends.

A seller with invented sales and stock of many SKUs on 90 days. An order of three weeks ago changes the rows of its SKU
on 22 days. The figure is the time of computing these rows, divided by that of computing these days for all SKUs.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import psycopg

from benchmarks.harness import Figure, Goal, Outcome, alternate, median, publish, ratio, say, workspace
from xpert_pipeline.assets.inventory.velocity_trends import SOURCE
from xpert_pipeline.postgres.derive import derive
from xpert_pipeline.postgres.embedded import start_embedded
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.migrations import migrate
from xpert_pipeline.postgres.pool import Pool, open_pool
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline.postgres.sql_files import more_days, transform

GOALS = {"late_order_vs_days": Goal("<=", 0.2), "late_order_rows": Goal("==", 22)}
STORE, ZONE = "A21TJRUUN4KGV", "Asia/Kolkata"
AGE = 21
"""Days between the late order and the newest day."""
SALES = """
insert into sales_data (seller_id, marketplace_id, sale_date, sku, orders, order_items, units_ordered, units_b2b,
  units_without_price, units_cancelled, is_final, source, load_id)
select %(seller)s, %(store)s, %(last)s::date - age, 'SKU-' || number, 1, 1, 1 + number %% 3, 0,
  1 + number %% 3, 0, false, 't', %(load)s
from generate_series(0, %(days)s - 1) as age, generate_series(1, %(skus)s) as number
where (number * 7 + age * 3) %% 5 = 0 or number = 1
"""
"""A SKU sells on one day in five, the first one on each."""
STOCK = """
insert into inventory_levels (seller_id, marketplace_id, snapshot_date, sku, fulfillment_channel, stock_source,
  available_quantity, on_hand_quantity, inbound_quantity, is_in_stock, source, load_id)
select %(seller)s, %(store)s, %(last)s::date - age, 'SKU-' || number, 'AMAZON', 'snapshot', units, units, 0, units > 0,
  't', %(load)s
from generate_series(0, %(days)s - 1) as age, generate_series(1, %(skus)s) as number,
  lateral (select greatest(0, (number + age) %% 47 - 7) as units) as held
"""
LOADED = """
insert into loads (seller_id, marketplace_id, source, load_id, table_name, window_kind, window_start, window_end,
  run_id, started_at, fetched, inserted, updated, unchanged, deleted, rejected)
values (%(seller)s, %(store)s, 't', %(load)s, 'orders', 'created', %(start)s, %(end)s, 'r', now(), 0, 0, 0, 0, 0, 0)
"""
LATE = "update sales_data set units_ordered = units_ordered + 1 where sku = 'SKU-1' and sale_date = %s"


@click.command()
@click.option("--skus", type=click.IntRange(min=2), default=6690, show_default=True)
@click.option("--days", type=click.IntRange(min=30), default=90, show_default=True, help="Days with sales and stock.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(skus: int, days: int, rounds: int, as_json: bool) -> None:
    """Measure how much cheaper one changed SKU is than a changed day."""
    with workspace() as folder:
        server = start_embedded(folder / "data")
        try:
            migrate(server.admin_dsn)
            figures = measure(server.admin_dsn, server.pipeline_dsn, skus, days, rounds)
        finally:
            server.stop()
    publish(Outcome("late_order", figures, GOALS), as_json=as_json)


def measure(admin_dsn: str, pipeline_dsn: str, skus: int, days: int, rounds: int) -> Mapping[str, Figure]:
    """Fill a migrated database, and measure the ways in turn."""
    last = datetime.now(ZoneInfo(ZONE)).date() - timedelta(days=2)  # today has rows just after midnight
    with open_pool(pipeline_dsn) as pool, psycopg.connect(admin_dsn, autocommit=True) as admin:
        seller = SellerBook(pool).add(
            "A1LATEORDER", name="Late", region="eu", marketplace_ids=[STORE], timezone=ZONE, is_sandbox=True
        ).id  # fmt: skip
        say(f"{skus:,} SKUs on {days} days ...")
        fill(admin, seller, skus, days, last)
        first = compute(pool, seller)
        way = partial(late_order, admin, pool, seller, last - timedelta(days=AGE))
        whole = [last - timedelta(days=age) for age in range(days)]
        results = alternate(
            rounds, sku=partial(way, "sku"), days=partial(way, None), all=partial(compute, pool, seller, whole, "sku")
        )
    seconds = {name: median(found, "seconds") for name, found in results.items()}
    return {
        "late_order_vs_days": ratio(seconds["sku"], seconds["days"]),
        "late_order_vs_all": ratio(seconds["sku"], seconds["all"]),
        "late_order_rows": int(median(results["sku"], "rows")),
        "days_rows": int(median(results["days"], "rows")),
        "all_rows": int(first["rows"]),
        "late_order_seconds": round(seconds["sku"], 2),
        "days_seconds": round(seconds["days"], 2),
        "all_seconds": round(seconds["all"], 2),
        "first_seconds": round(first["seconds"], 2),
    }


def fill(admin: psycopg.Connection, seller: UUID, skus: int, days: int, last: date) -> None:
    """Write sales and stock by a rule, and say that the orders of all days are loaded."""
    first, zone = last - timedelta(days=days - 1), ZoneInfo(ZONE)
    values = {"seller": seller, "store": STORE, "last": last, "days": days, "skus": skus, "load": UUID(int=1)}
    edges = {
        "start": datetime(first.year, first.month, first.day, tzinfo=zone),
        "end": datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1),
    }
    statements: tuple[LiteralString, ...] = (SALES, STOCK, LOADED)
    for statement in statements:
        admin.execute(statement, values | edges)
    admin.execute("analyze")


def late_order(
    admin: psycopg.Connection, pool: Pool, seller: UUID, day: date, subject: str | None
) -> Mapping[str, float]:
    """Change one unit of one SKU on a day, and compute what changed."""
    admin.execute(LATE, [day])
    return compute(pool, seller, (), subject)


def compute(pool: Pool, seller: UUID, days: Sequence[date] = (), subject: str | None = None) -> Mapping[str, float]:
    """Compute velocity_trends for what is marked dirty, and for some days; return seconds and rows."""
    name = SOURCE.table.name
    with hold(pool, seller, name) as lease:
        start = time.perf_counter()
        counts = derive(
            pool,
            seller_id=seller,
            table=SOURCE.table,
            statement=transform(name),
            more_days=more_days(name),
            parameters=SOURCE.parameters,
            subject=subject,
            lease=lease,
            run_id="late_order",
            requested_days=[datetime.now(ZoneInfo(ZONE)).date()],
            computed_days=days,
            timezones={STORE: ZONE},
            started_at=datetime.now(UTC),
        )
        return {"seconds": time.perf_counter() - start, "rows": counts.fetched}


if __name__ == "__main__":
    main()
