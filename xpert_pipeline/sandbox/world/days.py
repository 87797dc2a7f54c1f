"""The local day of an order, as tables and reports write it."""

from datetime import date
from functools import lru_cache

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.records import Order


def order_date(order: Order) -> str:
    """Return the day of a purchase in its store, as an ISO date."""
    assert order.marketplace_id is not None
    return written_day(STORES[order.marketplace_id].day_of(order.created))


@lru_cache(maxsize=4096)
def written_day(day: int) -> str:
    """Return the ISO date of a day's ordinal."""
    return date.fromordinal(day).isoformat()
