"""Streams the XML all-orders report as plain dicts, so that memory does not grow with the file.

It rejects a DOCTYPE before it parses anything, so there are no entities to expand.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.parsers import expat

from xpert_pipeline.spapi.documents.charsets import charset_of, codec_named, text_pieces
from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline.spapi.marketplaces import MARKETPLACES, Marketplace
from xpert_pipeline.wording import counted

_REPORT = "all-orders report"
_ORDER_FIELDS = {
    "AmazonOrderID": "order_id",
    "MerchantOrderID": "merchant_order_id",
    "PurchaseDate": "purchase_date",
    "LastUpdatedDate": "last_updated",
    "OrderStatus": "status",
    "SalesChannel": "sales_channel",
}
_ITEM_FIELDS = {
    "AmazonOrderItemCode": "item_id",
    "ASIN": "asin",
    "SKU": "sku",
    "ItemStatus": "status",
    "ProductName": "title",
}
_DISCOUNTS = ("ItemPromotionDiscount", "ShipPromotionDiscount")
_LEFT_OUT = frozenset(("OrderChannel", "URL", "PurchaseOrderNumber", "SignatureConfirmationRecommended"))
"""Elements without a use."""
_CHUNK = 64 * 1024
_MARKETPLACE_IDS = {marketplace.domain.lower(): marketplace.id for marketplace in MARKETPLACES}


def read_orders(
    path: Path, marketplaces: Iterable[Marketplace], *, charset: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the orders of some marketplaces, and those of other channels, from a report file, in file order.

    A European report contains the orders of every Amazon store of the account. An order belongs to the marketplace
    whose domain equals its SalesChannel, ignoring case. Orders of Amazon's other marketplaces are skipped. Orders that
    match no Amazon marketplace (Non-Amazon channels, or no channel at all) have the marketplace None, and the caller
    decides about them.

    Args:
        path: The uncompressed report.
        marketplaces: The marketplaces whose orders to yield.
        charset: The codec of the document; without it, the codec is found (`charset_of`).

    Yields:
        `marketplace_id` (None if no Amazon marketplace matches), `order_id`, `merchant_order_id`, `purchase_date`,
        `last_updated`, `status`, `sales_channel`, `fulfillment_channel`, `service_level`, `ship_country` (texts as
        Amazon writes them, None if missing or empty), `is_business` (bool or None), `items`, and `unknown`: names of
        elements that have no key here.
        Each item: `item_id`, `asin`, `sku`, `status`, `title`, `quantity` (int, or the text if it is not a number),
        `prices` (component type to (amount as text, currency)), `promotion_ids`, `discounts` (a list of (amount as
        text, currency)). The buyer's city, state and postal code are left out.

    Raises:
        BadAnswer: The file is cut off or malformed, has a DOCTYPE, or is another report.
    """
    codec = charset or charset_of(path, None).codec
    _check_prolog(path, codec)
    wanted_ids = {None, *(marketplace.id for marketplace in marketplaces)}
    try:
        for element in _orders(path, codec):
            order = _order(element)
            if order["marketplace_id"] in wanted_ids:
                yield order
    except (ParseError, ValueError, LookupError) as exc:
        raise BadAnswer(f"the XML is cut off or malformed: {exc}", operation=_REPORT) from exc


def _orders(path: Path, codec: str) -> Iterator[Element]:
    """Walk the Order elements and delete each message once it is read.

    The parser builds the tree under our own element, so we can watch it grow. This takes a third of the time that
    parser events for each element would take.
    """
    builder = TreeBuilder()
    document = builder.start("document", {})
    parser = XMLParser(target=builder)  # noqa: S314  prolog is checked
    for piece in _text(path, codec):
        parser.feed(piece)
        yield from _finished(document)
    parser.close()
    yield from _finished(document, of_all=True)


def _finished(document: Element, *, of_all: bool = False) -> Iterator[Element]:
    """Remove complete messages from the tree and yield their orders; without `of_all`, the last one is incomplete."""
    for root in document:
        if root.tag != "AmazonEnvelope":
            raise BadAnswer(f"its root is {root.tag[:60]!r}, not AmazonEnvelope", operation=_REPORT)
        finished = root[:] if of_all else root[:-1]
        del root[: len(finished)]
        for element in finished:
            if element.tag == "Message":
                yield _only_order(element)
            elif element.tag == "MessageType" and element.text != "AllOrdersReport":
                raise BadAnswer(f"it is a {element.text!r}, not an AllOrdersReport", operation=_REPORT)


def _only_order(message: Element) -> Element:
    orders = message.findall("Order")
    if len(orders) != 1:
        raise BadAnswer(f"a message contains {counted(len(orders), 'order')}, not one", operation=_REPORT)
    return orders[0]


