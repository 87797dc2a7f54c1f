"""One way to bring a report into the database, done twice in a process of its own, which prints what it took.

Ways: `xml` and `flat`, from a report file by the pipeline's own path; `rows` and `flat_rows`, from validated rows in
the spool by the pipeline's `load`; `bare` and `flat_bare`, the same rows as tuples in memory by COPY and one
INSERT ... ON CONFLICT DO UPDATE per table, as one writes it by hand.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import itemgetter
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from benchmarks.harness import peak_memory
from benchmarks.report_files import DAYS, LAST_DAY
from xpert_pipeline.assets.catalog_rows import REPORT_COLUMNS, parse_report_listing
from xpert_pipeline.assets.order_report_rows import parse_report_order
from xpert_pipeline.assets.order_spool import OrderSpool
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.ledger import LoadCounts, LoadWindow
from xpert_pipeline.postgres.loading import TableLoad, load
from xpert_pipeline.postgres.pool import Pool, open_pool
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.postgres.spool import RowSpool
from xpert_pipeline.spapi.documents.flat_files import read_rows
from xpert_pipeline.spapi.operations.all_orders_report import read_orders
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.tables.catalog import PRODUCTS
from xpert_pipeline.tables.validation import chunks, collector_paused, validate

INDIA = by_id("A21TJRUUN4KGV")
PARTITIONS = [LAST_DAY - timedelta(days=back) for back in range(DAYS)]
WINDOW_END = datetime.combine(LAST_DAY + timedelta(days=1), datetime.min.time(), ZoneInfo(INDIA.timezone))
WINDOW = LoadWindow("created", WINDOW_END - timedelta(days=DAYS), WINDOW_END)

Parts = Callable[[ExitStack], Sequence[TableLoad]]


@dataclass(frozen=True)
class Desk:
    """Where the work is done."""

    pool: Pool
    seller: Seller
    report: Path

    @property
    def folder(self) -> Path:
        """For spools."""
        return self.report.parent

    def orders(self, stack: ExitStack) -> Sequence[TableLoad]:
        """The XML report parsed, validated and spooled, as `assets.order_fetch` does it."""
        orders, items = (stack.enter_context(RowSpool(self.folder)) for _ in range(2))
        spool = OrderSpool(orders, items, from_report=True)
        zone = ZoneInfo(INDIA.timezone)
        parse = partial(parse_report_order, marketplace_id=INDIA.id, zone=zone, signals=Counter())
        spool.add(read_orders(self.report, [INDIA], charset="utf-8"), parse)
        return spool.parts()

    def listings(self, stack: ExitStack) -> Sequence[TableLoad]:
        """The listings report parsed, validated and spooled, as `assets.catalog` does it."""
        spool = stack.enter_context(RowSpool(self.folder))
        values, fetched = itemgetter(*REPORT_COLUMNS), 0
        with self.report.open(encoding="utf-8", newline="\n") as lines, collector_paused():
            for chunk in chunks(read_rows(lines, ("seller-sku", "item-name"), report="listings")):
                fetched += len(chunk)
                parsed = [parse_report_listing(line, INDIA.id, INDIA.currency) for line in chunk]
                rows, _ = validate(PRODUCTS, parsed, REPORT_COLUMNS)
                spool.extend([values(row) for row in rows])
        return [TableLoad(PRODUCTS, REPORT_COLUMNS, spool, fetched)]

    def commit(self, parts: Sequence[TableLoad]) -> int:
        """Load by the pipeline; returns how many rows it changed."""
        with hold(self.pool, self.seller.id, "benchmark") as lease:
            counts = load(
                self.pool,
                seller_id=self.seller.id,
                marketplace_ids=[INDIA.id],
                lease=lease,
                run_id="benchmark",
                source="benchmark",
                window=WINDOW,
                parts=parts,
                partitions=PARTITIONS,
                waits={},
                started_at=datetime.now(UTC),
            )
        return sum(map(_changed, counts.values()))

    def commit_bare(self, parts: Sequence[TableLoad]) -> int:
        """Load by hand; returns how many rows it wrote."""
        written = 0
        with psycopg.connect(str(self.pool.conninfo)) as conn:
            conn.execute("select set_config('app.seller_id', %s, true)", [str(self.seller.id)])
            for part in parts:
                written += _upsert(conn, part, self.seller)
        return written


def main(way: str, pipeline_dsn: str, admin_dsn: str, report: str) -> None:
    """Do it twice and print the seconds of both, the rows changed, and the peak of memory."""
    with open_pool(pipeline_dsn) as pool, psycopg.connect(admin_dsn, autocommit=True) as admin, ExitStack() as kept:
        desk = Desk(pool, _seller(pool), Path(report))
        work = _work(desk, way, kept)
        numbers: dict[str, float] = {}
        for name in ("first", "again"):
            admin.execute("checkpoint")
            start = time.perf_counter()
            numbers[f"{name}_changed"] = work()
            numbers[name] = time.perf_counter() - start
            admin.execute("analyze")  # as the server does it by itself, but at a time of its own
        print(json.dumps({**numbers, "peak": peak_memory()}))


def _work(desk: Desk, way: str, kept: ExitStack) -> Callable[[], int]:
    parts = desk.listings if way.startswith("flat") else desk.orders
    if way in ("xml", "flat"):
        return partial(_report, desk, parts)
    prepared = parts(kept)
    if way in ("rows", "flat_rows"):
        return partial(desk.commit, prepared)
    in_memory = [TableLoad(part.table, part.columns, list(part.rows), part.fetched) for part in prepared]
    return partial(desk.commit_bare, in_memory)


def _report(desk: Desk, parts: Parts) -> int:
    with ExitStack() as stack:
        return desk.commit(parts(stack))


def _seller(pool: Pool) -> Seller:
    return SellerBook(pool).add(
        "A0BENCHMARK",
        name="Benchmark",
        region=INDIA.region,
        marketplace_ids=[INDIA.id],
        timezone=INDIA.timezone,
        is_sandbox=True,
    )


def _upsert(conn: psycopg.Connection, part: TableLoad, seller: Seller) -> int:
    table, columns = Identifier(part.table.name), _listed(part.columns)
    stage = SQL("create temp table stage on commit drop as select {} from {} with no data")
    conn.execute(stage.format(columns, table))
    with conn.cursor().copy(SQL("copy stage ({}) from stdin").format(columns)) as copy:
        for row in part.rows:
            copy.write_row(row)
    key = ("seller_id", *part.table.key)
    facts = [name for name in (*part.columns, "source", "load_id") if name not in key]
    statement = SQL(
        "insert into {} as t (seller_id, {}, source, load_id) select %s, {}, 'benchmark', %s from stage "
        "on conflict ({}) do update set {}, updated_at = now()"
    ).format(table, columns, columns, _listed(key), SQL(", ").join(map(_assignment, facts)))
    written = conn.execute(statement, [seller.id, uuid4()]).rowcount
    conn.execute("drop table stage")
    return written


def _assignment(name: str) -> Composed:
    return SQL("{0} = excluded.{0}").format(Identifier(name))


def _listed(names: Sequence[str]) -> Composed:
    return SQL(", ").join(map(Identifier, names))


def _changed(counts: LoadCounts) -> int:
    return counts.inserted + counts.updated + counts.deleted


if __name__ == "__main__":
    main(*sys.argv[1:])
