"""`xpert status` shows an operator the state of each seller; it reads only the database."""

import itertools
import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.types.json import Jsonb

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline.wording import day_words
from xpert_pipeline_tests.conftest import KEY

TODAY = datetime.now(ZoneInfo("Asia/Kolkata")).date()
YESTERDAY = TODAY - timedelta(days=1)
SYNCED = {"products", "orders", "order_items", "sales_data", "fba_inventory", "economics_daily", "traffic_daily"}


def only_line(text, name):
    """What `xpert status` says under a name, in one line."""
    after = text.split(f"  {name}", 1)[1].splitlines()
    continued = itertools.takewhile(lambda line: line.startswith(" " * 23), after[1:])
    return " ".join(line.strip() for line in (after[0], *continued))


def only(said):
    (seller,) = said.json["sellers"]
    return seller


def test_after_a_sync_it_shows_newest_days_the_run_and_the_calls(xpert, amazon):
    environ = amazon()
    first = TODAY - timedelta(days=2)
    span = ("--from", str(first), "--to", str(TODAY))
    assert xpert("sync", "--select", ",".join(SYNCED), *span, **environ).exit_code == 0
    said = xpert("status", "--json", **environ)
    assert said.exit_code == 0
    found = only(said)
    assert (found["seller"], found["state"], found["is_sandbox"]) == (environ["AMAZON_SELLER_ID"], "active", False)
    assert (
        found["newest_days"].items()
        >= {
            "products": str(TODAY),
            "orders": str(YESTERDAY),
            "order_items": str(YESTERDAY),
            "sales_data": str(YESTERDAY),
            "fba_inventory": str(TODAY),
            "economics_daily": str(YESTERDAY),
            "traffic_daily": str(YESTERDAY),
        }.items()
    )
    assert found["newest_days"].keys() == {table.name for table in TABLES}
    assert {table for table, day in found["newest_days"].items() if day} == SYNCED
    assert found["newest_days_by_marketplace"] == {"A21TJRUUN4KGV": found["newest_days"]}
    assert (found["last_run"]["state"], found["last_run"]["first_day"]) == ("success", str(first))
    assert (found["running"], found["queued"], found["waiting"], found["rejected_records"]) == ([], [], [], {})
    assert found["waits_of_24_hours"]["searchListingsItems"]["calls"] >= 2
    (bucket,) = [each for each in found["buckets"] if each["operation"] == "searchListingsItems"]
    assert (bucket["published_rate"], bucket["throttled"]) == (5, 0)
    assert bucket["rate"] > 5, "the sandbox knows no limits, and says so"
    text = xpert("status", "-v", **environ).stdout
    by_day = dict(part.split(": ") for part in only_line(text, "last good day").split("; "))
    assert {"products", "fba_inventory"} <= set(by_day[day_words(TODAY)].split(", "))
    assert {"orders", "order_items", "sales_data", "economics_daily"} <= set(by_day[day_words(YESTERDAY)].split(", "))
    states = {each["table"]: each["state"] for each in found["coverage"]}
    assert states.keys() == SYNCED
    assert set(states.values()) <= {"available", "empty"}
    assert {states[table] for table in ("products", "orders", "sales_data", "traffic_daily")} == {"available"}
    assert f"of {len(SYNCED)} tables available" in only_line(text, "coverage")
    assert ": success at " in text
    assert "buckets full" in text
    assert "searchListingsItems: " not in text, "only buckets that lack tokens get a line"


def test_a_failed_run_is_shown_with_its_reason(xpert, amazon, admin):
    environ = amazon()
    admin.execute("drop table order_items cascade")
    failed = xpert("sync", "--from", str(YESTERDAY), "--to", str(YESTERDAY), "--select", "orders", **environ)
    assert failed.exit_code == 1
    found = only(xpert("status", "--json", **environ))
    assert found["last_run"]["state"] == "failure"
    (reason,) = found["last_run"]["reasons"]
    assert reason.startswith("MigrationNeeded")
    assert set(found["newest_days"].values()) == {None}
    text = xpert("status", "-v", **environ).stdout
    assert f"never: {', '.join(table.name for table in TABLES)}" in text
    assert reason in text


@pytest.fixture
def busy(pool, seller):
    """A seller whose one request waits, whose bucket was throttled, and who has a record in quarantine."""
    quota, bucket = PostgresQuota(pool), ("app", seller.amazon_seller_id, "eu", "searchOrders")
    quota.take(*bucket, 0.0056, 20.0, uuid4(), 0)
    quota.throttled(*bucket)
    quota.take(*bucket, 0.0056, 20.0, uuid4(), 1)
    with tenant(pool, seller.id) as connection:
        connection.execute(
            "insert into rejected_records (seller_id, table_name, content_hash, reason, record, source, load_id, run_id) "
            "values (%s, 'orders', 'x', 'no date', %s, 'searchOrders', %s, 'r')",
            (seller.id, Jsonb({}), uuid4()),
        )
    return seller


