"""`xpert sellers list`: every seller with its marketplaces, its daily sync and its status."""

import json

import click
from rich.console import Console
from rich.table import Table as Grid

from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.first_day import first_day_words
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.sellers.book import daily_time, open_book
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.spapi.marketplaces import by_id


@click.command(name="list")
@data_dir_option
@click.pass_context
def list_sellers(context: click.Context, /, data_dir: str | None) -> None:
    """Show every seller with its marketplaces and status."""
    with open_book(data_dir) as book:
        known = book.all()
    if context.obj["json"]:
        click.echo(json.dumps({"sellers": [_as_json(seller) for seller in known]}))
        return
    if not known:
        click.echo("there is no seller yet: add one with `xpert sellers add`")
        return
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column in ("seller", "name", "marketplaces", "daily sync", "status"):
        grid.add_column(column)
    for seller in known:
        grid.add_row(seller.amazon_seller_id, seller.name, _domains(seller), daily_time(seller), _status(seller))
    Console(width=160 if not Console().is_terminal else None).print(grid)
    if begin := first_day_words(Home(data_directory(data_dir)), read_settings()):
        click.echo(fitted(begin))


def _domains(seller: Seller) -> str:
    return ", ".join(by_id(marketplace_id).domain for marketplace_id in seller.marketplace_ids)


def _status(seller: Seller) -> str:
    why = f": {seller.status_reason}" if seller.status_reason else ""
    return f"{seller.status}{' (sandbox)' if seller.is_sandbox else ''}{why}"


def _as_json(seller: Seller) -> dict[str, object]:
    return {
        "seller": seller.amazon_seller_id,
        "name": seller.name,
        "region": seller.region,
        "marketplaces": list(seller.marketplace_ids),
        "timezone": seller.timezone,
        "sync_hour": seller.sync_hour,
        "sync_timezone": seller.sync_timezone,
        "status": seller.status,
        "reason": seller.status_reason,
        "sandbox": seller.is_sandbox,
    }
