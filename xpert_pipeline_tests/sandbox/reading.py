"""Reads the sandbox's reports with parsers that belong to the tests."""

import csv
import io
from xml.etree import ElementTree as ET

STATUS = {"PENDING_AVAILABILITY": "PendingAvailability", "PARTIALLY_SHIPPED": "PartiallyShipped"}


def rows(text):
    """A tab-separated report as dicts; nothing in it is quoted."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = next(lines)
    return [dict(zip(header, line, strict=True)) for line in lines]


def xml_orders(text):
    """An XML all-orders report as elements."""
    root = ET.fromstring(text.encode())
    assert root.tag == "AmazonEnvelope"
    assert root.findtext("MessageType") == "AllOrdersReport"
    return [message.find("Order") for message in root.findall("Message")]


def facts_of_xml(order):
    """The facts of an XML order, under names that are the same for XML and JSON."""
    return {
        "id": order.findtext("AmazonOrderID"),
        "created": order.findtext("PurchaseDate").replace("+00:00", "Z"),
        "updated": order.findtext("LastUpdatedDate").replace("+00:00", "Z"),
        "status": order.findtext("OrderStatus"),
        "channel": order.findtext("SalesChannel"),
        "fulfilled_by": order.findtext("FulfillmentData/FulfillmentChannel").upper(),
        "service": order.findtext("FulfillmentData/ShipServiceLevel").upper(),
        "is_business": order.findtext("IsBusinessOrder") == "true",
        "items": [_facts_of_xml_item(item) for item in order.findall("OrderItem")],
    }


def _facts_of_xml_item(item):
    amount = item.find("ItemPrice/Component[Type='Principal']/Amount")
    return {
        "id": item.findtext("AmazonOrderItemCode"),
        "asin": item.findtext("ASIN"),
        "sku": item.findtext("SKU"),
        "title": item.findtext("ProductName"),
        "quantity": int(item.findtext("Quantity")),
        "amount": None if amount is None else (amount.text, amount.get("currency")),
        "promotions": [promotion.text for promotion in item.findall("Promotion/PromotionIDs")],
        "cancelled": item.findtext("ItemStatus") == "Cancelled",
    }


def facts_of_json(order):
    """The facts of an order from searchOrders, under the same names."""
    fulfillment, channel = order["fulfillment"], order["salesChannel"]
    status = fulfillment["fulfillmentStatus"]
    return {
        "id": order["orderId"],
        "created": order["createdTime"],
        "updated": order["lastUpdatedTime"],
        "status": STATUS.get(status, status.capitalize()),
        "channel": {"AMAZON": channel.get("marketplaceName"), "NON_AMAZON": "Non-Amazon"}[channel["channelName"]],
        "fulfilled_by": fulfillment["fulfilledBy"],
        "service": fulfillment["fulfillmentServiceLevel"],
        "is_business": "AMAZON_BUSINESS" in order["programs"],
        "items": [_facts_of_json_item(item) for item in order["orderItems"]],
    }


def _facts_of_json_item(item):
    parts = {entry["type"]: entry["subtotal"] for entry in item.get("proceeds", {}).get("breakdowns", [])}
    total = parts.get("ITEM")
    return {
        "id": item["orderItemId"],
        "asin": item["product"]["asin"],
        "sku": item["product"]["sellerSku"],
        "title": item["product"]["title"],
        "quantity": item["quantityOrdered"],
        "amount": total and (total["amount"], total["currencyCode"]),
        "promotions": [entry["promotionId"] for entry in item.get("promotion", {}).get("breakdowns", [])],
        "cancelled": "cancellation" in item,
    }
