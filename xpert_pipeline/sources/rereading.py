"""When a table whose changes are followed is read as a whole again."""

import hashlib
from datetime import timedelta

from xpert_pipeline.sources.run import Market, SellerRun

STAGGERED = 0.25
"""By how much of the time sellers differ, so that those who began together are not all read on the same day."""


def reread_after(run: SellerRun, market: Market, table: str) -> timedelta:
    """Return how long after a complete reading the next one is due: the setting, or up to a quarter less.

    The same seller, marketplace and table always have the same time.
    """
    digest = hashlib.sha256(f"{run.who} {market.id} {table}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    return run.options.reread_after * (1 - STAGGERED * share)
