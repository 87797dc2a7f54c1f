"""Predicts when a first sync has loaded each table, and tells it: in the display and to `xpert status`.

The prediction is the one of `xpert plan`. A tag of the run keeps it.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from xpert_pipeline.cli.preflight import client_of
from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.progress import Predicted, note, report
from xpert_pipeline.resources.spapi import priority_of
from xpert_pipeline.sources.order import in_order_of_work
from xpert_pipeline.sources.plan import RunPlan, plan_run
from xpert_pipeline.sources.run import RunOptions, SellerRun, today_of
from xpert_pipeline.sources.source import Source
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.planning.pace import AMAZON, ServerPace, sandbox_pace

PREDICTED = ".dagster/xpert_predicted"
"""Tag of a run: predicted seconds from its start until each table is loaded, as JSON."""
PACE_UNKNOWN = (
    "the pace of the server in SP_API_ENDPOINT is known only where it has answered already; elsewhere this is Amazon's"
)


def plan_of(
    place: Workplace, seller: Seller, sources: Sequence[Source], first: date, last: date, *, refetch: bool = False
) -> RunPlan:
    """Plan a seller's run of some days.

    Raises:
        SpApiError: Amazon does not answer, or not for this seller.
    """
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    with client_of(place, seller, priority_of(days, today_of(seller))) as api:
        log = logging.getLogger("xpert_pipeline.plan")
        options = RunOptions(
            refetch=refetch,
            steps=frozenset(source.step for source in sources),
            fill_pages=place.settings.fill_pages,
            reread_after=timedelta(days=place.settings.reread_days),
        )
        run = SellerRun(seller, days, place.pool, "plan", Path(), log, lambda: api, options)
        return plan_run(in_order_of_work(sources), run, pace_of(place))


def pace_of(place: Workplace) -> ServerPace:
    """Return what is known about the pace of the server that a run would ask."""
    if place.rate_scale is not None:
        return sandbox_pace(place.rate_scale)
    if place.settings.endpoint is None:
        return AMAZON
    return ServerPace(words=PACE_UNKNOWN)


def forecast(
    place: Workplace, seller: Seller, sources: Sequence[Source], first: date, last: date, *, after: float = 0
) -> dict[str, float]:
    """Predict the seconds until each table is loaded, and show when that is; nothing if Amazon or the database fails.

    Args:
        place: Where the run works.
        seller: The seller.
        sources: What the run loads.
        first: Its first day.
        last: Its last day.
        after: Seconds until the run begins, because those of other sellers come before it.
    """
    pace = pace_of(place).words
    note(f"predicting how long the first sync takes{pace and f': {pace}'}")
    try:
        ends = plan_of(place, seller, sources, first, last).ends
    except (SpApiError, DatabaseError):
        return {}  # the run meets the same error, and tells it
    now = datetime.now(UTC) + timedelta(seconds=after)
    report(Predicted(seller.amazon_seller_id, {name: now + timedelta(seconds=end) for name, end in ends.items()}))
    return ends


def seconds_left(place: Workplace, seller: Seller, sources: Sequence[Source], first: date, last: date) -> float | None:
    """Predict how long the next run needs for what a run left; None if Amazon or the database fails."""
    try:
        return plan_of(place, seller, sources, first, last).seconds
    except (SpApiError, DatabaseError):
        return None


def predicted_tag(ends: Mapping[str, float]) -> dict[str, str]:
    """Return the tag of a run with this prediction; none without one."""
    return {PREDICTED: json.dumps({name: round(end) for name, end in ends.items()})} if ends else {}


def predicted_ends(tags: Mapping[str, str], began_at: datetime) -> dict[str, datetime]:
    """Return when each table is predicted to be loaded by a run with these tags; nothing if that is not known."""
    ends: Mapping[str, float] = json.loads(tags.get(PREDICTED, "{}"))
    return {name: began_at + timedelta(seconds=seconds) for name, seconds in ends.items()}
