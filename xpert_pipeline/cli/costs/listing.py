"""`xpert costs list`: the costs that are known."""

import json

import click
from rich.table import Table as Grid

from xpert_pipeline.cli.costs.template import plain_cost
from xpert_pipeline.cli.one_seller import one_seller_option, open_seller
from xpert_pipeline.cli.options import LABEL, data_dir_option
from xpert_pipeline.cli.terminal import fitted, plain_console
from xpert_pipeline.postgres.product_costs import Cost, read_costs
from xpert_pipeline.spapi.marketplaces import by_id


@click.command(name="list")
@one_seller_option
@click.option("--sku", "skus", type=LABEL, multiple=True, metavar="SKU", help="Only this SKU; repeatable.")
@data_dir_option
@click.pass_context
def list_costs(context: click.Context, /, seller_id: str | None, skus: tuple[str, ...], data_dir: str | None) -> None:
    """Show the known costs with their days, and the file and line of each."""
    with open_seller(data_dir, seller_id) as (pool, seller):
        costs = read_costs(pool, seller.id, skus)
    if context.obj["json"]:
        click.echo(json.dumps({"seller": seller.amazon_seller_id, "costs": [_as_json(cost) for cost in costs]}))
        return
    if not costs:
        whose = f"{', '.join(skus)} of " if skus else ""
        click.echo(fitted(f"no cost of {whose}{seller.amazon_seller_id} is known: see `xpert costs import --help`"))
        return
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in ("SKU", "store", "from", "to", "cost", "of", "file:line"):
        grid.add_column(name, overflow="fold", justify="right" if name == "cost" else "left")
    for cost in costs:
        store = by_id(cost.marketplace_id).country if cost.marketplace_id else "all"
        days = (str(cost.valid_from), str(cost.valid_to or ""))
        amount = f"{plain_cost(cost)} {cost.currency}"
        grid.add_row(cost.sku, store, *days, amount, cost.cost_of, f"{cost.source_file}:{cost.source_line}")
    plain_console().print(grid)


def _as_json(cost: Cost) -> dict[str, object]:
    return {
        "sku": cost.sku,
        "marketplace": cost.marketplace_id,
        "valid_from": str(cost.valid_from),
        "valid_to": str(cost.valid_to) if cost.valid_to else None,
        "unit_cost": plain_cost(cost),
        "currency": cost.currency,
        "cost_of": cost.cost_of,
        "file": cost.source_file,
        "line": cost.source_line,
    }
