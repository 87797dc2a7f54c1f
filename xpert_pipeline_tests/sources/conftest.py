"""Sellers with several stores, runs of them without Dagster, and what the ledger says of earlier loads."""

import logging
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from xpert_pipeline.partitions import local_today
from xpert_pipeline.postgres.ledger import LedgerEntry, LoadCounts, LoadWindow, write_entry
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.sources.run import RunOptions, SellerRun, market_of
from xpert_pipeline_tests.faults.conftest import empty_pipeline, hours_pass, make_sandbox, no_interval_of_reports
from xpert_pipeline_tests.spapi.conftest import amazon

__all__ = ["amazon", "empty_pipeline", "hours_pass", "make_sandbox", "no_interval_of_reports"]
INDIA, GERMANY, BRITAIN, FRANCE = "A21TJRUUN4KGV", "A1PA6795UKMFR9", "A1F83G8C2ARO7P", "A13V1IB3VIYZZH"
TODAY = local_today("Asia/Kolkata")


def days_before(today: date, *ages: int) -> list[date]:
    """Days of these ages, ascending."""
    return sorted(today - timedelta(days=age) for age in ages)


def last_days(count: int, until: date = TODAY) -> tuple[date, ...]:
    """So many days up to a day, ascending."""
    return tuple(until - timedelta(days=n) for n in range(count - 1, -1, -1))


def no_client():
    raise AssertionError("nothing may be asked of Amazon")


@pytest.fixture
def make_run(pool, tmp_path):
    """A seller's part of a run."""

    def make(seller, days=(), client=no_client, **options):
        log = logging.getLogger("xpert_pipeline_tests.sources")
        return SellerRun(seller, tuple(days), pool, f"run-{uuid4()}", tmp_path, log, client, RunOptions(**options))

    return make


@pytest.fixture
def stores(sellers):
    """A seller with stores in India, Germany and the United Kingdom."""
    return sellers.add(
        "A3STORES",
        name="Three stores",
        region="eu",
        marketplace_ids=[INDIA, GERMANY, BRITAIN],
        timezone="Asia/Kolkata",
        refresh_token="Atzr|stores",
        is_sandbox=True,
    )


@pytest.fixture
def loaded(pool):
    """Writes into the ledger that a span or days of a table were loaded."""

    def write(seller, table, start, end, *, marketplace=INDIA, kind="created", began=None, **details):
        if not isinstance(start, datetime):
            start, end = market_of(seller, marketplace, ()).bounds(start, end)
        entry = LedgerEntry(
            uuid4(),
            table,
            seller.id,
            marketplace,
            "a test",
            LoadWindow(kind, start, end),
            "earlier run",
            {TODAY: LoadCounts()},
            began or datetime.now(UTC),
            details=details,
        )
        with tenant(pool, seller.id) as connection:
            write_entry(connection, entry)

    return write
