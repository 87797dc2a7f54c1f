"""Options that several commands share, and the days and tables that they select."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.cli.errors import WrongUsage
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.sandbox.option_types import DAY
from xpert_pipeline.settings import Settings
from xpert_pipeline.sources.run import today_of

DEFAULT_DAYS = 30
Span = tuple[datetime | None, datetime | None]
"""`--from` and `--to`, each None where it is not given."""


class Word(click.ParamType):
    """A text of a limited form.

    Args:
        form: A regular expression that all of it must match.
        meaning: What it is, for the message.
    """

    name = "text"

    def __init__(self, form: str, meaning: str) -> None:
        self._form, self._meaning = re.compile(form), meaning

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text."""
        text = str(value)
        if not text.isprintable() or not self._form.fullmatch(text):
            self.fail(f"{text!r} is not {self._meaning}", param, ctx)
        return text


SELLER_ID = Word("[A-Za-z0-9]{1,64}", "an Amazon seller id (letters and digits, such as A1B2C3D4E5F6G7)")
DIRECTORY = Word(".{1,4096}", "a directory")
LABEL = Word(r"\S(.{0,198}\S)?", "a name (1 to 200 printable characters)")
READER = Word(
    "[a-z_][a-z0-9_]{0,62}", "a name of a reader: use lower-case letters, digits and underscores, such as metabase"
)
TABLE_NAMES = Word("[a-z0-9_, ]+", "a list of tables, such as orders,products")


def data_dir_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--data-dir`."""
    return click.option(
        "--data-dir",
        type=DIRECTORY,
        metavar="DIR",
        help="Data directory (default: XPERT_DATA_DIR, else .xpert in the clone).",
    )(command)


def seller_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--seller`."""
    return click.option(
        "--seller",
        "sellers",
        type=SELLER_ID,
        multiple=True,
        metavar="ID",
        help="Only this Amazon seller id; repeatable.",
    )(command)


def sandbox_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--sandbox`."""
    return click.option(
        "--sandbox",
        "force_sandbox",
        is_flag=True,
        help="Use the SP-API sandbox even if credentials or DATABASE_URL are set.",
    )(command)


def verbose_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `-v`."""
    return click.option("-v", "--verbose", is_flag=True, help="Show every figure and step.")(command)


def sync_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that select days, sellers and tables, and how to sync them."""
    for option in (
        verbose_option,
        click.option("--allow-not-granted", is_flag=True, help="Exit with 0 although Amazon did not grant a source."),
        click.option("--refetch", is_flag=True, help="Download complete days again."),
        click.option("--select", "tables", type=TABLE_NAMES, metavar="A,B", help="Only these tables."),
        seller_option,
        click.option("--to", "to_day", type=DAY, metavar="DAY", help="Last marketplace-local day, included."),
        click.option("--from", "from_day", type=DAY, metavar="DAY", help="First marketplace-local day, YYYY-MM-DD."),
    ):
        command = option(command)
    return command


def text_of(file: Path, what: str) -> str:
    """Return the text of a small file.

    Args:
        file: The file.
        what: What it contains, for the message, which repeats none of it.

    Raises:
        WrongUsage: It cannot be read, or it is not one word of text.
    """
    try:
        text = file.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise WrongUsage(f"{file} cannot be read: {reason}. It must contain {what}") from error
    if not text:
        raise WrongUsage(f"{file} is empty: it must contain {what}")
    if not text.isprintable() or len(text.split()) != 1:
        raise WrongUsage(f"{file} must contain {what} and nothing else")
    return text


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
