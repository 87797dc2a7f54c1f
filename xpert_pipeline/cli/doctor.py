"""`xpert doctor`: check every precondition of a sync, and say what to do about each failure."""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
import psutil

from xpert_pipeline.cli.database_checks import check_dagster_storage, check_database, check_tokens
from xpert_pipeline.cli.environment import require_data_directory
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.findings import FAIL, OK, WARN, Finding
from xpert_pipeline.cli.options import data_dir_option, sandbox_option, seller_option
from xpert_pipeline.cli.preflight import client_of
from xpert_pipeline.cli.seller_checks import check_clock, check_identity
from xpert_pipeline.cli.source_findings import check_sources
from xpert_pipeline.cli.workplace import Workplace, open_workplace
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.spapi import SeveralRegions
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.wording import counted

GIBI = 1024**3


@click.command()
@seller_option
@sandbox_option
@data_dir_option
@click.pass_context
def doctor(context: click.Context, /, sellers: tuple[str, ...], data_dir: str | None, *, force_sandbox: bool) -> None:
    """Check what a sync needs, and say what to do.

    It checks environment, disk, memory, database, and for each seller the authorization, the marketplaces, the roles
    and whether there is data. Exit code 3 means that a check failed.
    """
    findings = []
    for finding in _findings(data_dir, sellers, force_sandbox=force_sandbox):
        findings.append(finding)
        if finding.state == FAIL or not context.obj["json"]:
            click.echo(finding.line(), err=finding.state == FAIL)
    failed = [finding for finding in findings if finding.state == FAIL]
    if context.obj["json"]:
        click.echo(json.dumps({"findings": [finding.as_json() for finding in findings], "ok": not failed}))
    else:
        click.echo(f"\n{counted(len(findings), 'check')}, {len(failed)} failed")
    context.exit(3 if failed else 0)


def _findings(data_dir: str | None, sellers: tuple[str, ...], *, force_sandbox: bool) -> Iterator[Finding]:
    """All findings; a problem that prevents the other checks is a finding too."""
    try:
        require_data_directory(data_dir)
        with open_workplace(data_dir, force_sandbox=force_sandbox) as place:
            yield from examine(place, sellers)
    except PreconditionError as error:
        yield Finding("start", FAIL, error.message, "correct this first, then run `xpert doctor` again")


def examine(place: Workplace, amazon_ids: tuple[str, ...] = ()) -> Iterator[Finding]:
    """All findings, cheapest checks first."""
    yield _environment(place)
    yield from _machine(place)
    database = list(check_database(place.pool))
    yield from database
    yield check_dagster_storage(place.settings)
    if any(finding.check == "database" and finding.state == FAIL for finding in database):
        return
    sellers = place.sellers(amazon_ids or [seller.amazon_seller_id for seller in place.served()])
    yield from check_tokens(place.book, sellers, place.settings.seller_id if place.settings.refresh_token else None)
    for seller in sellers:
        yield from _seller(place, seller)


def _environment(place: Workplace) -> Finding:
    source = "the SP-API sandbox" if place.uses_sandbox else "Amazon (AMAZON_* variables are set)"
    ignored = f"; ignored: {', '.join(place.settings.ignored)}" if place.settings.ignored else ""
    return Finding("environment", OK, f"data comes from {source}{ignored}")


def _machine(place: Workplace) -> Iterator[Finding]:
    free = shutil.disk_usage(place.home.path).free / GIBI
    state, advice = (WARN, "free some space: downloads and the database need it") if free < 2 else (OK, "")
    yield Finding("disk", state, f"{free:.1f} GiB free at the data directory", advice)
    memory = psutil.virtual_memory().available / GIBI
    state, advice = (WARN, "a run needs about 0.4 GiB: stop something or add memory") if memory < 1 else (OK, "")
    yield Finding("memory", state, f"{memory:.1f} GiB available", advice)
    loopback = os.environ.get("SP_API_ENDPOINT", "").startswith("http://")
    proxies = [name for name in ("HTTPS_PROXY", "ALL_PROXY") if os.environ.get(name) and not loopback]
    if proxies:
        yield Finding(
            "network", WARN, f"requests use {', '.join(proxies)}", "check that the proxy allows Amazon's hosts"
        )


def _timezone(place: Workplace, seller: Seller) -> Iterator[Finding]:
    """Warn of marketplaces whose days begin before those of the partitions."""
    now, partitions = datetime.now(UTC), place.settings.timezone
    markets = [by_id(marketplace_id) for marketplace_id in seller.marketplace_ids]
    first = max(markets, key=lambda market: now.astimezone(market.zone).utcoffset() or timedelta())
    if now.astimezone(first.zone).replace(tzinfo=None) > now.astimezone(ZoneInfo(partitions)).replace(tzinfo=None):
        yield Finding(
            "time zone",
            WARN,
            f"days of {first.domain} begin earlier than those of the partitions (XPERT_TIMEZONE {partitions}): in the "
            "hours between, its new day is not synced",
            f"set XPERT_TIMEZONE={first.timezone}",
            seller.amazon_seller_id,
        )


def _seller(place: Workplace, seller: Seller) -> Iterator[Finding]:
    yield from _timezone(place, seller)
    try:
        api = client_of(place, seller)
    except SpApiError as error:
        check = "marketplaces" if isinstance(error, SeveralRegions) else "authorization"
        yield Finding(check, FAIL, error.message, error.what_to_do, seller.amazon_seller_id)
        return
    except DatabaseError as error:
        yield Finding("authorization", FAIL, str(error), seller=seller.amazon_seller_id)
        return
    with api:
        identity = list(check_identity(seller, api))
        yield from identity
        if all(finding.state != FAIL for finding in identity):
            yield check_clock(seller, api)
            yield from check_sources(seller, api, place.pool)
    yield from _history(place, seller)


def _history(place: Workplace, seller: Seller) -> Iterator[Finding]:
    """Records that earlier loads put in quarantine, and requests that Amazon throttled."""
    with tenant(place.pool, seller.id) as connection:
        rejected = _count(connection, "select count(*) from rejected_records where seller_id = %s", seller.id)
        throttled = _count(
            connection,
            "select coalesce(sum(throttled_count), 0) from api_quota where scope in (%s, '*') "
            "and throttled_at > now() - interval '1 day'",
            seller.amazon_seller_id,
        )
    who = seller.amazon_seller_id
    if rejected:
        advice = "see the reasons: select table_name, reason, record from rejected_records"
        yield Finding("quarantine", WARN, f"{counted(rejected, 'record')} in quarantine", advice, who)
    if throttled:
        advice = "another program may use this application's quota; the pipeline slows down to the rate that is left"
        yield Finding("throttling", WARN, f"{counted(throttled, 'request')} answered 429 in the last day", advice, who)


def _count(connection: Any, query: str, value: object) -> int:
    row = connection.execute(query, (value,)).fetchone()
    return int(row[0]) if row else 0
