"""The faults of orders. They change the first order of a page or report, never the world itself."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from xpert_pipeline.sandbox.faults import FaultKind
from xpert_pipeline.sandbox.serving.titles import faulty_title
from xpert_pipeline.sandbox.world.records import Order

ORDERS, XML = "orders", "xml"
"""Places: a page or report with orders, and an XML report."""
FAULTS = (
    FaultKind("order-without-price", ORDERS, "an order has no proceeds"),
    FaultKind("unknown-status", ORDERS, "an order has an undocumented status"),
    FaultKind("unknown-field", ORDERS, "an order has an undocumented field"),
    FaultKind("missing-required-field", ORDERS, "an order lacks its creation time"),
    FaultKind("doctype-xml", XML, "the XML begins with a DOCTYPE and an entity"),
    FaultKind("xml-control-character", XML, "a title in the XML contains a raw vertical tab (0x0B)"),
    FaultKind("xml-bad-reference", XML, "a title in the XML contains &#11;, which XML does not allow"),
    FaultKind("xml-bare-ampersand", XML, "a title in the XML contains an ampersand that is not escaped"),
    FaultKind("xml-noncharacter", XML, "a title in the XML contains U+FFFE, which XML does not allow"),
    FaultKind("item-id-mismatch", XML, "AmazonOrderItemCode in the XML differs from orderItemId"),
)
UNKNOWN_STATUS = "AWAITING_DRONE"


def in_payloads(orders: list[dict[str, Any]], faults: Iterable[str]) -> None:
    """Apply faults to the first order payload, in place."""
    if orders:
        for name in faults:
            if change := _PAYLOAD_FAULTS.get(name):
                change(orders[0])


def in_report(orders: Iterable[Order], faults: Iterable[str], *, xml: bool) -> Iterator[Order]:
    """Yield the orders of a report, with faults in the first one."""
    names = list(faults)
    rest = iter(orders)
    for order in rest:
        changed = order
        for name in names:
            changed = _changed(changed, name, xml=xml)
        yield changed
        break
    yield from rest


def _changed(order: Order, name: str, *, xml: bool) -> Order:
    first, *others = order.items
    if name in ("nul-in-title", "emoji-in-title"):
        return order._replace(items=(first._replace(title=faulty_title(first.title, name, xml=xml)), *others))
    if name == "order-without-price":
        return order._replace(items=tuple(item._replace(amount=None) for item in order.items))
    if name == "unknown-status":
        return order._replace(status=UNKNOWN_STATUS)
    if name == "missing-required-field":
        return order._replace(created=-1)
    return order


def _without_price(order: dict[str, Any]) -> None:
    order.pop("proceeds", None)
    for item in order["orderItems"]:
        item.pop("proceeds", None)
        item["product"].pop("price", None)


def _unknown_status(order: dict[str, Any]) -> None:
    if "fulfillment" in order:
        order["fulfillment"]["fulfillmentStatus"] = UNKNOWN_STATUS


def _titled(fault: str) -> Callable[[dict[str, Any]], None]:
    def change(order: dict[str, Any]) -> None:
        product = order["orderItems"][0]["product"]
        product["title"] = faulty_title(product["title"], fault)

    return change


def _unknown_field(order: dict[str, Any]) -> None:
    order["carbonFootprint"] = {"grams": 1200}


def _without_creation(order: dict[str, Any]) -> None:
    order.pop("createdTime", None)


_PAYLOAD_FAULTS: dict[str, Callable[[dict[str, Any]], None]] = {
    "order-without-price": _without_price,
    "unknown-status": _unknown_status,
    "unknown-field": _unknown_field,
    "missing-required-field": _without_creation,
    "nul-in-title": _titled("nul-in-title"),
    "emoji-in-title": _titled("emoji-in-title"),
}
