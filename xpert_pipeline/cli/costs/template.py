"""`xpert costs template`: a file to fill in, with the seller's SKUs and the costs that are known."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from xpert_pipeline.cli.costs.cost_rows import FORMULA
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.files import writing_to
from xpert_pipeline.cli.one_seller import one_seller_option, open_seller
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.postgres.product_costs import Cost, known_skus, read_costs
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.wording import counted

HEADER = ("sku", "title", "unit_cost", "currency", "valid_from", "valid_to", "marketplace", "cost_of")


@click.command()
@one_seller_option
@click.option(
    "--out",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The CSV file to write; it must not exist yet.",
)
@data_dir_option
@click.pass_context
def template(context: click.Context, /, seller_id: str | None, file: Path, data_dir: str | None) -> None:
    """Write a file with your SKUs and the costs known so far.

    Fill in unit_cost and valid_from, and read it with `xpert costs import`. To change a cost, add a line with the new
    cost and its first day. Lines without a cost are left out. An empty marketplace stands for all marketplaces.
    """
    if file.exists():
        raise PreconditionError(f"{file} exists and may hold costs: choose another name with --out, or move it away")
    with open_seller(data_dir, seller_id) as (pool, seller):
        titles, costs = known_skus(pool, seller.id), read_costs(pool, seller.id)
    currencies = {by_id(marketplace_id).currency for marketplace_id in seller.marketplace_ids}
    text = _text(titles, costs, min(currencies) if len(currencies) == 1 else "")
    with writing_to(file.parent, "choose another file with --out"):
        file.write_bytes(text.encode("utf-8-sig"))  # without the mark, Excel takes it for Windows-1252
    known = {cost.sku for cost in costs}
    lacking = len(titles.keys() - known)
    if context.obj["json"]:
        document = {"file": str(file), "seller": seller.amazon_seller_id, "skus": len(titles.keys() | known)}
        click.echo(json.dumps({**document, "without_cost": lacking}))
        return
    skus = counted(len(titles.keys() | known), "SKU")
    click.echo(fitted(f"{file}: {skus} of {seller.amazon_seller_id}, {lacking:,} of them without a cost"))
    click.echo(fitted("Fill in unit_cost and valid_from, then run `xpert costs import` with it"))


def _text(titles: Mapping[str, str | None], costs: Sequence[Cost], currency: str) -> str:
    known: dict[str, list[Cost]] = defaultdict(list)
    for cost in costs:
        known[cost.sku].append(cost)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for sku in sorted(titles.keys() | known.keys()):
        names = (_plain(sku), _plain(titles.get(sku) or ""))
        if sku not in known:
            writer.writerow((*names, "", currency, "", "", "", ""))
        writer.writerows((*names, *values) for values in _values(known.get(sku, ())))
    return out.getvalue()


def _values(costs: Sequence[Cost]) -> Iterator[tuple[str, ...]]:
    """What the file says of each cost: its stated last day, because a later cost may have cut it."""
    for cost in costs:
        place = by_id(cost.marketplace_id).country if cost.marketplace_id else ""
        days = (str(cost.valid_from), str(cost.stated_to or ""))
        yield (plain_cost(cost), cost.currency, *days, place, _plain(cost.cost_of))


def plain_cost(cost: Cost) -> str:
    """Return a cost without zeros at its end: 435.78."""
    text = f"{cost.unit_cost:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _plain(text: str) -> str:
    """A text that no spreadsheet program takes for a formula; the import takes the mark away from SKUs."""
    return f"'{text}" if text.startswith((*FORMULA, "\t", "\r")) else text
