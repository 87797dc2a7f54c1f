"""`xpert sellers remove` and `purge`: a seller leaves, and its rows stay or are deleted."""

import json
from collections.abc import Mapping

import click
import dagster as dg

from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.options import SELLER_ID, data_dir_option
from xpert_pipeline.cli.sellers.book import known_seller, open_book
from xpert_pipeline.cli.workplace import open_records
from xpert_pipeline.partitions import sellers_of_run
from xpert_pipeline.postgres.purge import purge_seller, rows_by_table
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.watchdog import UNFINISHED
from xpert_pipeline.wording import counted


@click.command()
@click.argument("seller_id", type=SELLER_ID)
@data_dir_option
def remove(seller_id: str, data_dir: str | None) -> None:
    """Stop syncing a seller for good and delete its refresh token; its rows stay.

    `xpert sellers add` brings it back, `xpert sellers purge` deletes the rows, too.
    """
    with open_book(data_dir) as book:
        seller = known_seller(book, seller_id)
        book.remove(seller.id)
    click.echo(
        f"{seller_id}: removed, and its refresh token deleted; its rows stay (`xpert sellers purge {seller_id}` "
        "deletes them). Withdraw the authorization at Amazon, too: Seller Central, Manage Your Apps"
    )


@click.command()
@click.argument("seller_id", type=SELLER_ID)
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_dir_option
@click.pass_context
def purge(context: click.Context, /, seller_id: str, yes: bool, data_dir: str | None) -> None:
    """Delete a seller and everything that the pipeline keeps about it: all rows, its runs and its partitions."""
    if seller_id == read_settings().seller_id:
        raise PreconditionError(
            f"AMAZON_SELLER_ID names {seller_id}, so the next sync would add it again: remove it from the environment "
            "and from `.env` first"
        )
    with open_records(data_dir) as (pool, instance):
        book = SellerBook(pool)
        seller = known_seller(book, seller_id)
        _runs_of(instance, seller)
        if not yes:
            _confirm(seller, rows_by_table(pool, seller.id))
        book.set_status(seller.id, "removed", "it is being purged")  # no schedule begins another run
        runs = _delete_runs(instance, seller)
        rows = rows_by_table(pool, seller.id)
        instance.delete_dynamic_partition("sellers", seller_id)
        purge_seller(pool, seller.id)  # last: while it is known, an interrupted purge can be run again
    if context.obj["json"]:
        click.echo(json.dumps({"seller": seller_id, "rows": rows, "runs": runs}))
        return
    for table, count in rows.items():
        click.echo(f"{table}: {counted(count, 'row')} deleted")
    click.echo(f"{seller_id}: purged, with {counted(runs, 'run')}; backups still contain it")


def _delete_runs(instance: dg.DagsterInstance, seller: Seller) -> int:
    """Delete the runs of this seller alone, also those that began and ended meanwhile; return how many.

    Raises:
        PreconditionError: One of the seller's runs is queued or running.
    """
    deleted = 0
    while run_ids := _runs_of(instance, seller):
        for run_id in run_ids:
            instance.delete_run(run_id)
        deleted += len(run_ids)
    return deleted


def _runs_of(instance: dg.DagsterInstance, seller: Seller) -> list[str]:
    """Return the ids of the runs that belong to this seller alone.

    Raises:
        PreconditionError: One of the seller's runs is queued or running.
    """
    known = instance.get_dynamic_partitions("sellers")
    own = []
    for run in instance.get_runs():
        sellers = sellers_of_run(run.tags, known)
        if seller.amazon_seller_id not in sellers:
            continue
        if run.status in UNFINISHED:
            raise PreconditionError(
                f"a run of {seller.amazon_seller_id} is queued or running ({run.run_id}): wait for it, or cancel it "
                "in Dagster's UI, then purge again"
            )
        if len(sellers) == 1:
            own.append(run.run_id)
    return own


def _confirm(seller: Seller, rows: Mapping[str, int]) -> None:
    total = counted(sum(rows.values()), "row")
    typed = click.prompt(
        f"This deletes {total} of {seller.name} in {counted(len(rows), 'table')} for ever. "
        f"Type the merchant id {seller.amazon_seller_id} to go on",
        default="",
        show_default=False,
    )
    if typed.strip() != seller.amazon_seller_id:
        raise PreconditionError("the typed id differs: nothing was deleted")
