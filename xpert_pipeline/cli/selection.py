"""The days and tables that the options of a command select."""

from datetime import date, datetime, timedelta

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.cli.errors import WrongUsage
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.settings import Settings
from xpert_pipeline.sources.run import today_of

DEFAULT_DAYS = 30
Span = tuple[datetime | None, datetime | None]
"""`--from` and `--to`, each None where it is not given."""


def chosen_days(
    settings: Settings, start: date, span: Span, days: int, seller: Seller | None = None
) -> tuple[date, date]:
    """Return the first and the last day to sync.

    Args:
        settings: For the newest day of the partitions.
        start: First day of the partitions.
        span: `--from` and `--to`. For a seller whose `--to` has not begun, the days end today.
        days: How many days, ending today, where `--from` is not given.
        seller: Whose days; None to check the options before anything starts.

    Raises:
        WrongUsage: The range is reversed, in the future or before the first partition.
    """
    newest = settings.today()
    today = min(today_of(seller), newest) if seller else newest
    from_day, to_day = (moment.date() if moment else None for moment in span)
    if from_day and to_day and from_day > to_day:
        raise WrongUsage(f"the range is reversed: --from {from_day} is after --to {to_day}")
    if to_day and to_day > newest:
        raise WrongUsage(f"--to {to_day} is in the future: today is {newest} ({settings.timezone})")
    last = min(to_day or today, today)
    first = from_day or last - timedelta(days=days - 1)
    if first > last:
        whose = f" for seller {seller.amazon_seller_id}" if seller else f" ({settings.timezone})"
        raise WrongUsage(f"--from {first} is in the future: today is {today}{whose}")
    if first < start:
        raise WrongUsage(f"{first} is before {start}, the first day of this pipeline (XPERT_START_DATE)")
    return first, last


def split_tables(text: str | None) -> tuple[str, ...]:
    """Return the tables that `a,b` names, in the order of the registry.

    Tables that one source fills, such as orders and order_items, are always selected together.

    Raises:
        WrongUsage: A name is not a table.
    """
    names = {part.strip() for part in (text or "").split(",") if part.strip()}
    known = [table.name for table in TABLES]
    if unknown := sorted(names - set(known)):
        raise WrongUsage(f"no such table: {', '.join(unknown)}; there are {', '.join(known)}")
    for source in SOURCES:
        filled = {table.name for table in source.tables}
        if names & filled:
            names |= filled
    return tuple(name for name in known if name in names)
