"""`xpert sellers`: the sellers to sync. Refresh tokens come from a prompt or a file, never from an argument."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table as Grid

from xpert_pipeline.cli.errors import PreconditionError, WrongUsage
from xpert_pipeline.cli.onboarding import add_seller
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.workplace import open_database
from xpert_pipeline.marketplace_names import MarketplacesRefused, find_marketplaces
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.spapi.marketplaces import Marketplace, by_id


@click.group()
def sellers() -> None:
    """Add, list, pause and resume sellers."""


@sellers.command()
@click.argument("seller_id")
@click.option("--name", help="Name for people (default: the id).")
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
@data_dir_option
def add(
    seller_id: str,
    name: str | None,
    marketplaces: tuple[str, ...],
    refresh_token_file: Path | None,
    data_dir: str | None,
) -> None:
    """Add a seller, or change a known one.

    A marketplace that is added later gets its history; one that is left out keeps its rows and is no longer synced.
    """
    chosen = _marketplaces(marketplaces)
    token = refresh_token_file.read_text().strip() if refresh_token_file else None
    if token == "":
        raise WrongUsage(f"{refresh_token_file} is empty: it must contain the refresh token")
    with _book(data_dir) as book:
        known = _known(book, seller_id)
        token = token or _prompted_token(known)
        marketplace_ids = [marketplace.id for marketplace in chosen]
        add_seller(book, seller_id, marketplace_ids, name=name or (known.name if known else None), refresh_token=token)
    domains = ", ".join(marketplace.domain for marketplace in chosen)
    click.echo(f"{'updated' if known else 'added'} {seller_id} ({domains}); check it with `xpert doctor`")


def _prompted_token(known: Seller | None) -> str | None:
    """The token that the user types; None to keep the stored one."""
    if known and known.has_token:
        prompt = "Refresh token (empty: keep the stored one)"
        return click.prompt(prompt, hide_input=True, default="", show_default=False).strip() or None
    token: str = click.prompt("Refresh token", hide_input=True).strip()
    if not token:
        raise WrongUsage("the refresh token is empty")
    return token


@sellers.command(name="list")
@data_dir_option
@click.pass_context
def list_sellers(context: click.Context, /, data_dir: str | None) -> None:
    """Show every seller with its marketplaces and status."""
    with _book(data_dir) as book:
        known = book.all()
    if context.obj["json"]:
        click.echo(json.dumps({"sellers": [_as_json(seller) for seller in known]}))
        return
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column in ("seller", "name", "marketplaces", "status", "why"):
        grid.add_column(column)
    for seller in known:
        status = seller.status + (" (sandbox)" if seller.is_sandbox else "")
        domains = ", ".join(by_id(marketplace_id).domain for marketplace_id in seller.marketplace_ids)
        grid.add_row(seller.amazon_seller_id, seller.name, domains, status, seller.status_reason or "")
    Console(width=160 if not Console().is_terminal else None).print(grid)


@sellers.command()
@click.argument("seller_id")
@data_dir_option
def pause(seller_id: str, data_dir: str | None) -> None:
    """Stop syncing a seller; its data stays."""
    _set_status(seller_id, "paused", "paused by the operator", data_dir)


@sellers.command()
@click.argument("seller_id")
@data_dir_option
def resume(seller_id: str, data_dir: str | None) -> None:
    """Sync a seller again."""
    _set_status(seller_id, "active", None, data_dir)


def _set_status(seller_id: str, status: str, reason: str | None, data_dir: str | None) -> None:
    with _book(data_dir) as book:
        seller = _known(book, seller_id)
        if seller is None:
            raise PreconditionError(f"seller {seller_id} is not known: see `xpert sellers list`")
        book.set_status(seller.id, status, reason)
    click.echo(f"{seller_id}: {status}")


def _known(book: SellerBook, seller_id: str) -> Seller | None:
    return next((seller for seller in book.all() if seller.amazon_seller_id == seller_id), None)


def _marketplaces(names: tuple[str, ...]) -> list[Marketplace]:
    try:
        marketplaces = find_marketplaces(names)
    except MarketplacesRefused as error:
        raise WrongUsage(str(error)) from error
    if not marketplaces:
        raise WrongUsage("--marketplace is empty: name at least one marketplace, such as IN")
    return marketplaces


@contextmanager
def _book(data_dir: str | None) -> Iterator[SellerBook]:
    try:
        with open_database(data_dir) as (pool, key):
            yield SellerBook(pool, key)
    except DatabaseError as error:
        raise PreconditionError(str(error)) from error


def _as_json(seller: Seller) -> dict[str, object]:
    return {
        "seller": seller.amazon_seller_id,
        "name": seller.name,
        "region": seller.region,
        "marketplaces": list(seller.marketplace_ids),
        "timezone": seller.timezone,
        "status": seller.status,
        "reason": seller.status_reason,
        "sandbox": seller.is_sandbox,
    }
