"""`xpert sellers add`. Refresh tokens come from a prompt or a file, never from an argument."""

from pathlib import Path

import click

from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.errors import PreconditionError, WrongUsage
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.onboarding import add_seller
from xpert_pipeline.cli.options import LABEL, SELLER_ID, data_dir_option, text_of
from xpert_pipeline.cli.sellers.book import chosen_marketplaces, find_seller, first_sync, hour_option, timezone_option
from xpert_pipeline.cli.verification import verify_seller
from xpert_pipeline.cli.workplace import open_database
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.spapi.marketplaces import Marketplace


@click.command()
@click.argument("seller_id", type=SELLER_ID)
@click.option("--name", type=LABEL, help="Name for people (default: the id).")
@click.option(
    "--marketplace",
    "marketplaces",
    multiple=True,
    required=True,
    metavar="IN,GB",
    help="The marketplaces to sync, all of one region, as country codes or ids; repeatable.",
)
@click.option(
    "--refresh-token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Read the refresh token from a file instead of a prompt.",
)
@hour_option
@timezone_option
@click.option(
    "--no-check",
    is_flag=True,
    help="Store the seller without asking Amazon: `xpert doctor` and `xpert sync` do it later, the daemon does not.",
)
@data_dir_option
def add(
    seller_id: str,
    name: str | None,
    marketplaces: tuple[str, ...],
    refresh_token_file: Path | None,
    hour: int | None,
    timezone: str | None,
    no_check: bool,
    data_dir: str | None,
) -> None:
    """Add a seller, or change a known one.

    Amazon is asked first whether the refresh token belongs to this merchant id and these marketplaces. A marketplace
    that is added later gets its history; one that is left out keeps its rows and is no longer synced.
    """
    chosen = chosen_marketplaces(marketplaces)
    token = text_of(refresh_token_file, "the refresh token") if refresh_token_file else None
    try:
        with open_database(data_dir) as (pool, key):
            book = SellerBook(pool, key)
            known = find_seller(book, seller_id)
            token = token or _prompted_token(known)
            doubts: list[str] = []
            if not no_check and not (known and known.is_sandbox):
                stored = book.refresh_token(known.id) if known and not token else None
                doubts = verify_seller(pool, read_settings(), seller_id, chosen, token or stored or "")
            ids = [marketplace.id for marketplace in chosen]
            seller = add_seller(book, seller_id, ids, name=name or (known.name if known else None), refresh_token=token)
            if hour is not None or timezone is not None:
                book.set_schedule(seller.id, hour=hour, timezone=timezone)
                seller = book.get(seller_id)
    except DatabaseError as error:
        raise PreconditionError(str(error)) from error
    first = first_sync(seller, Home(data_directory(data_dir)), read_settings()) if known is None else None
    _tell(seller, chosen, first=first, is_checked=not no_check, doubts=doubts)


def _tell(seller: Seller, chosen: list[Marketplace], *, first: str | None, is_checked: bool, doubts: list[str]) -> None:
    """Say what was stored and when the first sync comes."""
    who, domains = seller.amazon_seller_id, ", ".join(marketplace.domain for marketplace in chosen)
    checked = "Amazon confirmed the account" if is_checked else "not checked; `xpert doctor` does it"
    click.echo(f"{'added' if first else 'updated'} {who} ({domains}): {checked}")
    for doubt in doubts:
        click.echo(f"note: {doubt}")
    if first:
        click.echo(first)


def _prompted_token(known: Seller | None) -> str | None:
    """The token that the user types; None to keep the stored one."""
    if known and known.has_token:
        prompt = "Refresh token (empty: keep the stored one)"
        return click.prompt(prompt, hide_input=True, default="", show_default=False).strip() or None
    token: str = click.prompt("Refresh token", hide_input=True).strip()
    if not token:
        raise WrongUsage("the refresh token is empty")
    return token
