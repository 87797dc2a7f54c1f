"""The group and its commands: one for each question, with an option for each of its parameters."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from rich.padding import Padding
from rich.table import Table

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.options import data_dir_option, seller_option
from xpert_pipeline.cli.report.making import make_page
from xpert_pipeline.cli.report.questions import Question, Row, questions
from xpert_pipeline.cli.terminal import fitted, plain_console
from xpert_pipeline.cli.whole_help import WholeHelp
from xpert_pipeline.cli.workplace import open_records
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.sandbox.option_types import Whole
from xpert_pipeline.sources.run import today_of

LOADED_BY_DAY = [
    table.name for source in SOURCES if not source.is_derived for table in source.tables if table.day is not None
]
DAYS, ROWS = 7, 20
PAGE = make_page.name or ""
WIDEST = 10_000
"""Columns to measure a table in, wider than any terminal."""
DAYS_BACK = click.option(
    "--days", type=Whole(1, 36_500), default=DAYS, show_default=True, help="What happened in the last so many days."
)
OPTIONS = {
    "since": DAYS_BACK,
    "first_day": click.option(
        "--days", type=Whole(1, 36_500), default=29, show_default=True, help="So many days before today."
    ),
    "rows": click.option(
        "--rows", type=Whole(1, 1_000_000), default=ROWS, show_default=True, help="At most so many rows."
    ),
    "table_name": click.option(
        "--table",
        "tables",
        type=click.Choice(LOADED_BY_DAY),
        metavar="TABLE",
        multiple=True,
        help="Only this table that is loaded by day; repeatable.",
    ),
}
"""The option for each parameter that is not a fact about the seller."""


class Reports(WholeHelp):
    """The questions; options without a question belong to the page about the business."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add the name of the command `page` to options that stand alone."""
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            args = [PAGE, *args]
        return super().parse_args(ctx, args)


@click.group(cls=Reports)
def report() -> None:
    """Report on the business as a page, or answer a question about the pipeline: what failed, what is missing.

    Every command but `page` runs one statement of sql/monitoring for every seller. Its times are UTC, its days those
    of the marketplace.
    """


def _command(question: Question) -> click.Command:
    def run(context: click.Context, /, sellers: tuple[str, ...], data_dir: str | None, **chosen: Any) -> None:
        tables = list(chosen.pop("tables", ())) or LOADED_BY_DAY
        with open_records(data_dir) as (pool, _):
            asked = _chosen(SellerBook(pool, None).all(), sellers)
            try:
                rows = [
                    row for seller in asked for row in question.ask(pool, [seller], tables, _values(seller, **chosen))
                ]
            except DatabaseError as error:
                raise PreconditionError(str(error)) from error
        if context.obj["json"]:
            click.echo(json.dumps({"question": question.text, "rows": rows}, default=str))
        else:
            _print(question, rows)

    command: Any = click.pass_context(run)
    for parameter in sorted(question.parameters & OPTIONS.keys()):
        command = OPTIONS[parameter](command)
    options = data_dir_option(seller_option(command))
    return click.command(name=question.name, help=f"{question.text}\n\n{question.about}")(options)


def _values(seller: Seller, **chosen: Any) -> dict[str, Any]:
    """The parameters that follow from the options."""
    days = timedelta(days=chosen.get("days", DAYS))
    return {
        "since": datetime.now(UTC) - days,
        "first_day": today_of(seller) - days,
        "rows": chosen.get("rows", ROWS),
    }


def _chosen(known: list[Seller], amazon_ids: tuple[str, ...]) -> list[Seller]:
    if unknown := sorted(set(amazon_ids) - {seller.amazon_seller_id for seller in known}):
        raise PreconditionError(f"seller {', '.join(unknown)} is not known: see `xpert sellers list`")
    return [seller for seller in known if not amazon_ids or seller.amazon_seller_id in amazon_ids]


def _print(question: Question, rows: list[Row]) -> None:
    click.echo(fitted(question.text))
    if not rows:
        click.echo("nothing")
        return
    table = Table(box=None, pad_edge=False, show_edge=False)
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    console = plain_console()
    if console.measure(table, options=console.options.update(max_width=WIDEST)).maximum <= console.width:
        console.print(table)
        return
    for row in rows:
        console.print(_record(row))


def _record(row: Row) -> Padding:
    """One row as lines of a name and a value, for a terminal that is too narrow for its columns."""
    lines = Table.grid(padding=(0, 2))
    for name, value in row.items():
        lines.add_row(name, _cell(value))
    return Padding(lines, (0, 0, 1, 0))


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


report.add_command(make_page)
for each in questions():
    report.add_command(_command(each))
