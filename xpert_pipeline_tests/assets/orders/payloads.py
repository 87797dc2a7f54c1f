"""An order as searchOrders sends it, for tests to change."""

from datetime import date
from uuid import UUID

from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.marketplaces import by_id

INDIA = "A21TJRUUN4KGV"


def market_of(marketplace_id, *days):
    """A marketplace of a seller, in a run of these days."""
    place = by_id(marketplace_id)
    return Market(place, Scope(UUID(int=1), place.id, place.timezone), days, date(2026, 10, 2))


def money(amount):
    return {"amount": amount, "currencyCode": "INR"}


def an_order(**changes):
    order = {
        "orderId": "171-0000001-0000001",
        "createdTime": "2026-10-01T18:30:00Z",
        "lastUpdatedTime": "2026-10-02T01:00:00Z",
        "programs": ["AMAZON_BUSINESS"],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": INDIA},
        "fulfillment": {
            "fulfillmentStatus": "SHIPPED",
            "fulfilledBy": "AMAZON",
            "fulfillmentServiceLevel": "Expedited",
        },
        "proceeds": {"grandTotal": money("406.00")},
        "orderItems": [
            {
                "orderItemId": "00123",
                "quantityOrdered": 2,
                "product": {"asin": "0123456789", "sellerSku": "A B/C", "price": {"unitPrice": money("203.00")}},
                "proceeds": {
                    "proceedsTotal": money("406.00"),
                    "breakdowns": [{"type": "ITEM", "subtotal": money("4.06E+2")}],
                },
                "promotion": {"breakdowns": [{"promotionId": "P1"}, {"promotionId": "P2"}]},
            }
        ],
    }
    return order | changes
