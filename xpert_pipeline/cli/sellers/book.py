"""What the commands about sellers share: the sellers of the database, and the lookup of one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import available_timezones

import click

from xpert_pipeline.cli.environment import require_data_directory
from xpert_pipeline.cli.errors import PreconditionError, WrongUsage
from xpert_pipeline.cli.first_day import begin_for_new_seller
from xpert_pipeline.cli.home import Home
from xpert_pipeline.cli.workplace import open_database
from xpert_pipeline.marketplace_names import MarketplacesRefused, find_marketplaces
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.sandbox.option_types import Whole
from xpert_pipeline.settings import Settings
from xpert_pipeline.spapi.marketplaces import Marketplace

FIRST_HOUR, LAST_HOUR = 0, 23


@contextmanager
def open_book(data_dir: str | None) -> Iterator[SellerBook]:
    """Open the sellers of the database.

    Raises:
        PreconditionError: The database cannot be used; the message says why.
    """
    require_data_directory(data_dir)
    try:
        with open_database(data_dir) as (pool, key):
            yield SellerBook(pool, key)
    except DatabaseError as error:
        raise PreconditionError(str(error)) from error


def find_seller(book: SellerBook, seller_id: str) -> Seller | None:
    """Return a seller by Amazon's id; None if it is not known."""
    return next((seller for seller in book.all() if seller.amazon_seller_id == seller_id), None)


def known_seller(book: SellerBook, seller_id: str) -> Seller:
    """Return a seller by Amazon's id.

    Raises:
        PreconditionError: It is not known.
    """
    seller = find_seller(book, seller_id)
    if seller is None:
        raise PreconditionError(f"seller {seller_id} is not known: see `xpert sellers list`")
    return seller


def daily_time(seller: Seller) -> str:
    """Return when the seller's daily sync starts, for people."""
    return f"{seller.sync_hour:02d}:00 {seller.sync_timezone}"


def first_sync(seller: Seller, home: Home, settings: Settings) -> str:
    """Say when a new seller is synced for the first time, and from then on, and with which day its days begin."""
    begin = begin_for_new_seller(home, settings)
    return (
        "Its first sync starts within half an hour while `xpert up` or the daemon runs, or now with "
        f"`xpert sync --seller {seller.amazon_seller_id}`. After that it is synced daily at {daily_time(seller)}."
        + (f" {begin}" if begin else "")
    )


def chosen_marketplaces(names: tuple[str, ...]) -> list[Marketplace]:
    """Return the marketplaces that `--marketplace` names.

    Raises:
        WrongUsage: There is no such marketplace, none is named, or they belong to several regions.
    """
    try:
        marketplaces = find_marketplaces(names)
    except MarketplacesRefused as error:
        raise WrongUsage(str(error)) from error
    if not marketplaces:
        raise WrongUsage("--marketplace is empty: name at least one marketplace, such as IN")
    return marketplaces


class TimeZone(click.ParamType):
    """The name of an IANA time zone; an empty text stands for the marketplace's own."""

    name = "time zone"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name if there is such a zone."""
        if value and value not in available_timezones():
            self.fail(f"{value!r} is not an IANA time zone, such as Asia/Kolkata", param, ctx)
        return value


hour_option = click.option(
    "--hour", type=Whole(FIRST_HOUR, LAST_HOUR), help="Hour of the day at which the daily sync starts."
)
timezone_option = click.option(
    "--timezone",
    type=TimeZone(),
    metavar="ZONE",
    help='Time zone of that hour, such as Asia/Kolkata; "" for the zone of the seller\'s first marketplace.',
)
