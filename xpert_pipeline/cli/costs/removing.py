"""`xpert costs remove`: take back costs that were imported by mistake."""

import json
from datetime import datetime

import click

from xpert_pipeline.cli.errors import WrongUsage
from xpert_pipeline.cli.one_seller import one_seller_option, open_seller
from xpert_pipeline.cli.options import LABEL, data_dir_option
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.postgres.product_costs import remove_costs
from xpert_pipeline.sandbox.option_types import DAY
from xpert_pipeline.wording import counted


@click.command()
@one_seller_option
@click.option("--file", type=LABEL, metavar="NAME", help="Only costs from this file, by its name without folders.")
@click.option("--from", "first_day", type=DAY, metavar="DAY", help="Only costs that begin on this day.")
@click.option("--sku", "skus", type=LABEL, multiple=True, metavar="SKU", help="Only this SKU; repeatable.")
@click.option("--dry-run", is_flag=True, help="Only count what would be removed.")
@data_dir_option
@click.pass_context
def remove(
    context: click.Context, /, seller_id: str | None, data_dir: str | None, *,
    file: str | None, first_day: datetime | None, skus: tuple[str, ...], dry_run: bool,
) -> None:  # fmt: skip
    """Remove costs that were imported by mistake.

    All costs that fit every given option are removed. The cost before each of them holds again until the next one.
    """
    if file is None and first_day is None and not skus:
        raise WrongUsage("say which costs to remove, with --file, --from or --sku")
    with open_seller(data_dir, seller_id) as (pool, seller):
        day = first_day.date() if first_day else None
        removed = remove_costs(pool, seller.id, file=file, first_day=day, skus=skus, dry_run=dry_run)
    if context.obj["json"]:
        click.echo(json.dumps({"seller": seller.amazon_seller_id, "dry_run": dry_run, "removed": removed}))
        return
    verb = "would be removed" if dry_run else "removed"
    hint = "" if removed else ": none fits. `xpert costs list` shows what is stored, and the file of each cost"
    click.echo(fitted(f"{counted(removed, 'cost')} of {seller.amazon_seller_id} {verb}{hint}"))
