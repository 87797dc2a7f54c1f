"""The marketplace-local day of a time."""

from datetime import datetime
from functools import lru_cache

from xpert_pipeline.sandbox.marketplaces import IST


def order_date(created: int) -> str:
    """Marketplace-local day of a purchase."""
    return _day((created + 19_800) // 86_400)


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * 86_400 - 19_800, IST).date().isoformat()
