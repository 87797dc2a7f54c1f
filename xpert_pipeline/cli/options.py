"""Options that several commands share, and the days they mean."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import click

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.settings import Settings

DAY = click.DateTime(formats=["%Y-%m-%d"])


def data_dir_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--data-dir`."""
    return click.option(
        "--data-dir", metavar="DIR", help="Data directory (default: XPERT_DATA_DIR, else .xpert in the clone)."
    )(command)


def sync_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which days, sellers and tables."""
    for option in (
        click.option("--select", "tables", metavar="A,B", help="Only these tables."),
        click.option(
            "--seller", "sellers", multiple=True, metavar="ID", help="Only this Amazon seller id; repeatable."
        ),
        click.option("--refetch", is_flag=True, help="Ask Amazon again for days that are already complete."),
        click.option("--to", "to_day", type=DAY, metavar="DAY", help="Last marketplace-local day (included)."),
        click.option("--from", "from_day", type=DAY, metavar="DAY", help="First marketplace-local day, YYYY-MM-DD."),
    ):
        command = option(command)
    return command


def chosen_days(
    settings: Settings, start: date, span: tuple[datetime | None, datetime | None], days: int
) -> tuple[date, date]:
    """First and last day asked for.

    Args:
        settings: For the time zone of today.
        start: First day that there are partitions for.
        span: `--from` and `--to`.
        days: `--days`, ending today, where `--from` is not given.

    Raises:
        click.UsageError: If the range is reversed, in the future or before the first partition.
    """
    today = settings.today()
    last = span[1].date() if span[1] else today
    first = span[0].date() if span[0] else last - timedelta(days=days - 1)
    if first > last:
        raise click.UsageError(f"the range is reversed: --from {first} is after --to {last}")
    if last > today:
        raise click.UsageError(f"--to {last} is in the future: today is {today} ({settings.timezone})")
    if first < start:
        raise click.UsageError(f"--from {first} is before {start}, the first day of this pipeline (XPERT_START_DATE)")
    return first, last


def split_tables(text: str | None) -> tuple[str, ...]:
    """`a,b` as names of tables; tables that one fetch fills, such as orders and order_items, come together.

    Raises:
        click.UsageError: For a name that is no table.
    """
    names = {part.strip() for part in (text or "").split(",") if part.strip()}
    known = [table.name for table in TABLES]
    if unknown := sorted(names - set(known)):
        raise click.UsageError(f"no such table: {', '.join(unknown)}; there are {', '.join(known)}")
    for source in SOURCES:  # tables that one fetch fills come together
        together = {table.name for table in source.tables}
        if names & together:
            names |= together
    return tuple(name for name in known if name in names)
