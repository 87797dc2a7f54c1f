"""The command `xpert close`."""

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from xpert_pipeline.cli.close.statement import NOT_KNOWN, OPEN_STATES, SUMS, Statement, notes, statements
from xpert_pipeline.cli.close.workbook import TooManyRows, workbook
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.files import writing_to
from xpert_pipeline.cli.money_format import MoneyFormat
from xpert_pipeline.cli.one_seller import one_seller_option, open_seller
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.postgres.month_close import MonthClose, read_month_close
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.wording import counted

SIGNS = (
    "What Amazon pays is positive. Days are the marketplace's own. What is deferred or not settled yet in a step is so "
    "today; the last lines tell what was so at the end of the month, if it is over."
)


class Month(click.ParamType):
    """A month from 2000 to 2999, as YYYY-MM."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return its first day."""
        if isinstance(value, date):
            return value
        try:
            month = datetime.strptime(str(value), "%Y-%m").date()  # noqa: DTZ007  a month has no zone
        except ValueError:
            month = date.min
        if f"{month:%Y-%m}" != value or not 2000 <= month.year <= 2999:
            self.fail(f"{value!r} is not a month: write it as YYYY-MM, such as 2026-10", param, ctx)
        return month


@click.command()
@click.option("--month", required=True, type=Month(), metavar="YYYY-MM", help="The month, by the marketplace's days.")
@one_seller_option
@click.option(
    "--out",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The Excel workbook to write (.xlsx); it must not exist yet.",
)
@data_dir_option
@click.pass_context
def close(context: click.Context, /, month: date, seller_id: str | None, file: Path, data_dir: str | None) -> None:
    """Reconcile a month, from its orders to the money in the bank.

    The workbook leads from the orders to what Amazon posted, to all transactions, to the settlements, to their deposits
    and to the transfers. Every difference is listed and named: not settled yet, deferred, in another month, and so on.
    The figures of the summary are formulas over the sheet of rows. docs/month-close.md explains them.
    """
    if file.suffix.lower() != ".xlsx":
        raise PreconditionError(f"{file} must end in .xlsx, so that spreadsheet programs open it: choose another name")
    if file.exists():
        raise PreconditionError(f"{file} exists already: choose another name with --out, or move it away")
    with open_seller(data_dir, seller_id) as (pool, seller):
        _require_begun(seller, month)
        found = read_month_close(pool, seller.id, month)
    if not (found.rows or found.open_rows or found.unknown_rows):
        raise PreconditionError(_nothing(seller, month))
    made, remarks = statements(found, seller.marketplace_ids), list(notes(found))
    title = f"Month close: {month:%B %Y}"
    now = datetime.now(ZoneInfo(seller.timezone))
    about = [
        f"Seller {seller.amazon_seller_id} ({seller.name}). Made on {now:%Y-%m-%d at %H:%M} ({seller.timezone}).",
        SIGNS,
        *remarks,
    ]
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with writing_to(file.parent, "choose another file with --out"):
        try:
            draft.write_bytes(workbook(title, about, made, now))
            draft.replace(file)
        except TooManyRows as error:
            raise PreconditionError(f"{error}: read the view xpert_views.month_close_rows instead") from error
        finally:
            draft.unlink(missing_ok=True)
    if context.obj["json"]:
        click.echo(json.dumps(_document(file, seller, found, made, remarks), default=str))
    else:
        _print(file, seller, month, made, remarks)


def _require_begun(seller: Seller, month: date) -> None:
    today = datetime.now(ZoneInfo(seller.timezone)).date()
    if month > today + timedelta(days=1):  # a marketplace further east may have begun it
        raise PreconditionError(f"{month:%B %Y} has not begun: choose an earlier month")


def _nothing(seller: Seller, month: date) -> str:
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return (
        f"nothing is loaded for {seller.amazon_seller_id} in {month:%B %Y}: load it with "
        f"`xpert backfill --from {month} --to {last} --seller {seller.amazon_seller_id}`"
    )


def _document(
    file: Path, seller: Seller, close: MonthClose, found: list[Statement], remarks: list[str]
) -> dict[str, Any]:
    return {
        "file": str(file),
        "seller": seller.amazon_seller_id,
        "month": f"{close.month:%Y-%m}",
        "is_complete": bool(close.loaded) and all(loaded.is_complete for loaded in close.loaded),
        "rows": len(close.rows),
        "notes": remarks,
        "statements": [
            {
                "marketplace": each.store,
                "currency": each.currency,
                "sums": dict(zip(SUMS, [each.sums[0][0], *(right for _, right in each.sums)], strict=True)),
                "differences": [
                    {"step": line.step_number, "kind": line.kind, "rows": line.rows, "amount": line.amount}
                    for line in each.differences
                ],
                "open_at_month_end": {state: each.open_amount(state) for state in each.open_states()},
                "not_known_transactions": len(each.in_state(NOT_KNOWN)),
            }
            for each in found
        ],
    }


def _print(file: Path, seller: Seller, month: date, found: list[Statement], remarks: list[str]) -> None:
    rows = counted(sum(len(each.rows) for each in found), "row")
    click.echo(fitted(f"{file}: {month:%B %Y} of {seller.amazon_seller_id}, {rows}"))
    for each in found:
        form = MoneyFormat.of(each.marketplace_id, each.currency)
        amounts = [each.sums[0][0], *(right for _, right in each.sums)]
        click.echo(f"{each.store}, {each.currency}")
        width = max(len(form.amount(amount)) for amount in amounts)
        for name, amount in zip(SUMS, amounts, strict=True):
            click.echo(f"  {name:<22}{form.amount(amount):>{width}}")
        for state in each.open_states():
            count = f" ({counted(len(each.in_state(state)), 'transaction')})" if state == NOT_KNOWN else ""
            click.echo(fitted(f"  {OPEN_STATES[state]}: {form.amount(each.open_amount(state))}{count}", indent=4))
        for line in each.suspicious():
            about = f"{line.kind} ({counted(line.rows, 'row')}, {form.amount(line.amount)}): {line.meaning}"
            click.echo(fitted(f"  Look at: {about}", indent=4))
    for remark in remarks:
        click.echo(fitted(remark))
