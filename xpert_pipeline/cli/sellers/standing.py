"""`xpert sellers pause`, `resume` and `schedule`: whether and when a seller is synced."""

import click

from xpert_pipeline.cli.errors import PreconditionError, WrongUsage
from xpert_pipeline.cli.options import SELLER_ID, data_dir_option
from xpert_pipeline.cli.sellers.book import daily_time, hour_option, known_seller, open_book, timezone_option


@click.command()
@click.argument("seller_id", type=SELLER_ID)
@data_dir_option
def pause(seller_id: str, data_dir: str | None) -> None:
    """Stop syncing a seller; its data stays."""
    _set_status(seller_id, "paused", "paused by the operator", data_dir)


@click.command()
@click.argument("seller_id", type=SELLER_ID)
@data_dir_option
def resume(seller_id: str, data_dir: str | None) -> None:
    """Sync a seller again."""
    _set_status(seller_id, "active", None, data_dir)


@click.command()
@click.argument("seller_id", type=SELLER_ID)
@hour_option
@timezone_option
@data_dir_option
def schedule(seller_id: str, hour: int | None, timezone: str | None, data_dir: str | None) -> None:
    """Choose when a seller's daily sync starts.

    By default it starts at 02:00 in the time zone of the seller's first marketplace.
    """
    if hour is None and timezone is None:
        raise WrongUsage("give --hour, --timezone or both")
    with open_book(data_dir) as book:
        seller = known_seller(book, seller_id)
        book.set_schedule(seller.id, hour=hour, timezone=timezone)
        changed = book.get(seller_id)
    click.echo(f"{seller_id}: the daily sync starts at {daily_time(changed)}")


def _set_status(seller_id: str, status: str, reason: str | None, data_dir: str | None) -> None:
    with open_book(data_dir) as book:
        seller = known_seller(book, seller_id)
        if seller.status == "removed":
            raise PreconditionError(f"seller {seller_id} was removed: add it again with `xpert sellers add`")
        book.set_status(seller.id, status, reason)
    click.echo(f"{seller_id}: {status}")
