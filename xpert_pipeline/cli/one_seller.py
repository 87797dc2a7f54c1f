"""A command about one seller: the seller, its database, and one of its marketplaces."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from xpert_pipeline.cli.environment import require_data_directory
from xpert_pipeline.cli.errors import PreconditionError, WrongUsage
from xpert_pipeline.cli.options import SELLER_ID
from xpert_pipeline.cli.sellers.book import known_seller
from xpert_pipeline.cli.workplace import open_database
from xpert_pipeline.marketplace_names import MarketplacesRefused, find_marketplaces
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.spapi.marketplaces import Marketplace


def one_seller_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--seller`, for a command that is about one seller."""
    return click.option(
        "--seller",
        "seller_id",
        type=SELLER_ID,
        metavar="ID",
        help="Amazon seller id; needed only if there are several sellers.",
    )(command)


@contextmanager
def open_seller(data_dir: str | None, seller_id: str | None) -> Iterator[tuple[Pool, Seller]]:
    """Open the database, and find the seller.

    Raises:
        WrongUsage: There are several sellers, and none is named.
        PreconditionError: There is no such seller, or the database cannot be used.
    """
    require_data_directory(data_dir)
    try:
        with open_database(data_dir) as (pool, key):
            book = SellerBook(pool, key)
            yield pool, known_seller(book, seller_id) if seller_id else _only_seller(book)
    except DatabaseError as error:
        raise PreconditionError(str(error)) from error


def _only_seller(book: SellerBook) -> Seller:
    known = book.all()
    if not known:
        raise PreconditionError("there is no seller yet: add one with `xpert sellers add`")
    if len(known) > 1:
        names = ", ".join(seller.amazon_seller_id for seller in known)
        raise WrongUsage(f"there are several sellers ({names}): name one with --seller")
    return known[0]


def one_marketplace(name: str | None) -> Marketplace | None:
    """Return the marketplace that `--marketplace` names; None if it is not given.

    Raises:
        WrongUsage: It names none, or several.
    """
    if name is None:
        return None
    try:
        found = find_marketplaces([name])
    except MarketplacesRefused as error:
        raise WrongUsage(f"--marketplace: {error}") from error
    if len(found) != 1:
        raise WrongUsage(f"--marketplace {name!r} must name one marketplace, such as IN")
    return found[0]
