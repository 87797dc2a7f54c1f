"""Fetches one span of orders into its spool: pages of `searchOrders`, or the XML all-orders report."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from xpert_pipeline.assets.order_plan import REPORTS, STREAM, Span
from xpert_pipeline.assets.order_report_rows import parse_report_order
from xpert_pipeline.assets.order_rows import parse_order
from xpert_pipeline.assets.order_spool import OrderSpool
from xpert_pipeline.assets.report_steps import document_of
from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.coverage import latest_detail
from xpert_pipeline.postgres.spool import RowSpool, spool_folder
from xpert_pipeline.spapi.documents import Document
from xpert_pipeline.spapi.item_ids import compare_item_ids
from xpert_pipeline.spapi.operations.orders import search_orders
from xpert_pipeline.spapi.order_reports import read_orders
from xpert_pipeline.spapi.report_work import State, Work, told


@dataclass
class Fetch:
    """One span being fetched: where to, until when it reads, since when its state is known."""

    folder: Path
    spool: OrderSpool
    began: datetime
    end: datetime
    details: dict[str, Any]


@contextmanager
def spooled(run: SellerRun, *, from_report: bool) -> Iterator[tuple[Path, OrderSpool]]:
    """A spool for one span, gone at the end."""
    with spool_folder(run.spool, "orders") as folder, RowSpool(folder) as orders, RowSpool(folder) as items:
        yield folder, OrderSpool(orders, items, from_report, signals=Counter())


def fetch_pages(run: SellerRun, span: Span, fetch: Fetch) -> str:
    """Read the span by searchOrders; returns the source."""
    fetch.spool.from_report = False
    parse = partial(parse_order, marketplace_id=run.marketplace_id, zone=run.zone, signals=fetch.spool.signals)
    for page in search_orders(run.client(), **{span.kind: (span.start, span.end)}):
        fetch.spool.add(page.orders, parse)
        fetch.end = min(fetch.end, page.upper_bound)
    return "searchOrders"


def fetch_report(run: SellerRun, span: Span, fetch: Fetch, work: Work) -> str:
    """Read the span from its finished report; returns the source.

    One that has no data is not believed to mean no orders: Amazon also cancels for reasons of its own. The pages tell.
    """
    fetch.details["report"] = told(work)
    if work.state is not State.DONE:
        return fetch_pages(run, span, fetch)
    if work.created_at:
        fetch.began = min(fetch.began, work.created_at)
    with document_of(run, work, fetch.folder) as document:
        if not _item_ids_match(run, span, document, fetch.details):
            return fetch_pages(run, span, fetch)
        zone, signals = run.zone, fetch.spool.signals
        parse = partial(parse_report_order, marketplace_id=run.marketplace_id, zone=zone, signals=signals)
        fetch.spool.add(read_orders(document.path, run.client().marketplace, charset=document.charset), parse)
    return REPORTS[span.kind]


def _item_ids_match(run: SellerRun, span: Span, document: Document, details: dict[str, Any]) -> bool:
    """Before a seller's first XML load: are its item codes the order item ids of the API? One page tells."""
    if latest_detail(run.pool, run.scope, STREAM, "item_ids") == "match":
        details["item_ids"] = "match"
        return True
    page = next(islice(search_orders(run.client(), **{span.kind: (span.start, span.end)}), 1), None)
    report = read_orders(document.path, run.client().marketplace, charset=document.charset)
    comparison = compare_item_ids(page.orders if page else [], report)
    if comparison.compared:
        details["item_ids"] = "match" if comparison.matches else "mismatch"
    if not comparison.matches:
        run.log.warning(
            "seller %s: %d of %d order item ids differ between searchOrders and the XML report; "
            "its orders are read by searchOrders from now on",
            run.seller.amazon_seller_id,
            comparison.differing,
            comparison.compared,
        )
    return comparison.matches
