"""`xpert status`: how each seller stands: how far its tables are, what runs, what is waited for and why."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

import click
import dagster as dg
from psycopg_pool import ConnectionPool

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.seller_runs import SellerRunState, runs_of
from xpert_pipeline.cli.status_text import lines
from xpert_pipeline.cli.workplace import open_records
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.postgres.standing import Standing, standing
from xpert_pipeline.spapi.quota import usage_plans


@click.command()
@click.option("--seller", "wanted", multiple=True, metavar="ID", help="Only this seller; repeatable.")
@data_dir_option
@click.pass_context
def status(context: click.Context, /, wanted: tuple[str, ...], data_dir: str | None) -> None:
    """How each seller stands: newest days, runs, what is waited for now, quota, reports, rejected records."""
    with open_records(data_dir) as (pool, instance):
        found = [_status(pool, instance, seller) for seller in _chosen(SellerBook(pool, None).all(), wanted)]
    if context.obj["json"]:
        click.echo(json.dumps({"sellers": [each.as_json() for each in found]}, default=str))
        return
    texts = ["\n".join(lines(each.seller, each.standing, each.runs, each.published)) for each in found]
    click.echo("\n\n".join(texts) or "There is no seller yet: add one with `xpert sellers add`, or run `xpert up`.")


@dataclass(frozen=True)
class SellerStatus:
    """All that is told of a seller; `published` are Amazon's own rates of the buckets' operations."""

    seller: Seller
    standing: Standing
    runs: list[SellerRunState]
    published: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        ended = [run for run in self.runs if run.ended_at]
        return {
            "seller": self.seller.amazon_seller_id,
            "name": self.seller.name,
            "state": self.seller.status,
            "is_sandbox": self.seller.is_sandbox,
            "newest_days": {table: day for (table, _), day in self.standing.newest_days.items()},
            "last_run": asdict(ended[0]) if ended else None,
            "running": [asdict(run) for run in self.runs if run.state == "running"],
            "queued": [asdict(run) for run in self.runs if run.state == "queued"],
            "waiting": [asdict(each) for each in self.standing.waiting],
            "buckets": [
                {**asdict(each), "published_rate": self.published.get(each.operation)} for each in self.standing.buckets
            ],
            "waits_of_24_hours": {
                each.operation: {"calls": each.calls, "waited_seconds": round(each.waited_seconds, 1)}
                for each in self.standing.waited
            },
            "report_requests": self.standing.reports,
            "rejected_records": self.standing.rejected,
        }


def _chosen(known: list[Seller], wanted: tuple[str, ...]) -> list[Seller]:
    if unknown := sorted(set(wanted) - {seller.amazon_seller_id for seller in known}):
        raise PreconditionError(f"seller {', '.join(unknown)} is not known: see `xpert sellers list`")
    return [seller for seller in known if not wanted or seller.amazon_seller_id in wanted]


def _status(pool: ConnectionPool, instance: dg.DagsterInstance, seller: Seller) -> SellerStatus:
    first = Scope(seller.id, seller.marketplace_ids[0], seller.timezone)
    found = standing(pool, seller, [first])
    tables = [(table.name, first.marketplace_id) for table in TABLES]
    found = replace(found, newest_days={table: found.newest_days.get(table) for table in tables})
    published = {each.operation: rate for each in found.buckets if (rate := _published(each.operation))}
    return SellerStatus(seller, found, runs_of(instance, seller.amazon_seller_id), published)


def _published(operation: str) -> float | None:
    try:
        return usage_plans.plan(operation).rate
    except usage_plans.PlanMissing:  # a bucket that another version of the code used
        return None
