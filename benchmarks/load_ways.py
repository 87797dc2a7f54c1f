"""One way to bring a report into the database, done twice in its own process, which prints what it took.

Ways: `xml` and `flat` read a report file as the pipeline does: by the declarations of `orders` and `products`, with its
collector and `SellerRun.load`. `rows` and `flat_rows` load validated rows from the spool with `SellerRun.load`. `bare`
and `flat_bare` load the same rows from tuples in memory with COPY and one INSERT ... ON CONFLICT DO UPDATE per table,
as one would write it by hand.
"""

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import itemgetter
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from benchmarks.harness import peak_memory
from benchmarks.report_files import DAYS, LAST_DAY
from xpert_pipeline.assets.catalog.products import SOURCE as PRODUCTS
from xpert_pipeline.assets.orders.feed import SOURCE as ORDERS
from xpert_pipeline.postgres.ledger import LoadCounts, LoadWindow
from xpert_pipeline.postgres.loading import TableLoad
from xpert_pipeline.postgres.pool import Pool, open_pool
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.sources.collect import Collector, Row, Rows, collecting
from xpert_pipeline.sources.collected_rows import TableRows
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.snapshot_report import collect_listed
from xpert_pipeline.spapi.documents.charsets import Charset
from xpert_pipeline.spapi.documents.download import Document
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.quota.quota import LocalQuota
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import Table

INDIA = by_id("A21TJRUUN4KGV")
PARTITIONS = tuple(LAST_DAY - timedelta(days=back) for back in reversed(range(DAYS)))

Parts = Callable[[ExitStack], Sequence[TableLoad]]


@dataclass(frozen=True)
class Bench:
    """A seller's run and the report that it loads.

    Attributes:
        rows: The valid rows of each table, if they are to be loaded by hand; otherwise they are not kept.
    """

    run: SellerRun
    report: Path
    rows: dict[str, list[tuple[object, ...]]] | None = None

    @property
    def market(self) -> Market:
        """The seller's only marketplace."""
        return self.run.markets[0]

    @property
    def document(self) -> Document:
        """The report as if it had just been downloaded."""
        return Document(self.report, Charset("utf-8"), self.report.stat().st_size)

    def orders(self, stack: ExitStack) -> Sequence[TableLoad]:
        """Parse, validate and spool the XML report, as `sources.change_loading` does it."""
        bulk, markets = ORDERS.feed.bulk, self.run.markets
        assert bulk is not None

        def parse(order: dict[str, object]) -> Rows:
            return bulk.parse(order, bulk.place_of(order, markets) or self.market, collector.signals)

        _, collector = stack.enter_context(collecting(self.run.spool, ORDERS.tables, parse))
        collector.carry(bulk.columns)
        self._keep(collector)
        document, places = self.document, [market.place for market in markets]
        orders = bulk.read(document.path, places, charset=document.charset.codec)
        collector.add(order for order in orders if bulk.place_of(order, markets) == self.market)
        return collector.loads()

    def listings(self, stack: ExitStack) -> Sequence[TableLoad]:
        """Parse, validate and spool the listings report, as `sources.snapshot` does it."""
        bulk = PRODUCTS.bulk
        assert bulk is not None

        def no_parser(_record: object) -> Rows:
            raise RuntimeError("collect_listed sets the parser")

        _, collector = stack.enter_context(collecting(self.run.spool, PRODUCTS.tables, no_parser))
        self._keep(collector)
        collect_listed(bulk, self.market, self.document, collector)
        return collector.loads([(self.market.id,)])

    def _keep(self, collector: Collector) -> None:
        """Keep the valid rows in memory, as tuples."""
        if self.rows is None:
            return
        for part in collector.parts:
            part.watchers.append(partial(_extend, self.rows.setdefault(part.table.name, []), part))

    def commit(self, parts: Sequence[TableLoad]) -> int:
        """Load with the pipeline; returns how many rows changed."""
        table = parts[0].table
        with self.run.lease(table.name) as lease:
            counts = self.run.load(
                lease,
                source="benchmark",
                window=self._window(table),
                parts=parts,
                markets=self.run.markets,
                began=datetime.now(UTC),
            )
        return sum(map(_changed, counts.values()))

    def commit_bare(self, parts: Sequence[TableLoad]) -> int:
        """Load by hand; returns how many rows were written."""
        written, seller = 0, self.run.seller
        with psycopg.connect(str(self.run.pool.conninfo)) as conn:
            conn.execute("select set_config('app.seller_id', %s, true)", [str(seller.id)])
            for part in parts:
                written += _upsert(conn, part, (self.rows or {})[part.table.name], seller)
        return written

    def _window(self, table: Table) -> LoadWindow:
        start, end = self.market.bounds(PARTITIONS[0], PARTITIONS[-1])
        return LoadWindow("snapshot", end, end) if table.day is None else LoadWindow("created", start, end)


