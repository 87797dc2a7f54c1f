"""The first day of the partitions: the first day that any sync wanted. It moves back when a sync wants an earlier one.

Partitions that nobody asked for would look like missing data. The day is kept in the data directory, where the code
location reads it; XPERT_START_DATE replaces it.
"""

from datetime import date, timedelta

import dagster as dg

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.cli.home import Home
from xpert_pipeline.cli.selection import DEFAULT_DAYS
from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.partitions import split_key
from xpert_pipeline.settings import Settings, read_first_day
from xpert_pipeline.wording import day_words


def begin_with(place: Workplace, wanted: date) -> None:
    """Let the partitions begin with a wanted day, if they begin later. Days that were reported once always stay."""
    if place.settings.earliest is not None:
        return
    known = read_first_day(place.home.first_day_file)
    if known is None:
        with place.instance() as instance:
            known = _first_reported(instance) or wanted
    place.home.begin_by(min(known, wanted))


def begin_for_new_seller(home: Home, settings: Settings) -> str | None:
    """Let a new seller begin with the usual days, although an earlier sync wanted fewer.

    Returns:
        What to tell people; None if no sync has fixed the first day yet.
    """
    known = read_first_day(home.first_day_file)
    if known is None or settings.earliest is not None:
        return first_day_words(home, settings)
    home.begin_by(settings.today() - timedelta(days=DEFAULT_DAYS - 1))
    return first_day_words(home, settings)


def first_day_words(home: Home, settings: Settings) -> str | None:
    """Say from which day on the daily sync loads; None if no sync has fixed it yet."""
    if settings.earliest is not None:
        return f"The days of every seller begin with {day_words(settings.earliest)} (XPERT_START_DATE)."
    first = read_first_day(home.first_day_file)
    earlier = "`xpert sync --from DAY` begins earlier, for all of them"
    return f"The days of every seller begin with {day_words(first)}; {earlier}." if first else None


def _first_reported(instance: dg.DagsterInstance) -> date | None:
    """The first day that Dagster has a materialization of: an older version's partitions began two years back."""
    keys = (key for table in TABLES for key in instance.get_materialized_partitions(dg.AssetKey(table.name)))
    return min((split_key(key)[0] for key in keys), default=None)
