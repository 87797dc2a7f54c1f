"""Sales and traffic by ASIN and by date in Amazon's field names, for Data Kiosk and the report. Numbers are Decimal.

Fields for business customers are None if the seller has no business customers.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from xpert_pipeline.sandbox.world.ledger import Count
from xpert_pipeline.sandbox.world.money import CENT
from xpert_pipeline.sandbox.world.opinions import FeedbackCount
from xpert_pipeline.sandbox.world.traffic import Traffic, percent, refund_rate
from xpert_pipeline.sandbox.world.visits import Visits

Facts = dict[str, Any]


def asin_sales(traffic: Traffic, currency: str, *, b2b: bool) -> Facts:
    """Return the sales of a product."""
    return _sales(traffic.everyone, currency) | _business(_sales(traffic.business, currency), shown=b2b)


def asin_traffic(traffic: Traffic, whole: Visits, *, b2b: bool) -> Facts:
    """Return the visits to a product; `whole` has all visits to the account in the same period."""
    business = _shares(traffic, whole, b2b=True) | {
        "buyBoxPercentage": traffic.b2b_featured,
        "unitSessionPercentage": percent(traffic.business.units, traffic.b2b_sessions),
    }
    return (
        _shares(traffic, whole, b2b=False)
        | {
            "buyBoxPercentage": traffic.featured,
            "unitSessionPercentage": percent(traffic.everyone.units, traffic.sessions),
        }
        | _business(business, shown=b2b)
    )


def date_sales(traffic: Traffic, currency: str, *, b2b: bool) -> Facts:
    """Return the sales of the account."""
    return {
        **_sales(traffic.everyone, currency),
        **_averages(traffic.everyone, currency),
        **_business(_sales(traffic.business, currency) | _averages(traffic.business, currency), shown=b2b),
    }


def date_traffic(traffic: Traffic, offers: tuple[int, int], feedback: FeedbackCount, *, b2b: bool) -> Facts:
    """Return the visits to the account.

    Args:
        traffic: The account's sales and visits.
        offers: Average number of offers and of parents.
        feedback: The ratings of the seller.
        b2b: Whether the seller has business customers.
    """
    business = _visits(traffic.visits, b2b=True) | {
        "buyBoxPercentage": traffic.b2b_featured,
        "orderItemSessionPercentage": percent(traffic.business.items, traffic.b2b_sessions),
        "unitSessionPercentage": percent(traffic.business.units, traffic.b2b_sessions),
    }
    return {
        **_visits(traffic.visits, b2b=False),
        "buyBoxPercentage": traffic.featured,
        "orderItemSessionPercentage": percent(traffic.everyone.items, traffic.sessions),
        "unitSessionPercentage": percent(traffic.everyone.units, traffic.sessions),
        "averageOfferCount": offers[0],
        "averageParentItems": offers[1],
        **_feedback(feedback),
        **_business(business | _feedback(FeedbackCount(0, 0)), shown=b2b),
    }


def _sales(count: Count, currency: str) -> Facts:
    return {
        "orderedProductSales": _amount(count.sales, currency),
        "unitsOrdered": count.units,
        "totalOrderItems": count.items,
        "shippedProductSales": _amount(count.shipped_sales, currency),
        "unitsShipped": count.shipped,
        "ordersShipped": len(count.shipped_orders),
        "unitsRefunded": count.refunded,
        "refundRate": refund_rate(count),
    }


def _averages(count: Count, currency: str) -> Facts:
    return {
        "averageSalesPerOrderItem": _amount(_share(count.sales, count.items), currency),
        "averageSellingPrice": _amount(_share(count.sales, count.units), currency),
        "averageUnitsPerOrderItem": _share(Decimal(count.units), count.items),
        "claimsGranted": 0,
        "claimsAmount": _amount(Decimal("0.00"), currency),
    }


def _visits(visits: Visits, *, b2b: bool) -> Facts:
    browser, app, browser_views, app_views = visits[5:9] if b2b else visits[:4]
    return {
        "browserSessions": browser,
        "mobileAppSessions": app,
        "sessions": browser + app,
        "browserPageViews": browser_views,
        "mobileAppPageViews": app_views,
        "pageViews": browser_views + app_views,
    }


_SHARES = {
    "browserSessionPercentage": "browserSessions",
    "mobileAppSessionPercentage": "mobileAppSessions",
    "sessionPercentage": "sessions",
    "browserPageViewsPercentage": "browserPageViews",
    "mobileAppPageViewsPercentage": "mobileAppPageViews",
    "pageViewsPercentage": "pageViews",
}


def _shares(traffic: Traffic, whole: Visits, *, b2b: bool) -> Facts:
    own, all_of_it = _visits(traffic.visits, b2b=b2b), _visits(whole, b2b=b2b)
    return own | {name: percent(own[part], all_of_it[part]) for name, part in _SHARES.items()}


def _feedback(count: FeedbackCount) -> Facts:
    return {
        "feedbackReceived": count.received,
        "negativeFeedbackReceived": count.negative,
        "receivedNegativeFeedbackRate": percent(count.negative, count.received),
    }


def _business(facts: Mapping[str, Any], *, shown: bool) -> Facts:
    """Return the same facts under their field names for business customers."""
    return {f"{name}B2B": value if shown else None for name, value in facts.items()}


def _share(amount: Decimal, parts: int) -> Decimal:
    return (amount / parts).quantize(CENT) if parts else Decimal("0.00")


def _amount(amount: Decimal, currency: str) -> Facts:
    return {"amount": amount, "currencyCode": currency}
