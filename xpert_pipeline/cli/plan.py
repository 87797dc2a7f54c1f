"""`xpert plan`: what a sync or backfill of some days would take, before it is started."""

import json
import logging
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.options import chosen_days, data_dir_option
from xpert_pipeline.cli.plan_text import finish_of, show
from xpert_pipeline.cli.preflight import client_of
from xpert_pipeline.cli.progress import told_if_slow
from xpert_pipeline.cli.workplace import Workplace, open_workplace
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.spapi import priority_of
from xpert_pipeline.sources.plan import RunPlan, StreamPlan, plan_run
from xpert_pipeline.sources.run import RunOptions, SellerRun, today_of
from xpert_pipeline.spapi.errors import SpApiError

DAY = click.DateTime(formats=["%Y-%m-%d"])
READING = "planning {first} to {last}: Amazon's counts of orders and listings are read; nothing is loaded ..."


@click.command()
@click.option("--from", "from_day", type=DAY, required=True, metavar="DAY", help="First marketplace-local day.")
@click.option("--to", "to_day", type=DAY, required=True, metavar="DAY", help="Last marketplace-local day (included).")
@click.option("--seller", "sellers", multiple=True, metavar="ID", help="Only this Amazon seller id; repeatable.")
@click.option("--refetch", is_flag=True, help="Plan to ask for complete days again.")
@click.option("--sandbox", "force_sandbox", is_flag=True, help="Use the SP-API sandbox, though DATABASE_URL is set.")
@data_dir_option
@click.pass_context
def plan(context: click.Context, /, **options: Any) -> None:
    """Tell what a sync of these days would take: sources, calls, seconds, when it would be finished, and why."""
    with open_workplace(options["data_dir"], force_sandbox=options["force_sandbox"]) as place:
        span = (options["from_day"], options["to_day"])
        first, last = chosen_days(place.settings, place.settings.start_date, span, 1)
        console = Console(stderr=True, quiet=context.obj["json"])
        plans, errors = [], []
        with told_if_slow(console, READING.format(first=first, last=last)):
            for seller in place.sellers(options["sellers"]):
                try:
                    plans.append(_plan(place, seller, first, last, refetch=options["refetch"]))
                except SpApiError as error:
                    errors.append(f"seller {seller.amazon_seller_id} cannot be planned: {error}")
    if context.obj["json"]:
        click.echo(json.dumps({"plans": [_as_json(each) for each in plans]}))
    else:
        for each in plans:
            show(each)
    for line in errors:
        click.echo(line, err=True)
    context.exit(1 if errors else 0)


def _plan(place: Workplace, seller: Seller, first: date, last: date, *, refetch: bool) -> RunPlan:
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    with client_of(place, seller, priority_of(days, today_of(seller))) as api:
        log = logging.getLogger("xpert_pipeline.plan")
        options = RunOptions(refetch=refetch)
        return plan_run(SOURCES, SellerRun(seller, days, place.pool, "plan", Path(), log, lambda: api, options))


def _as_json(plan: RunPlan) -> dict[str, Any]:
    return {
        "seller": plan.seller,
        "days_complete": dict(plan.complete),
        "seconds": round(plan.seconds, 1),
        "finish_at": finish_of(plan).isoformat(timespec="seconds"),
        "calls": dict(sorted(plan.calls.items())),
        "streams": [_stream_as_json(each) for each in plan.streams],
    }


def _stream_as_json(stream: StreamPlan) -> dict[str, Any]:
    return {
        "table": stream.table,
        "window": stream.window,
        "source": stream.source,
        "seconds": round(stream.seconds, 1),
        "calls": dict(stream.calls),
        "predicted": {name: round(seconds, 1) for name, seconds in stream.predicted.items()},
        "why": stream.why,
    }
