"""The partitions that all assets share (marketplace-local day × seller), and functions for partition keys.

All marketplaces of a seller share its partitions: the day of a key is each marketplace's own local day.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from xpert_pipeline.wording import day_span

SELLERS = dg.DynamicPartitionsDefinition(name="sellers")
DATE, SELLER = "date", "seller"
"""Names of a partition's two dimensions; each run has its seller as a tag too, so that a seller has one at a time."""
DAYS, SELLER_NAME = "days", "seller_name"
"""Tags that tell people what a run is about."""
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def build_partitions(start_date: date, timezone: str) -> dg.MultiPartitionsDefinition:
    """Return days from `start_date` to today (included) × the sellers of the `sellers` table."""
    days = dg.DailyPartitionsDefinition(start_date=start_date.isoformat(), end_offset=1, timezone=timezone)
    return dg.MultiPartitionsDefinition({DATE: days, SELLER: SELLERS})


def partition_key(day: date, seller: str) -> str:
    """Return `YYYY-MM-DD|<Amazon's seller id>`."""
    return f"{day.isoformat()}|{seller}"


def local_today(timezone: str) -> date:
    """Return the current local day in a time zone."""
    return datetime.now(ZoneInfo(timezone)).date()


def split_key(key: str) -> tuple[date, str]:
    """Return the day and the seller of a partition key."""
    day, seller = str(key).split("|", 1)
    return date.fromisoformat(day), seller


def days_by_seller(keys: Iterable[str]) -> dict[str, tuple[date, ...]]:
    """Group partition keys by seller, with ascending days. One run may have several sellers, and gaps between days."""
    days_of: dict[str, set[date]] = {}
    for key in keys:
        day, seller = split_key(key)
        days_of.setdefault(seller, set()).add(day)
    return {seller: tuple(sorted(days)) for seller, days in sorted(days_of.items())}


def range_tags(days: Sequence[date], seller: str, name: str = "") -> dict[str, str]:
    """Return run tags that make one run cover a seller's days from the first to the last.

    Args:
        days: The days.
        seller: Amazon's id of the seller.
        name: The seller's own name, for people who look at the run.
    """
    named = {SELLER_NAME: name} if name and name != seller else {}
    return {
        RANGE_START: partition_key(min(days), seller),
        RANGE_END: partition_key(max(days), seller),
        SELLER: seller,
        **named,
        DAYS: day_span(days),
    }


def sellers_of_run(tags: Mapping[str, str], known: Sequence[str] = ()) -> list[str]:
    """Return the sellers of a run by its partition tags; none for a run without partitions.

    Args:
        tags: The run's tags.
        known: All sellers in the order of their partitions. A range names only its first and last seller.
    """
    named = [split_key(key)[1] for key in _keys_of_run(tags)]
    if len(set(named)) > 1 and set(named) <= set(known):
        places = sorted(known.index(seller) for seller in named)
        named = list(known[places[0] : places[-1] + 1])
    return sorted(set(named))


def days_of_run(tags: Mapping[str, str]) -> list[date]:
    """Return the days of a run by its partition tags, ascending."""
    ends = sorted(split_key(key)[0] for key in _keys_of_run(tags))
    return [ends[0] + timedelta(days=n) for n in range((ends[-1] - ends[0]).days + 1)] if ends else []


def _keys_of_run(tags: Mapping[str, str]) -> list[str]:
    names = ("dagster/partition", RANGE_START, RANGE_END)
    return [tags[name] for name in names if "|" in tags.get(name, "")]
