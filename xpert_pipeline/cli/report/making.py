"""The command `xpert report page`."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from xpert_pipeline.cli.errors import PreconditionError, WrongUsage
from xpert_pipeline.cli.files import writing_to
from xpert_pipeline.cli.one_seller import one_seller_option, open_seller
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.report.figures import Store, ask
from xpert_pipeline.cli.report.page import GENERATOR, page
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.sandbox.option_types import DAY

MARK = f'<meta name="generator" content="{GENERATOR}">'
BEGINNING = 4_096


@click.command(name="page")
@one_seller_option
@click.option("--from", "from_day", type=DAY, metavar="DAY", help="First day of the charts (default: 60 days).")
@click.option("--to", "to_day", type=DAY, metavar="DAY", help="Last day of the charts, included (default: yesterday).")
@click.option(
    "--out",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The HTML file to write; an older report is written over.",
)
@data_dir_option
@click.pass_context
def make_page(
    context: click.Context,
    /,
    seller_id: str | None,
    from_day: datetime | None,
    to_day: datetime | None,
    file: Path,
    data_dir: str | None,
) -> None:
    """Write a page about the business: sales, margin, what Amazon owes, stock at risk, and what to expect.

    It is one file that needs no network, for a browser, a phone or paper. Each figure links to the SQL behind it.
    `xpert report --out FILE` does the same.
    """
    if from_day is not None and to_day is not None and from_day > to_day:
        raise WrongUsage(f"--from {from_day:%F} is after --to {to_day:%F}")
    _require_ours(file)
    first, last = (day.date() if day else None for day in (from_day, to_day))
    with open_seller(data_dir, seller_id) as (pool, seller):
        now = datetime.now(UTC)
        stores = ask(pool, seller, first, last, now)
    _require_days(stores)
    if all(store.is_empty for store in stores):
        raise PreconditionError(
            f"nothing of these days is loaded for {seller.amazon_seller_id}: run "
            f"`xpert sync --seller {seller.amazon_seller_id}`, or choose other days with --from and --to"
        )
    text = page(seller, stores, now.astimezone(ZoneInfo(seller.timezone)))
    with writing_to(file.parent, "choose another file with --out"):
        file.write_text(text, encoding="utf-8")
    if context.obj["json"]:
        shown = [store.place.domain for store in stores if not store.is_empty]
        document = {"file": str(file), "seller": seller.amazon_seller_id, "marketplaces": shown}
        click.echo(json.dumps({**document, "from": str(stores[0].first_day), "to": str(stores[0].last_day)}))
    else:
        click.echo(fitted(f"{file}: report of {seller.amazon_seller_id}; open it in a browser"))


def _require_days(stores: Sequence[Store]) -> None:
    """Refuse a first day after the last one, which by default is the marketplace's own yesterday."""
    for store in stores:
        if store.first_day > store.last_day:
            last = f"{store.last_day:%F}, the last day that is over for {store.place.domain}"
            raise WrongUsage(f"--from {store.first_day:%F} is after {last}: choose an earlier day, or also a --to")


def _require_ours(file: Path) -> None:
    """Refuse a name that no browser opens, and to write over anything that is no report."""
    if file.suffix.lower() not in (".html", ".htm"):
        raise PreconditionError(f"{file} must end in .html, so that a browser opens it: choose another name with --out")
    if not file.exists():
        return
    with writing_to(file.parent, "choose another file with --out"), file.open("rb") as content:
        is_ours = MARK.encode() in content.read(BEGINNING)
    if not is_ours:
        raise PreconditionError(f"{file} exists and is no report: choose another name with --out, or move it away")
