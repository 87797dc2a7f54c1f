"""Options that several commands share; `selection` finds the days and tables that they select."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from xpert_pipeline.cli.errors import WrongUsage
from xpert_pipeline.sandbox.option_types import DAY


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
CURRENCY = Word("[A-Z]{3}", "a currency (the three capital letters of ISO 4217, such as INR)")
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