def _order(order: Element) -> dict[str, Any]:
    record: dict[str, Any] = dict.fromkeys(("marketplace_id", *_ORDER_FIELDS.values()))
    record.update(fulfillment_channel=None, service_level=None, ship_country=None, is_business=None)
    items: list[dict[str, Any]] = []
    unknown: list[str] = []
    for child in order:
        tag = child.tag
        if tag in _ORDER_FIELDS:
            record[_ORDER_FIELDS[tag]] = child.text or None
        elif tag == "OrderItem":
            items.append(_item(child, unknown))
        elif tag == "FulfillmentData":
            record["fulfillment_channel"] = child.findtext("FulfillmentChannel") or None
            record["service_level"] = child.findtext("ShipServiceLevel") or None
            record["ship_country"] = child.findtext("Address/Country") or None
        elif tag == "IsBusinessOrder":
            record["is_business"] = {"true": True, "false": False}.get((child.text or "").lower())
        elif tag not in _LEFT_OUT:
            unknown.append(tag)
    record["marketplace_id"] = _MARKETPLACE_IDS.get((record["sales_channel"] or "").strip().lower())
    record["items"], record["unknown"] = items, unknown
    return record


def _item(element: Element, unknown: list[str]) -> dict[str, Any]:
    item: dict[str, Any] = dict.fromkeys(_ITEM_FIELDS.values())
    prices: dict[str, tuple[str, str | None]] = {}
    promotions: list[str] = []
    discounts: list[tuple[str | None, str | None]] = []
    item["quantity"] = None
    for child in element:
        tag = child.tag
        if tag in _ITEM_FIELDS:
            item[_ITEM_FIELDS[tag]] = child.text or None
        elif tag == "Quantity":
            text = child.text or ""
            item["quantity"] = int(text) if text.isdecimal() else text or None
        elif tag == "ItemPrice":
            _add_prices(child, prices)
        elif tag == "Promotion":
            promotions += [promotion.text for promotion in child.findall("PromotionIDs") if promotion.text]
            discounts += [(amount.text, amount.get("currency")) for amount in child if amount.tag in _DISCOUNTS]
        elif tag not in _LEFT_OUT:
            unknown.append(f"OrderItem/{tag}")
    item["prices"], item["promotion_ids"], item["discounts"] = prices, promotions, discounts
    return item


def _add_prices(element: Element, prices: dict[str, tuple[str, str | None]]) -> None:
    for component in element:
        amount = component.find("Amount")
        kind = component.findtext("Type")
        if kind and amount is not None and amount.text:
            price = (amount.text, amount.get("currency"))
            prices[kind] = _sum(prices[kind], price) if kind in prices else price


def _sum(one: tuple[str, str | None], other: tuple[str, str | None]) -> tuple[str, str | None]:
    """Add two amounts of one price component; if that is impossible, return a text that the row contract rejects."""
    try:
        total = Decimal(one[0]) + Decimal(other[0])
    except ArithmeticError:  # also an overflow
        return f"{one[0]} + {other[0]}", one[1]
    return (str(total), one[1]) if one[1] == other[1] else (f"{one} + {other}", one[1])


def _text(path: Path, codec: str, size: int = _CHUNK) -> Iterator[str]:
    """Decode the file before it is parsed, because expat knows only UTF-8, UTF-16 and single-byte encodings.

    Expat ignores the encoding that the XML declares when it gets text.
    """
    is_start = True
    for piece in text_pieces(path, codec, size=size):
        yield piece.removeprefix("\ufeff") if is_start else piece
        is_start = False


def _check_prolog(path: Path, codec: str) -> None:
    """Read up to the root element, and reject a DOCTYPE or an unknown encoding."""
    parser = expat.ParserCreate()
    root_tags: list[str] = []

    def refuse(*_: object) -> None:
        raise BadAnswer("the XML has a DOCTYPE, which may be an attack", operation=_REPORT)

    def check_declared(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and codec_named(encoding) is None:
            raise BadAnswer(f"the XML declares the unknown encoding {encoding[:40]!r}", operation=_REPORT)

    parser.XmlDeclHandler = check_declared
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, _attributes: root_tags.append(name)
    try:
        for piece in _text(path, codec, 4096):
            parser.Parse(piece)
            if root_tags:
                return
        parser.Parse("", True)  # newer versions of expat postpone incomplete tokens
    except (expat.ExpatError, ValueError, LookupError) as exc:
        if not root_tags:  # errors after the root's start tag are left to the real parser
            raise BadAnswer(f"the document is not XML ({exc}): {_opening(path, codec)!r}", operation=_REPORT) from exc
    if not root_tags:
        raise BadAnswer(f"the document is not XML: {_opening(path, codec)!r}", operation=_REPORT)


def _opening(path: Path, codec: str) -> str:
    """Return the first words of a file; they are often Amazon's error text."""
    return " ".join(next(_text(path, codec, 200), "").split())[:120]
