"""Writes the XML all-orders report, order by order."""

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from xml.sax.saxutils import escape

from xpert_pipeline.sandbox.serving.formats import offset
from xpert_pipeline.sandbox.world.order_charges import COD_FEE, DISCOUNT, GIFT_WRAP, SHIPPING, TAX, charge
from xpert_pipeline.sandbox.world.records import PARTIALLY_SHIPPED, Item, Order

HEADER = (
    "<AmazonEnvelope xsi:noNamespaceSchemaLocation=\"amzn-envelope.xsd\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"
    " <Header>\n  <DocumentVersion>1.00</DocumentVersion>\n </Header>\n"
    " <MessageType>AllOrdersReport</MessageType>\n"
)  # fmt: skip
FOOTER = "</AmazonEnvelope>\n"
DOCTYPE = '<!DOCTYPE AmazonEnvelope [<!ENTITY boom "boom">]>\n'
UNKNOWN_FIELD = "  <CarbonFootprint>1200</CarbonFootprint>\n"
BROKEN_TITLES = {
    "xml-control-character": "Multi\x0bpack ",
    "xml-bad-reference": "Multi&#11;pack ",
    "xml-bare-ampersand": "Salt & pepper ",
    "xml-noncharacter": "Multi\ufffepack ",
}
"""Beginnings of a title that make the XML malformed, by fault."""
COMPONENTS = {SHIPPING: "Shipping", GIFT_WRAP: "GiftWrap", COD_FEE: "CODFee", TAX: "Tax"}
"""Charges of an item's price in the report, by their name in the API."""
STATUS_WORDS = {
    "PENDING_AVAILABILITY": "PendingAvailability",
    "PARTIALLY_SHIPPED": "PartiallyShipped",
}


def xml_report(orders: Iterable[Order], faults: Collection[str], encoding: str) -> Iterator[str]:
    """Yield the report in pieces.

    Args:
        orders: The orders, in the report's order.
        faults: doctype-xml adds a DOCTYPE at the top; item-id-mismatch makes AmazonOrderItemCode differ from
            orderItemId; unknown-field adds a field to the first order; those of BROKEN_TITLES break its first title.
        encoding: The encoding to declare in the prolog.
    """
    yield f'<?xml version="1.0" encoding="{encoding}"?>\n'
    if "doctype-xml" in faults:
        yield DOCTYPE
    yield HEADER
    extra = UNKNOWN_FIELD if "unknown-field" in faults else ""
    foreign_codes = "item-id-mismatch" in faults
    broken = "".join(text for name, text in BROKEN_TITLES.items() if name in faults)
    for order in orders:
        text = _order(order, extra, foreign_codes=foreign_codes)
        yield text.replace("<ProductName>", f"<ProductName>{broken}", 1) if broken else text
        extra = broken = ""
    yield FOOTER


def status_word(status: str) -> str:
    """Return an order's status as reports spell it."""
    return STATUS_WORDS.get(status) or status.capitalize()


def _order(order: Order, extra: str, *, foreign_codes: bool) -> str:
    created = f"  <PurchaseDate>{offset(order.created)}</PurchaseDate>\n" if order.created >= 0 else ""
    items = "".join([_item(order, item, foreign_code=foreign_codes) for item in order.items])
    return (
        f" <Message>\n <Order>\n  <AmazonOrderID>{_text(order.id)}</AmazonOrderID>\n"
        f"  <MerchantOrderID>{_text(order.id)}</MerchantOrderID>\n{created}"
        f"  <LastUpdatedDate>{offset(order.updated)}</LastUpdatedDate>\n"
        f"  <OrderStatus>{status_word(order.status)}</OrderStatus>\n"
        f"  <SalesChannel>{_text(order.channel)}</SalesChannel>\n  <FulfillmentData>\n"
        f"   <FulfillmentChannel>{'Amazon' if order.fba else 'Merchant'}</FulfillmentChannel>\n"
        f"   <ShipServiceLevel>{_text(order.service)}</ShipServiceLevel>\n"
        f"   <Address><City>{_text(order.city)}</City><State>{_text(order.state)}</State>"
        f"<PostalCode>{_text(order.postal_code)}</PostalCode><Country>{_text(order.country)}</Country></Address>\n"
        f"  </FulfillmentData>\n  <IsBusinessOrder>{'true' if order.is_business else 'false'}</IsBusinessOrder>\n"
        f"{extra}{items} </Order>\n </Message>\n"
    )


def _item(order: Order, item: Item, *, foreign_code: bool) -> str:
    code = f"9{item.id[::-1]}" if foreign_code else item.id
    price = promotions = ""
    if item.amount is not None:
        price = (
            "   <ItemPrice><Component><Type>Principal</Type>"
            f'<Amount currency="{item.currency}">{item.amount}</Amount></Component>{_charges(item)}</ItemPrice>\n'
        )
    if item.promotions:
        promotions = _promotions(item.promotions, charge(item, DISCOUNT), item.currency)
    return (
        f"  <OrderItem>\n   <AmazonOrderItemCode>{code}</AmazonOrderItemCode>\n   <ASIN>{_text(item.asin)}</ASIN>\n"
        f"   <SKU>{_text(item.sku)}</SKU>\n   <ItemStatus>{item_status(order, item)}</ItemStatus>\n"
        f"   <ProductName>{_text(item.title)}</ProductName>\n   <Quantity>{item.quantity}</Quantity>\n"
        f"{price}{promotions}  </OrderItem>\n"
    )


def item_status(order: Order, item: Item) -> str:
    """Return an item's status as reports spell it."""
    if item.cancelled:
        return "Cancelled"
    if order.status == PARTIALLY_SHIPPED:
        return "Shipped" if item.shipped else "Unshipped"
    return status_word(order.status)


def _charges(item: Item) -> str:
    return "".join(
        f'<Component><Type>{COMPONENTS[kind]}</Type><Amount currency="{item.currency}">{amount}</Amount></Component>'
        for kind, amount in item.charges
        if kind in COMPONENTS
    )


@lru_cache(maxsize=20_000)
def _promotions(ids: tuple[str, ...], discount: str | None, currency: str) -> str:
    """The promotions of an item; the first one has the whole discount."""
    named = [f"<PromotionIDs>{escape(name)}</PromotionIDs>" for name in ids]
    if discount is not None:
        named[0] += f'<ItemPromotionDiscount currency="{currency}">{discount}</ItemPromotionDiscount>'
    return "".join([f"   <Promotion>{each}</Promotion>\n" for each in named])


@lru_cache(maxsize=50_000)
def _text(text: str) -> str:
    return escape(text)