def test_it_shows_what_is_waited_for_now_and_until_when(xpert, busy, pipeline_dsn):
    environ = {"DATABASE_URL": pipeline_dsn}
    found = only(xpert("status", "--json", **environ))
    (waiting,) = found["waiting"]
    assert (waiting["operation"], waiting["priority"]) == ("searchOrders", 1)
    until, since = (datetime.fromisoformat(waiting[name]) for name in ("until", "since"))
    assert timedelta(seconds=900) < until - since < timedelta(seconds=1100), (
        "a backfill leaves five tokens to live work"
    )
    (bucket,) = found["buckets"]
    assert (bucket["throttled"], bucket["level"]) == (1, pytest.approx(0, abs=0.1))
    assert found["rejected_records"] == {"orders": 1}
    text = xpert("status", "-v", **environ).stdout
    assert "searchOrders (backfill) since " in text
    assert "1 x 429" in text
    assert "orders 1 (see `xpert report rejected-records`" in text
    assert "none has ended yet" in text


def test_open_report_requests_are_shown_newest_first_and_dead_ones_are_not(xpert, busy, admin, pipeline_dsn):
    environ = {"DATABASE_URL": pipeline_dsn}
    now = datetime.now(UTC)
    hours = {n: now + timedelta(hours=n) for n in (-25, -23, -3, -2, -1, 1)}
    requests = [  # report type, state, written down, not before, collected
        ("GET_DEAD", "IN_QUEUE", hours[-25], None, None),
        ("GET_OLD", "IN_PROGRESS", hours[-23], None, None),
        ("GET_LEFT", "DONE", hours[-25], None, None),
        ("GET_MADE", "DONE", hours[-3], None, None),
        ("GET_LOADED", "DONE", hours[-1], None, hours[-1]),
        ("GET_BLOCKED", "THROTTLED", hours[-2], hours[1], None),
        ("GET_FREE", "THROTTLED", hours[-2], hours[-1], None),
        ("GET_BAD", "FATAL", hours[-1], None, None),
        ("GET_XML", "IN_QUEUE", hours[-1], None, None),
    ]
    for report_type, state, created_at, not_before, collected_at in requests:
        admin.execute(
            "insert into report_requests (seller_id, marketplace_ids, kind, report_type, state, amazon_id, window_start, "
            "window_end, tries, run_id, created_at, not_before, collected_at) "
            "values (%s, '{A21TJRUUN4KGV}', 'report', %s, %s, '77', '2025-12-31T18:30Z', '2026-01-31T18:30Z', 2, 'r', %s, %s, %s)",
            (busy.id, report_type, state, created_at, not_before, collected_at),
        )
    requests = only(xpert("status", "--json", **environ))["report_requests"]
    assert [each["report_type"] for each in requests] == ["GET_XML", "GET_BLOCKED", "GET_MADE", "GET_OLD"]
    assert (requests[0]["state"], requests[0]["amazon_id"]) == ("IN_QUEUE", "77")
    text = xpert("status", "-v", **environ).stdout
    assert "GET_XML: 1 report IN_QUEUE since " in text
    days = day_words(date(2026, 1, 1), date(2026, 1, 31))
    assert f", {days}, tried 2 times, 77" in text, "days of the marketplace, the last one included"


def test_sellers_can_be_chosen_and_an_unknown_one_is_refused(xpert, busy, other_seller, pipeline_dsn):
    environ = {"DATABASE_URL": pipeline_dsn}
    assert len(xpert("status", "--json", **environ).json["sellers"]) == 2
    assert only(xpert("status", "--json", "--seller", busy.amazon_seller_id, **environ))["name"] == "Test Books"
    refused = xpert("status", "--seller", "A0NOBODY", **environ)
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "A0NOBODY is not known" in refused.stderr


def test_without_a_seller_it_says_what_to_do(xpert, pipeline_dsn):
    said = xpert("status", DATABASE_URL=pipeline_dsn)
    assert said.exit_code == 0
    assert "no seller yet" in said.stdout


def test_a_database_that_lacks_migrations_is_refused_with_what_to_do(xpert, admin_dsn):
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        connection.execute("drop table schema_migrations")
    said = xpert("status", DATABASE_URL=admin_dsn)
    assert (said.exit_code, said.stdout) == (3, "")
    assert "xpert db migrate" in said.stderr


def test_refresh_tokens_are_not_shown(xpert, pool, seller, pipeline_dsn):
    assert SellerBook(pool, KEY).refresh_token(seller.id) == "Atzr|secret"
    said = json.dumps(xpert("status", "--json", DATABASE_URL=pipeline_dsn).json)
    assert "Atzr" not in said
