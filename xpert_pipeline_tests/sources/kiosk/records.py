"""Records of Data Kiosk as Amazon sends them, for tests to change."""

import json
from datetime import date
from decimal import Decimal
from uuid import UUID

from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.marketplaces import by_id

STORE, DAY = "A21TJRUUN4KGV", date(2026, 11, 1)
MARKET = Market(by_id(STORE), Scope(UUID(int=0), STORE, "Asia/Kolkata"), (DAY,), DAY)
REQUESTED = Requested((MARKET,), frozenset({DAY}))


def inr(amount, code="INR"):
    return {"amount": amount, "currencyCode": code}


def detail(total, **other):
    return {"amount": inr(total), "promotionAmount": inr(0), "taxAmount": inr(0), "totalAmount": inr(total), **other}


def economics(**changes):
    """A record as Amazon writes it: text, so that numbers arrive as they would."""
    record = {
        "startDate": "2026-11-01",
        "endDate": "2026-11-01",
        "marketplaceId": STORE,
        "msku": "SKU-1",
        "fnsku": None,
        "childAsin": "B000000001",
        "parentAsin": "B000000000",
        "sales": {
            "unitsOrdered": 3,
            "unitsRefunded": 1,
            "netUnitsSold": 2,
            "orderedProductSales": inr(299.99),
            "refundedProductSales": inr(100),
            "netProductSales": inr(199.99),
            "averageSellingPrice": inr(99.9966),
        },
        "fees": [
            {"feeTypeName": "Referral fee", "charges": [{"aggregatedDetail": detail(30.1, quantity=3)}]},
            {"feeTypeName": "FBA fulfillment fees", "charges": [{"aggregatedDetail": detail(43.5, quantity=None)}]},
        ],
        "ads": [{"adTypeName": "SponsoredProductFee", "charge": detail(12.25)}],
        "cost": {"costOfGoodsSold": inr(50.5), "miscellaneousCost": None, "mfnCost": {"fulfillmentCost": inr(35)}},
        "netProceeds": {"total": inr(-12.5), "perUnit": None},
        **changes,
    }
    return json.loads(json.dumps(record), parse_float=Decimal)


def traffic(**changes):
    record = {
        "startDate": "2026-11-01",
        "endDate": "2026-11-01",
        "marketplaceId": STORE,
        "childAsin": "B000000001",
        "parentAsin": "B000000000",
        "sales": {
            "orderedProductSales": inr(299.99),
            "orderedProductSalesB2B": None,
            "unitsOrdered": 3,
            "unitsOrderedB2B": None,
            "totalOrderItems": 2,
            "totalOrderItemsB2B": None,
            "unitsShipped": 3,
            "ordersShipped": 2,
            "shippedProductSales": inr(299.99),
            "unitsRefunded": 0,
            "refundRate": 0.0,
        },
        "traffic": {
            "sessions": 10,
            "sessionsB2B": None,
            "browserSessions": 4,
            "mobileAppSessions": 6,
            "pageViews": 12,
            "pageViewsB2B": None,
            "browserPageViews": 5,
            "mobileAppPageViews": 7,
            "buyBoxPercentage": 97.5,
            "buyBoxPercentageB2B": None,
            "unitSessionPercentage": 30.0,
        },
        **changes,
    }
    return json.loads(json.dumps(record), parse_float=Decimal)