def main(way: str, pipeline_dsn: str, admin_dsn: str, report: str) -> None:
    """Go the way twice and print the seconds of both, the rows changed, and the peak of memory."""
    with ExitStack() as kept:
        admin = kept.enter_context(psycopg.connect(admin_dsn, autocommit=True))
        pool = kept.enter_context(open_pool(pipeline_dsn))
        work = _work(kept.enter_context(_bench(pool, Path(report), by_hand="bare" in way)), way, kept)
        numbers: dict[str, float] = {}
        for name in ("first", "again"):
            admin.execute("checkpoint")
            start = time.perf_counter()
            numbers[f"{name}_changed"] = work()
            numbers[name] = time.perf_counter() - start
            admin.execute("analyze")  # the server does this by itself, but at a time of its own
        print(json.dumps({**numbers, "peak": peak_memory()}))


def _work(bench: Bench, way: str, kept: ExitStack) -> Callable[[], int]:
    parts = bench.listings if way.startswith("flat") else bench.orders
    if way in ("xml", "flat"):
        return partial(_report, bench, parts)
    prepared = parts(kept)
    if way in ("rows", "flat_rows"):
        return partial(bench.commit, prepared)
    return partial(bench.commit_bare, prepared)


def _extend(kept: list[tuple[object, ...]], part: TableRows, rows: Sequence[Row]) -> None:
    kept.extend(map(itemgetter(*part.columns), rows))  # the columns that the file has


def _report(bench: Bench, parts: Parts) -> int:
    with ExitStack() as stack:
        return bench.commit(parts(stack))


@contextmanager
def _bench(pool: Pool, report: Path, *, by_hand: bool) -> Iterator[Bench]:
    """A run of a new seller. Its client never sends a request: the report is here already."""
    seller = SellerBook(pool).add(
        "A0BENCHMARK",
        name="Benchmark",
        region=INDIA.region,
        marketplace_ids=[INDIA.id],
        timezone=INDIA.timezone,
        is_sandbox=True,
    )
    credentials = Credentials(
        client_id="benchmark", client_secret="none", refresh_token="none", seller_id=seller.amazon_seller_id
    )
    with SellerApi(credentials, [INDIA], LocalQuota()) as client:
        run = SellerRun(
            seller=seller,
            days=PARTITIONS,
            pool=pool,
            run_id="benchmark",
            spool=report.parent,
            log=logging.getLogger(__name__),
            client=lambda: client,
        )
        yield Bench(run, report, {} if by_hand else None)


def _upsert(conn: psycopg.Connection, part: TableLoad, rows: Sequence[tuple[object, ...]], seller: Seller) -> int:
    table, columns = Identifier(part.table.name), _listed(part.columns)
    stage = SQL("create temp table stage on commit drop as select {} from {} with no data")
    conn.execute(stage.format(columns, table))
    with conn.cursor().copy(SQL("copy stage ({}) from stdin").format(columns)) as copy:
        for row in rows:
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
