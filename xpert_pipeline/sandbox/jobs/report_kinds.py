"""The report types that the sandbox makes: their role, their rows, and how they are written."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from xpert_pipeline.sandbox.catalog.merchant_listings import merchant_listings
from xpert_pipeline.sandbox.faults import CONTENT, DOWNLOAD, ORDERS, TITLES, XML
from xpert_pipeline.sandbox.jobs.documents import Document, pack, plain, reason
from xpert_pipeline.sandbox.jobs.report_store import FATAL, Report
from xpert_pipeline.sandbox.orders.faults import in_report
from xpert_pipeline.sandbox.orders.flat_report import flat_orders
from xpert_pipeline.sandbox.orders.xml_report import xml_report
from xpert_pipeline.sandbox.sales.traffic_report import days_with_data, traffic_report
from xpert_pipeline.sandbox.serving.state import State
from xpert_pipeline.sandbox.serving.titles import faulty_title
from xpert_pipeline.sandbox.world.records import Order, World

ENCODINGS = {"UTF-8": "UTF-8", "Cp1252": "windows-1252"}
"""Name of an encoding as the Content-Type has it → as XML has it."""

DAYS = "days"
SALES_AND_TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"

Write = Callable[[State, World, Report, str], Iterator[str]]


@dataclass(frozen=True, slots=True)
class ReportKind:
    """One report type. `window` is what its window means: a time of orders, days, or None for a snapshot."""

    name: str
    role: str
    window: str | None
    content_type: str
    write: Write

    @property
    def windowed(self) -> bool:
        """Whether it is asked for with a window."""
        return self.window is not None

    def count(self, world: World, marketplace_ids: Collection[str], start: float, end: float, now: float) -> int:
        """Return how many rows the report would have."""
        if self.window is None:
            return len(world.listings_of(marketplace_ids))
        if self.window == DAYS:
            return days_with_data(world, marketplace_ids, start, end, now)
        return sum(len(world.orders[place].items) for place in world.window(self.window, start, end, now))

    def document(self, state: State, world: World, report: Report) -> Document:
        """The document of a finished report, written if it is not there yet."""
        assert report.document_id is not None
        return state.documents.get(report.document_id, lambda: self._written(state, world, report))

    def _written(self, state: State, world: World, report: Report) -> Document:
        if report.error is not None:
            return reason(report.error) if report.fate == FATAL else plain(report.error)
        faulty = "cp1252-report" in state.faults.due(CONTENT, DOWNLOAD, report.seller_id)
        encoding = "Cp1252" if faulty else "UTF-8"
        return pack(self.write(state, world, report, encoding), encoding, self.content_type)


def _faults(state: State, report: Report, *places: str) -> list[str]:
    return [name for place in places for name in state.faults.due(place, DOWNLOAD, report.seller_id)]


def _orders(world: World, report: Report) -> Iterable[Order]:
    """Return the orders of a report's window, from all stores: European reports ignore the requested marketplaces."""
    window = KINDS[report.report_type].window
    assert window is not None
    return (world.orders[place] for place in world.window(window, report.start, report.end, report.created))


def _xml_orders(state: State, world: World, report: Report, encoding: str) -> Iterator[str]:
    faults = _faults(state, report, ORDERS, TITLES, XML)
    return xml_report(in_report(_orders(world, report), faults, xml=True), faults, ENCODINGS[encoding])


def _flat_orders(state: State, world: World, report: Report, _encoding: str) -> Iterator[str]:
    return flat_orders(in_report(_orders(world, report), _faults(state, report, ORDERS, TITLES), xml=False))


def _listings(state: State, world: World, report: Report, _encoding: str) -> Iterator[str]:
    listings = world.listings_of(report.marketplace_ids)
    for fault in _faults(state, report, TITLES):
        listings[0] = replace(listings[0], title=faulty_title(listings[0].title, fault))
    return merchant_listings(listings)


def _traffic(_state: State, world: World, report: Report, _encoding: str) -> Iterator[str]:
    return traffic_report(world, report)


_ORDERS_ROLE = "Inventory and Order Tracking"
_XML_TYPE, _TSV_TYPE = "text/xml", "text/tab-separated-values"
KINDS = {
    kind.name: kind
    for kind in (
        ReportKind("GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", _ORDERS_ROLE, "created", _XML_TYPE, _xml_orders),
        ReportKind("GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL", _ORDERS_ROLE, "updated", _XML_TYPE, _xml_orders),
        ReportKind(
            "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", _ORDERS_ROLE, "created", _TSV_TYPE, _flat_orders
        ),
        ReportKind(
            "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL", _ORDERS_ROLE, "updated", _TSV_TYPE, _flat_orders
        ),
        ReportKind("GET_MERCHANT_LISTINGS_ALL_DATA", "Product Listing", None, _TSV_TYPE, _listings),
        ReportKind(SALES_AND_TRAFFIC, "Brand Analytics", DAYS, "application/json", _traffic),
    )
}
