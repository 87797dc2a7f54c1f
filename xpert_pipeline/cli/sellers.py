"""`xpert sellers`: who is synced. Refresh tokens are prompted for or read from a file, never an argument."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table as Grid

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.workplace import open_database
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.spapi.marketplaces import Marketplace, UnknownMarketplaceError, by_id


@click.group()
def sellers() -> None:
    """The sellers whose business is kept."""


@sellers.command()
@click.argument("seller_id")
@click.option("--name", help="Name for people (default: the id).")
@click.option("--marketplace", "marketplace_ids", multiple=True, required=True, metavar="ID", help="Repeatable.")
@click.option("--refresh-token-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_dir_option
def add(
    seller_id: str,
    name: str | None,
    marketplace_ids: tuple[str, ...],
    refresh_token_file: Path | None,
    data_dir: str | None,
) -> None:
    """Add a seller, or give a known one a new refresh token."""
    markets = _marketplaces(marketplace_ids)
    token = (
        refresh_token_file.read_text().strip() if refresh_token_file else click.prompt("Refresh token", hide_input=True)
    )
    if not token:
        raise click.UsageError("the refresh token is empty")
    with _book(data_dir) as book:
        book.add(
            amazon_seller_id=seller_id,
            name=name or seller_id,
            region=markets[0].region,
            marketplace_ids=[market.id for market in markets],
            regions={market.id: market.region for market in markets},
            timezone=markets[0].timezone,
            is_sandbox=False,
            refresh_token=token,
        )
    click.echo(f"added {seller_id} ({', '.join(market.country for market in markets)}); check it with `xpert doctor`")


@sellers.command(name="list")
@data_dir_option
@click.pass_context
def list_sellers(context: click.Context, /, data_dir: str | None) -> None:
    """Show every seller and its state."""
    with _book(data_dir) as book:
        found = book.all()
    if context.obj["json"]:
        click.echo(json.dumps({"sellers": [_as_json(seller) for seller in found]}))
        return
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column in ("seller", "name", "marketplaces", "status", "why"):
        grid.add_column(column)
    for seller in found:
        status = seller.status + (" (sandbox)" if seller.is_sandbox else "")
        markets = ", ".join(seller.marketplace_ids)
        grid.add_row(seller.amazon_seller_id, seller.name, markets, status, seller.status_reason or "")
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
        seller = next((seller for seller in book.all() if seller.amazon_seller_id == seller_id), None)
        if seller is None:
            raise PreconditionError(f"seller {seller_id} is not known: see `xpert sellers list`")
        book.set_status(seller.id, status, reason)
    click.echo(f"{seller_id}: {status}")


def _marketplaces(ids: tuple[str, ...]) -> list[Marketplace]:
    try:
        found = [by_id(marketplace_id) for marketplace_id in ids]
    except UnknownMarketplaceError as error:
        raise click.UsageError(str(error)) from error
    if len({market.region for market in found}) > 1:
        raise click.UsageError(
            "all marketplaces of one seller account lie in one region: add the others as a seller of their own"
        )
    return found


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
