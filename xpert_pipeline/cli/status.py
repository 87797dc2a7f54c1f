"""`xpert status`: the state of each seller: how far its tables are, what runs, and what is waited for and why."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import click
import dagster as dg
from psycopg_pool import ConnectionPool

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.cli.environment import read_settings, require_data_directory
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.first_day import first_day_words
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.options import data_dir_option, seller_option, verbose_option
from xpert_pipeline.cli.seller_runs import SellerRunState, runs_of
from xpert_pipeline.cli.status_text import lines
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.cli.workplace import open_records
from xpert_pipeline.postgres.change_asks import ChangeAsk
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline.postgres.source_coverage import Coverage, coverage_of
from xpert_pipeline.postgres.standing import Standing, standing
from xpert_pipeline.sources.run import scopes_of
from xpert_pipeline.spapi.quota import usage_plans


@click.command()
@seller_option
@verbose_option
@data_dir_option
@click.pass_context
def status(context: click.Context, /, sellers: tuple[str, ...], data_dir: str | None, *, verbose: bool) -> None:
    """Show the state of each seller.

    The last good day of each table by marketplace, what Amazon does not give, the next run, the last run and error,
    what is waited for now, open reports and rejected records; with -v also quota and calls.
    """
    require_data_directory(data_dir)
    with open_records(data_dir) as (pool, instance):
        statuses = [_status(pool, instance, seller) for seller in _chosen(SellerBook(pool, None).all(), sellers)]
    if context.obj["json"]:
        click.echo(json.dumps({"sellers": [status.as_json() for status in statuses]}, default=str))
        return
    texts = [
        "\n".join(
            lines(status.seller, status.standing, status.runs, status.published, status.coverage, verbose=verbose)
        )
        for status in statuses
    ]
    if texts and (begin := first_day_words(Home(data_directory(data_dir)), read_settings())):
        texts.append(fitted(begin))
    click.echo("\n\n".join(texts) or "There is no seller yet: add one with `xpert sellers add`, or run `xpert up`.")


@dataclass(frozen=True)
class SellerStatus:
    """The state of one seller.

    Attributes:
        seller: The seller.
        standing: What the database knows; `newest_days` has every table in every marketplace.
        runs: Its newest runs, newest first.
        published: The rates that Amazon publishes for the operations of its buckets.
        coverage: What Amazon gives of each table, by marketplace.
    """

    seller: Seller
    standing: Standing
    runs: list[SellerRunState]
    published: dict[str, float]
    coverage: list[Coverage]

    def newest_days(self) -> dict[str, date | None]:
        """Return for each table the newest day that is complete in every marketplace; None if one has none."""
        newest: dict[str, date | None] = {}
        for (table, _), day in self.standing.newest_days.items():
            earlier = newest.get(table, day)
            newest[table] = min(earlier, day) if earlier and day else None
        return newest

    def newest_days_by_marketplace(self) -> dict[str, dict[str, date | None]]:
        """Return the newest complete day of each table, by marketplace id."""
        newest: dict[str, dict[str, date | None]] = {}
        for (table, marketplace_id), day in self.standing.newest_days.items():
            newest.setdefault(marketplace_id, {})[table] = day
        return newest

    def as_json(self) -> dict[str, Any]:
        """Return the entry for `--json`."""
        ended = [run for run in self.runs if run.ended_at]
        return {
            "seller": self.seller.amazon_seller_id,
            "name": self.seller.name,
            "state": self.seller.status,
            "is_sandbox": self.seller.is_sandbox,
            "marketplaces": list(self.seller.marketplace_ids),
            "newest_days": self.newest_days(),
            "newest_days_by_marketplace": self.newest_days_by_marketplace(),
            "last_run": asdict(ended[0]) if ended else None,
            "running": [asdict(run) for run in self.runs if run.state == "running"],
            "queued": [asdict(run) for run in self.runs if run.state == "queued"],
            "waiting": [asdict(request) for request in self.standing.waiting],
            "buckets": [
                {**asdict(bucket), "published_rate": self.published.get(bucket.operation)}
                for bucket in self.standing.buckets
            ],
            "waits_of_24_hours": {
                spent.operation: {"calls": spent.calls, "waited_seconds": round(spent.waited_seconds, 1)}
                for spent in self.standing.waited
            },
            "report_requests": self.standing.reports,
            "rejected_records": self.standing.rejected,
            "coverage": [each.as_json() for each in self.coverage],
            "changes": _asked(self.standing.asked),
        }


def _asked(ask: ChangeAsk | None) -> dict[str, Any] | None:
    names = ("asked_at", "answered_at", "run_requested_at", "failures", "failing_since", "error")
    return {name: getattr(ask, name) for name in names} if ask else None


def _chosen(known: list[Seller], amazon_ids: tuple[str, ...]) -> list[Seller]:
    if unknown := sorted(set(amazon_ids) - {seller.amazon_seller_id for seller in known}):
        raise PreconditionError(f"seller {', '.join(unknown)} is not known: see `xpert sellers list`")
    return [seller for seller in known if not amazon_ids or seller.amazon_seller_id in amazon_ids]


def _status(pool: ConnectionPool, instance: dg.DagsterInstance, seller: Seller) -> SellerStatus:
    state = standing(pool, seller, scopes_of(seller))
    places = [(table.name, marketplace_id) for marketplace_id in seller.marketplace_ids for table in TABLES]
    state = replace(state, newest_days={place: state.newest_days.get(place) for place in places})
    published = {bucket.operation: rate for bucket in state.buckets if (rate := _published(bucket.operation))}
    runs, coverage = runs_of(instance, seller.amazon_seller_id), coverage_of(pool, seller.id)
    return SellerStatus(seller, state, runs, published, coverage)


def _published(operation: str) -> float | None:
    try:
        return usage_plans.plan(operation).rate
    except usage_plans.PlanMissing:  # a bucket that another version of the code has used
        return None
