"""`xpert costs import`: read a file of costs into the table, and tell what could not be read, by line."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from xpert_pipeline.cli.costs.cost_file import CostFile, NotACostFile, read_file
from xpert_pipeline.cli.costs.cost_rows import Given, Note, ReadCosts, read_rows, warn_of_unknown
from xpert_pipeline.cli.errors import TABLE_FAILED, PreconditionError, WrongUsage
from xpert_pipeline.cli.one_seller import one_marketplace, one_seller_option, open_seller
from xpert_pipeline.cli.options import CURRENCY, LABEL, data_dir_option
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.postgres.product_costs import Imported, import_costs, known_skus
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.sandbox.option_types import DAY
from xpert_pipeline.spapi.marketplaces import Marketplace
from xpert_pipeline.wording import counted

MOST_REASONS, MOST_SPANS = 20, 8


@click.command(name="import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@one_seller_option
@click.option("--marketplace", metavar="CODE", help="Costs of this marketplace only (default: all).")
@click.option("--from", "first_day", type=DAY, metavar="DAY", help="First day of costs without a valid_from.")
@click.option("--sku-column", type=LABEL, metavar="NAME", help="Column of the SKUs, if its name is not known.")
@click.option("--cost-column", type=LABEL, metavar="NAME", help="Column of the costs, if its name is not known.")
@click.option("--currency", type=CURRENCY, metavar="CODE", help="Currency (default: the marketplace's).")
@click.option("--cost-of", type=LABEL, metavar="TEXT", help="What the cost is of (default: the column's name).")
@click.option("--decimal", type=click.Choice([".", ","]), help="Decimal sign, if the costs leave it open.")
@click.option("--dates", type=click.Choice(["day first", "month first"]), help="Order, if the days leave it open.")
@click.option("--dry-run", is_flag=True, help="Read and check the file, and write nothing.")
@data_dir_option
@click.pass_context
def import_file(
    context: click.Context, /, file: Path, seller_id: str | None, data_dir: str | None, *, dry_run: bool, **more: Any
) -> None:
    """Read the costs of your goods from a CSV file.

    The file needs a column of SKUs and one of costs; `xpert costs template` writes such a file. It may also have
    the columns currency, valid_from, valid_to, marketplace and cost_of; options fill in what a file leaves empty.

    A cost holds until its valid_to, or until the day before the next known cost of the SKU begins. A newer import
    replaces a cost that begins on the same day. Importing a file twice changes nothing. Lines that cannot be read
    are told with the reason; all others are imported, and the exit code is 1.
    """
    place = one_marketplace(more["marketplace"])
    cost_file = _read(file, {"sku": more["sku_column"], "cost": more["cost_column"]})
    if more["first_day"] is None and "valid_from" not in cost_file.columns.places:
        raise WrongUsage(f"{file.name} has no column valid_from: say with --from from which day on its costs hold")
    with open_seller(data_dir, seller_id) as (pool, seller):
        read = read_rows(cost_file, _given(seller, place, more))
        warn_of_unknown(read, known_skus(pool, seller.id))
        done = import_costs(pool, seller.id, read.costs, dry_run=dry_run)
    if context.obj["json"]:
        click.echo(json.dumps(_document(cost_file, seller, read, done, dry_run=dry_run), default=str))
    else:
        _print(cost_file, seller, read, done, dry_run=dry_run)
    if read.refused:
        context.exit(TABLE_FAILED)


def _read(file: Path, named: dict[str, str | None]) -> CostFile:
    try:
        return read_file(file, {what: name for what, name in named.items() if name is not None})
    except NotACostFile as error:
        raise PreconditionError(f"{file} cannot be imported: {error}") from error
    except OSError as error:
        raise PreconditionError(f"{file} cannot be read: {error.strerror}") from error


def _given(seller: Seller, place: Marketplace | None, more: dict[str, Any]) -> Given:
    if place is not None and place.id not in seller.marketplace_ids:
        raise PreconditionError(
            f"seller {seller.amazon_seller_id} has no marketplace {place.country}: see `xpert sellers list`"
        )
    return Given(
        marketplaces=seller.marketplace_ids,
        marketplace_id=place.id if place else None,
        first_day=more["first_day"].date() if more["first_day"] else None,
        currency=more["currency"],
        cost_of=more["cost_of"],
        decimal=more["decimal"],
        order=more["dates"],
    )


def _document(file: CostFile, seller: Seller, read: ReadCosts, done: Imported, *, dry_run: bool) -> dict[str, Any]:
    return {
        "file": file.name,
        "seller": seller.amazon_seller_id,
        "dry_run": dry_run,
        "new": done.new,
        "changed": done.changed,
        "unchanged": done.unchanged,
        "refused": [_as_json(note) for note in read.refused],
        "warnings": [_as_json(note) for note in read.warnings],
        "lines_without_cost": read.empty,
        "repeated_lines": read.repeated,
        "note": file.note or None,
    }


def _as_json(note: Note) -> dict[str, Any]:
    return {"line": note.line, "sku": note.sku or None, "reason": note.text}


def _print(file: CostFile, seller: Seller, read: ReadCosts, done: Imported, *, dry_run: bool) -> None:
    would = ", nothing was written (--dry-run)" if dry_run else ""
    counts = f"{done.new:,} new, {done.changed:,} changed, {done.unchanged:,} known before"
    click.echo(fitted(f"{file.name}, {seller.amazon_seller_id}: {counted(len(read.costs), 'cost')}: {counts}{would}"))
    if file.note:
        click.echo(fitted(f"{file.name} was {file.note}", err=True), err=True)
    if read.empty:
        click.echo(f"left out: {counted(len(read.empty), 'line')} without a cost", err=True)
    if read.repeated:
        click.echo(f"left out: {counted(len(read.repeated), 'line')} that repeat another line", err=True)
    for what, notes in (("refused", read.refused), ("kept with a warning", read.warnings)):
        for line in _grouped(what, notes):
            click.echo(fitted(line, indent=4, err=True), err=True)


def _grouped(what: str, notes: Sequence[Note]) -> Iterator[str]:
    """One line per reason, with the lines of the file that it is about."""
    by_text: dict[str, list[int]] = defaultdict(list)
    for note in notes:
        by_text[note.text].append(note.line)
    if notes:
        yield f"{what}: {counted(len({note.line for note in notes}), 'line')}"
    for text, lines in list(by_text.items())[:MOST_REASONS]:
        yield f"  line {_spans(lines)}: {text}"
    if len(by_text) > MOST_REASONS:
        yield f"  and {counted(len(by_text) - MOST_REASONS, 'further reason')}: --json lists every line"


def _spans(lines: Iterable[int]) -> str:
    """Lines as text: "4, 7-9"."""
    spans: list[list[int]] = []
    for line in sorted(set(lines)):
        if spans and spans[-1][1] == line - 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in spans]
    return ", ".join(words[:MOST_SPANS]) + (" and more" if len(words) > MOST_SPANS else "")
