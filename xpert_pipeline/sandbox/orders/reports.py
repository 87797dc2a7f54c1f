"""The all-orders reports, as XML and as flat file, by creation and by last update."""

from collections.abc import Iterable, Iterator
from functools import partial

from xpert_pipeline.sandbox.jobs.report_kind import XML_ENCODINGS, ReportInput, ReportKind
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.orders.faults import ORDERS, XML, in_report
from xpert_pipeline.sandbox.orders.flat_report import flat_orders
from xpert_pipeline.sandbox.orders.xml_report import xml_report
from xpert_pipeline.sandbox.serving.fault_kinds import TITLES
from xpert_pipeline.sandbox.world.records import Order, World

ROLES = ("Inventory and Order Tracking",)
LONGEST_SECONDS = 30 * 86_400.0


def _orders(by: str, world: World, report: Report) -> Iterable[Order]:
    """Return the orders in a report's window, from all stores: European reports ignore the requested marketplaces."""
    return (world.orders[place] for place in world.window(by, report.start, report.end, report.created))


def _count(by: str, world: World, report: Report) -> int:
    return sum(len(order.items) for order in _orders(by, world, report))


def _xml(by: str, content: ReportInput) -> Iterator[str]:
    orders = in_report(_orders(by, content.world, content.report), content.faults, xml=True)
    return xml_report(orders, content.faults, XML_ENCODINGS[content.encoding])


def _flat(by: str, content: ReportInput) -> Iterator[str]:
    return flat_orders(in_report(_orders(by, content.world, content.report), content.faults, xml=False))


def _xml_kind(name: str, by: str) -> ReportKind:
    return ReportKind(
        name=name,
        roles=ROLES,
        content_type="text/xml",
        count=partial(_count, by),
        write=partial(_xml, by),
        minimum_seconds=None,
        longest_seconds=LONGEST_SECONDS,
        fault_places=(ORDERS, TITLES, XML),
    )


def _flat_kind(name: str, by: str) -> ReportKind:
    return ReportKind(
        name=name,
        roles=ROLES,
        content_type="text/tab-separated-values",
        count=partial(_count, by),
        write=partial(_flat, by),
        minimum_seconds=None,
        longest_seconds=LONGEST_SECONDS,
        fault_places=(ORDERS, TITLES),
    )


REPORTS = (
    _xml_kind("GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", "created"),
    _xml_kind("GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL", "updated"),
    _flat_kind("GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", "created"),
    _flat_kind("GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL", "updated"),
)
