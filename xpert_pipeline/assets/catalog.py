"""products: the listings as they stand now, by listings search and catalogue, or by report when there are many."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import dagster as dg

from xpert_pipeline.assets.catalog_rows import REPORT_COLUMNS, Row, parse_listing, parse_report_listing
from xpert_pipeline.assets.report_steps import document_of, park, ready, why_not
from xpert_pipeline.assets.run_start import RunStart
from xpert_pipeline.assets.seller_run import SellerRun, run_sellers
from xpert_pipeline.postgres.coverage import followed_until
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.loading import TableLoad, load
from xpert_pipeline.postgres.quarantine import Reject
from xpert_pipeline.postgres.spool import RowSpool, spool_folder
from xpert_pipeline.progress import step
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.spapi.desks import ReportRequest
from xpert_pipeline.spapi.flat_files import read_rows
from xpert_pipeline.spapi.operations.catalog import BATCH, search_catalog_items
from xpert_pipeline.spapi.operations.listings import count_listings, search_listings_items
from xpert_pipeline.spapi.report_asking import ask
from xpert_pipeline.spapi.report_work import State, Work
from xpert_pipeline.spapi.reports import ReportDesk
from xpert_pipeline.tables.catalog import PRODUCTS
from xpert_pipeline.tables.validation import SHAPE_ERRORS, chunks, collector_paused, shape_reason, validate
from xpert_pipeline.wording import counted

REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
SEARCH_LIMIT = 1_000
"""searchListingsItems shows at most this many SKUs of one query; beyond it, the report is also the cheaper source."""
OVERLAP = timedelta(minutes=5)
DESK = ReportDesk()


@dg.asset(
    group_name="catalog",
    kinds={"spapi", "postgres"},
    backfill_policy=dg.BackfillPolicy.single_run(),
    op_tags={"dagster/priority": "1"},
)
def products(
    context: dg.AssetExecutionContext,
    postgres: PostgresResource,
    sp_api: SpApiResource,
    run_start: dg.ResourceParam[RunStart],
) -> Iterator[dg.MaterializeResult]:
    """One row per listing (marketplace, SKU) in its present state.

    Amazon keeps no history of listings: today's partition holds the present, past days load nothing (`no_history`).
    The first load takes everything; later ones what changed since. Source: searchListingsItems 2021-08-01 with
    searchCatalogItems 2022-04-01; GET_MERCHANT_LISTINGS_ALL_DATA when more than 1,000 listings are to be read.
    """
    yield from run_sellers(context, postgres, sp_api, ("products",), partial(_sync_products, start=run_start))


@dataclass(frozen=True)
class Wanted:
    """What is to be read: listings changed since a mark (None: all), how many, and the report that is to bring them."""

    since: datetime | None
    total: int
    work: Work | None = None


def prepare_products(run: SellerRun) -> Wanted | None:
    """Count what is to be read, and ask for the report where there is much; nothing for past days."""
    if not run.is_live:
        return None
    mark, total = count_wanted(run)
    if total <= SEARCH_LIMIT:
        return Wanted(mark, total)
    (work,) = ask(run.client(), run.book(), DESK, [ReportRequest(REPORT)], not_older_than=mark)
    return Wanted(mark, total, work)


def count_wanted(run: SellerRun) -> tuple[datetime | None, int]:
    """Since when listings are to be read (None: all of them), and how many there are."""
    mark = followed_until(run.pool, run.scope, "products")
    return mark, count_listings(run.client(), updated_after=mark - OVERLAP if mark else None)


def _sync_products(run: SellerRun, start: RunStart) -> None:
    wanted: Wanted | None = start.take(run, "products")
    if wanted is None:
        run.states["products"] = "no_history"
        return
    run.past_state["products"] = "no_history"
    step(f"{run.seller.amazon_seller_id}: products: {counted(wanted.total, 'listing')} to read")
    if wanted.work is None:
        _load(run, wanted)
    for work in ready(run, DESK, [wanted.work] if wanted.work else []):
        if work.is_live or work.state is State.THROTTLED:
            park(run, ["products"], [run.today], work)
        elif work.state is State.DONE:
            _load(run, replace(wanted, work=work))
            run.book().collected(work)
        else:
            raise why_not(run, DESK, work)


def _load(run: SellerRun, wanted: Wanted) -> None:
    with run.lease("products") as lease:
        began = run.client().server_now()
        with _spool(run) as (folder, spool):
            found = _Listings(run, spool, run.client().server_now())
            source = found.fetch(wanted, folder)
            lease.check()
            load(
                run.pool,
                seller_id=run.seller.id,
                marketplace_ids=[run.marketplace_id],
                lease=lease,
                run_id=run.run_id,
                source=source,
                window=found.window(wanted.since),
                parts=[TableLoad(PRODUCTS, found.columns, spool, found.fetched, found.rejects)],
                partitions=[run.today],
                waits=run.client().bill().waits,
                started_at=began,
            )


class _Listings:
    """The listings of one load, on their way into the spool."""

    def __init__(self, run: SellerRun, spool: RowSpool, known_at: datetime) -> None:
        self.run, self.spool, self.known_at = run, spool, known_at
        self.columns: tuple[str, ...] = PRODUCTS.columns
        self.rejects: list[Reject] = []
        self.fetched = 0

    def fetch(self, wanted: Wanted, folder: Path) -> str:
        """Read the listings and return the source that was asked."""
        if wanted.work is not None:
            self._add(self._from_report(wanted.work, folder))
            return REPORT
        if wanted.total:
            since = wanted.since - OVERLAP if wanted.since else None
            for batch in chunks(search_listings_items(self.run.client(), updated_after=since), BATCH):
                self._add(self._enriched(batch))
        return "searchListingsItems"

    def window(self, mark: datetime | None) -> LoadWindow:
        """What the load tells of: everything as it stood, or the changes since the mark."""
        if mark is None:
            return LoadWindow("snapshot", self.known_at, self.known_at)
        return LoadWindow("updated", mark, max(mark, self.known_at))

    def _enriched(self, listings: list[dict[str, Any]]) -> Iterator[tuple[Any, Row]]:
        asins = [asin for listing in listings for asin in _asins(listing)]
        catalog = {item["asin"]: item for item in search_catalog_items(self.run.client(), asins) if "asin" in item}
        for listing in listings:
            found = next((catalog[asin] for asin in _asins(listing) if asin in catalog), None)
            try:
                yield listing, parse_listing(listing, self.run.marketplace_id, found)
            except SHAPE_ERRORS as error:
                self.fetched += 1
                self.rejects.append(Reject(listing, shape_reason(error), str(listing.get("sku"))))

    def _from_report(self, work: Work, folder: Path) -> Iterator[tuple[Any, Row]]:
        self.columns = REPORT_COLUMNS
        currency = self.run.client().marketplace.currency
        if work.created_at:  # one made earlier tells of that moment
            self.known_at = min(self.known_at, work.created_at)
        with document_of(self.run, work, folder) as document, document.open_text() as lines, collector_paused():
            for line in read_rows(lines, ("seller-sku", "item-name"), report=REPORT):
                yield line, parse_report_listing(line, self.run.marketplace_id, currency)

    def _add(self, parsed: Iterable[tuple[Any, Row]]) -> None:
        for chunk in chunks(parsed):
            values = itemgetter(*self.columns)
            self.fetched += len(chunk)
            rows, refused = validate(PRODUCTS, [row for _, row in chunk], self.columns)
            self.spool.extend([values(row) for row in rows])
            self.rejects += [Reject(chunk[one.index][0], one.reason, chunk[one.index][1]["sku"]) for one in refused]


def _asins(listing: dict[str, Any]) -> list[str]:
    summaries = [summary for summary in listing.get("summaries") or () if isinstance(summary, dict)]
    return [summary["asin"] for summary in summaries if summary.get("asin")]


@contextmanager
def _spool(run: SellerRun) -> Iterator[tuple[Path, RowSpool]]:
    with spool_folder(run.spool, "products") as folder, RowSpool(folder) as spool:
        yield folder, spool
