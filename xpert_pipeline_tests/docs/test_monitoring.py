"""sql/monitoring: each statement runs as the pipeline's role and answers its question, by marketplace."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.postgres.sellers import Seller

FOLDER = Path(__file__).resolve().parents[2] / "sql" / "monitoring"
QUESTIONS = {
    "checks",
    "failures",
    "freshness",
    "gaps",
    "quota_waits",
    "recent_events",
    "rejected_records",
    "report_requests",
    "sync_performance",
}
INDIA, BRITAIN = "A21TJRUUN4KGV", "A1F83G8C2ARO7P"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime.now(UTC)
TODAY = (NOW + timedelta(hours=5, minutes=30)).date()  # at Amazon.in

Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ask(pool: Pool, seller: Seller) -> Ask:
    def run(question: str, **others: Any) -> list[dict[str, Any]]:
        parameters = {
            "amazon_seller_id": seller.amazon_seller_id,
            "rows": 20,
            "since": LONG_AGO,
            "table_name": "orders",
            "first_day": TODAY - timedelta(days=10),
            "marketplace_id": seller.marketplace_ids[0],
            "timezone": seller.timezone,
            "scope": seller.amazon_seller_id,
        } | others
        with tenant(pool, seller.id) as connection, connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute((FOLDER / f"{question}.sql").read_bytes(), parameters).fetchall()

    return run


def add(connection: Connection, table: str, **row: Any) -> None:
    names = ", ".join(row)
    places = ", ".join(f"%({name})s" for name in row)
    connection.execute(f"insert into {table} ({names}) values ({places})".encode(), row)


def add_check(connection: Connection, seller: Seller, table: str, **result: Any) -> None:
    add(connection, "check_results", seller_id=seller.id, table_name=table, check_name="a_check", **result)


def add_event(
    connection: Connection, seller: Seller, at: datetime, kind: str, marketplace_id: str | None = None, **data: Any
) -> None:
    add(
        connection,
        "fact_stream",
        seller_id=seller.id,
        marketplace_id=marketplace_id,
        event_type=kind,
        event_category="sync",
        timestamp=at,
        data=Jsonb(data),
        requires_action=kind == "sync.failed",
        event_id=str(uuid4()),
    )


def add_load(connection: Connection, seller: Seller, **others: Any) -> None:
    row = {
        "load_id": uuid4(),
        "table_name": "orders",
        "seller_id": seller.id,
        "marketplace_id": seller.marketplace_ids[0],
        "source": "searchOrders",
        "window_kind": "created",
        "window_start": NOW - timedelta(days=1),
        "window_end": NOW,
        "run_id": "run-1",
        "started_at": NOW - timedelta(seconds=20),
        "finished_at": NOW,
        **dict.fromkeys(("fetched", "inserted", "updated", "unchanged", "deleted", "rejected"), 0),
    } | others
    add(connection, "loads", **row)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=5, minutes=30)


def test_the_folder_holds_these_questions():
    assert {file.stem for file in FOLDER.glob("*.sql")} == QUESTIONS


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_each_file_is_one_statement_that_opens_with_its_question(question: str, ask: Ask):
    text = (FOLDER / f"{question}.sql").read_text()
    assert text.startswith("-- ")
    assert text.splitlines()[0].endswith("?")
    assert "-- Parameters: " in text
    ask(question, table_name="sales_data" if question == "gaps" else "orders")


def test_recent_events_come_newest_first_with_their_numbers(admin: Connection, seller: Seller, ask: Ask):
    add_event(
        admin, seller, NOW - timedelta(hours=2), "sync.completed", table="orders", records_processed=7, inserted=5
    )
    add_event(admin, seller, NOW, "sync.failed", table="products", error="NotGranted: no role")
    rows = ask("recent_events")
    assert [(row["event_type"], row["table_name"]) for row in rows] == [
        ("sync.failed", "products"),
        ("sync.completed", "orders"),
    ]
    assert (rows[1]["records_processed"], rows[1]["inserted"]) == (7, 5)
    assert len(ask("recent_events", rows=1)) == 1


def test_the_days_of_one_run_are_one_row_of_the_recent_events(admin: Connection, seller: Seller, ask: Ask):
    """Twenty nearly equal rows, one for each day, hid everything else."""
    for day in range(1, 21):
        facts = {"partition_date": f"2026-03-{day:02}", "inserted": 2, "run_id": "r1"}
        add_event(admin, seller, NOW - timedelta(minutes=day), "sync.completed", table="orders", **facts)
    add_event(admin, seller, NOW - timedelta(hours=9), "sync.completed", table="orders", inserted=1, run_id="r0")
    add_event(admin, seller, NOW - timedelta(hours=9), "sync.failed", table="orders", error="Throttled", run_id="r0")
    first, *others = ask("recent_events")
    assert (first["first_day"], first["last_day"]) == ("2026-03-01", "2026-03-20")
    assert (first["events"], first["inserted"], first["run_id"]) == (20, 40, "r1")
    assert sorted((row["event_type"], row["error"]) for row in others) == [
        ("sync.completed", None),
        ("sync.failed", "Throttled"),
    ]


def test_a_failure_is_over_once_its_table_has_been_synced_again(admin: Connection, seller: Seller, ask: Ask):
    for hours in (5, 4):
        add_event(
            admin, seller, NOW - timedelta(hours=hours), "sync.failed", table="orders_and_items", error="Transient: 503"
        )
    add_event(admin, seller, NOW - timedelta(hours=3), "sync.completed", table="orders")
    add_event(admin, seller, NOW - timedelta(hours=1), "sync.failed", table="products", error="NotGranted: no role")
    rows = ask("failures")
    assert [(row["table_name"], row["failures"], row["still_failing"]) for row in rows] == [
        ("products", 1, True),
        ("orders_and_items", 2, False),
    ]
    assert ask("failures", since=NOW) == []


def test_a_failure_in_one_marketplace_is_over_once_that_marketplace_has_been_synced_again(
    admin: Connection, seller: Seller, ask: Ask
):
    def event(hours: int, kind: str, marketplace_id: str | None) -> None:
        at = NOW - timedelta(hours=hours)
        add_event(admin, seller, at, kind, marketplace_id, table="orders", error="Transient: 503")

    for marketplace_id in (INDIA, BRITAIN, None):
        event(5, "sync.failed", marketplace_id)
    event(4, "sync.completed", INDIA)
    assert {row["marketplace_id"]: row["still_failing"] for row in ask("failures")} == {
        INDIA: False,
        BRITAIN: True,
        None: False,
    }
    event(3, "sync.completed", None)
    assert {row["still_failing"] for row in ask("failures")} == {False}


def test_performance_counts_a_load_of_several_marketplaces_as_one_window(admin: Connection, seller: Seller, ask: Ask):
    load_id = uuid4()
    add_load(admin, seller, load_id=load_id, fetched=10, calls=3, waited_seconds=4.5)
    add_load(admin, seller, load_id=load_id, marketplace_id=BRITAIN, fetched=5)
    (row,) = ask("sync_performance")
    assert (row["windows"], row["records_processed"], row["calls"]) == (1, 15, 3)
    assert (float(row["seconds"]), float(row["waited_seconds"])) == (20.0, 4.5)


def test_performance_adds_up_the_windows_of_a_run(admin: Connection, seller: Seller, ask: Ask):
    for _ in range(2):
        add_load(admin, seller, fetched=10, inserted=10, calls=3, waited_seconds=4.5)
    add_load(admin, seller, run_id="run-0", finished_at=NOW - timedelta(days=1), started_at=NOW - timedelta(days=1))
    newest, older = ask("sync_performance")
    assert (newest["run_id"], older["run_id"]) == ("run-1", "run-0")
    assert (newest["windows"], newest["records_processed"], newest["calls"]) == (2, 20, 6)
    assert (float(newest["seconds"]), float(newest["waited_seconds"])) == (40.0, 9.0)


def test_gaps_are_ranges_of_days_that_no_window_covers_whole(admin: Connection, seller: Seller, ask: Ask):
    first = TODAY - timedelta(days=10)
    for start, days in ((first, 2), (first + timedelta(days=4), 3)):
        add_load(admin, seller, window_start=midnight(start), window_end=midnight(start + timedelta(days=days)))
    half = first + timedelta(days=7)
    add_load(admin, seller, window_start=midnight(half), window_end=midnight(half) + timedelta(hours=12))
    add_load(admin, seller, window_kind="derived", window_start=midnight(first), window_end=midnight(TODAY))
    gaps = [
        (row["first_day"] - first, row["last_day"] - first, row["day_count"]) for row in ask("gaps", first_day=first)
    ]
    assert gaps == [(timedelta(2), timedelta(3), 2), (timedelta(7), timedelta(9), 3)]


def test_gaps_are_those_of_one_marketplace_in_its_own_days(admin: Connection, seller: Seller, ask: Ask):
    """A window that begins at midnight in India begins in the middle of a day in Britain: that day is not complete."""
    first = TODAY - timedelta(days=10)
    window = {"window_start": midnight(first), "window_end": midnight(first + timedelta(days=11))}
    for marketplace_id in (INDIA, BRITAIN):
        add_load(admin, seller, marketplace_id=marketplace_id, **window)
    assert ask("gaps", first_day=first) == []
    british = {"marketplace_id": BRITAIN, "timezone": "Europe/London"}
    days = [(row["first_day"], row["day_count"]) for row in ask("gaps", first_day=first - timedelta(1), **british)]
    assert days == [(first - timedelta(1), 1)]
    add_load(admin, seller, marketplace_id=BRITAIN, table_name="products")
    german = {"marketplace_id": "A1PA6795UKMFR9", "timezone": "Europe/Berlin"}
    assert len(ask("gaps", first_day=first, **german)) == 1


def test_without_any_load_every_day_before_today_is_a_gap(ask: Ask):
    (gap,) = ask("gaps")
    assert (gap["first_day"], gap["last_day"], gap["day_count"]) == (TODAY - timedelta(10), TODAY - timedelta(1), 10)


def test_rejected_records_are_counted_by_reason(admin: Connection, seller: Seller, ask: Ask):
    for key, reason, marketplace_id in (
        ("1", "no purchase date", INDIA),
        ("2", "no purchase date", INDIA),
        ("3", "no purchase date", BRITAIN),
        ("4", "currency missing", None),
    ):
        add(
            admin,
            "rejected_records",
            seller_id=seller.id,
            marketplace_id=marketplace_id,
            table_name="orders",
            content_hash=key,
            record_key=key,
            reason=reason,
            record=Jsonb({}),
            source="searchOrders",
            load_id=uuid4(),
            run_id="run-1",
        )
    rows = ask("rejected_records")
    counted = {(row["reason"], row["marketplace_id"]): (row["records"], row["example_key"]) for row in rows}
    assert counted == {
        ("no purchase date", INDIA): (2, "1"),
        ("no purchase date", BRITAIN): (1, "3"),
        ("currency missing", None): (1, "4"),
    }
    assert rows[0]["records"] == 2


def test_quota_waits_show_an_empty_bucket_and_who_queues_for_it(pool: Pool, seller: Seller, ask: Ask):
    quota = PostgresQuota(pool)
    bucket = ("app", seller.amazon_seller_id, "eu", "searchOrders")
    rate, burst = 0.0167, 1.0
    waits = [quota.take(*bucket, rate, burst, uuid4(), 0)[0] for _ in range(2)]
    assert waits[0] == 0 < waits[1]
    quota.throttled(*bucket)
    (row,) = ask("quota_waits")
    assert (row["operation"], row["calls"], row["waiting"], row["answers_429"]) == ("searchOrders", 1, 1, 1)
    assert row["tokens_now"] < 1
    assert row["last_429_at"] is not None
    assert ask("quota_waits", scope="another seller") == []


def test_freshness_returns_the_newest_load_and_day_of_each_table_in_each_marketplace(
    admin: Connection, seller: Seller, ask: Ask
):
    add_load(admin, seller, newest_day=TODAY, window_kind="updated", window_end=NOW)
    add_load(admin, seller, marketplace_id=BRITAIN, newest_day=TODAY - timedelta(3))
    add_load(
        admin,
        seller,
        table_name="products",
        window_kind="snapshot",
        finished_at=datetime.now(UTC) - timedelta(hours=30),
    )
    british, orders, products = sorted(ask("freshness"), key=lambda row: (row["table_name"], row["marketplace_id"]))
    assert (orders["table_name"], orders["marketplace_id"]) == ("orders", INDIA)
    assert (orders["newest_day"], orders["changes_followed_until"]) == (TODAY, NOW)
    assert (british["table_name"], british["marketplace_id"]) == ("orders", BRITAIN)
    assert (british["newest_day"], british["changes_followed_until"]) == (TODAY - timedelta(3), None)
    assert products["table_name"] == "products"
    assert 30 <= float(products["hours_since_load"]) < 31


@pytest.mark.parametrize("question", sorted(QUESTIONS - {"checks", "quota_waits", "gaps"}))
def test_another_sellers_rows_stay_out(question: str, admin: Connection, other_seller: Seller, ask: Ask):
    add_event(admin, other_seller, NOW, "sync.failed", table="orders", error="x")
    add_load(admin, other_seller)
    assert ask(question) == []
    assert ask(question, amazon_seller_id=other_seller.amazon_seller_id) == []


def test_checks_show_the_newest_result_of_each_check_failures_first(
    admin: Connection, seller: Seller, other_seller: Seller, ask: Ask
):
    add_check(admin, other_seller, "orders", passed=True, sentence="every key is unique")
    add_check(admin, seller, "orders", passed=True, sentence="every key is unique")
    add_check(admin, seller, "traffic_daily", passed=False, sentence="1 differs: 2026-03-10 on Amazon.in, SKU A-1")
    wrong, right = ask("checks")
    assert (wrong["table_name"], wrong["passed"]) == ("traffic_daily", False)
    assert wrong["sentence"] == "1 differs: 2026-03-10 on Amazon.in, SKU A-1"
    assert (right["table_name"], right["check_name"], right["passed"]) == ("orders", "a_check", True)
    assert right["checked_at"] is not None


def test_report_requests_show_what_is_open_first_and_how_long_amazon_took(ask, pool, seller):
    common = {"seller_id": seller.id, "marketplace_ids": [INDIA], "kind": "report", "run_id": "r", "tries": 1}
    with tenant(pool, seller.id) as connection:
        add(connection, "report_requests", report_type="GET_DEAD", state="IN_QUEUE", created_at=LONG_AGO, **common)
        earlier = {"created_at": NOW - timedelta(hours=3), **common}
        add(connection, "report_requests", report_type="GET_MADE", state="IN_QUEUE", **earlier)
        later = {"created_at": NOW - timedelta(hours=2), **common}
        blocked = {"state": "THROTTLED", "not_before": NOW + timedelta(hours=1)}
        add(connection, "report_requests", report_type="GET_BLOCKED", **blocked, **later)
        add(
            connection,
            "report_requests",
            report_type="GET_DONE",
            state="DONE",
            asked_at=NOW - timedelta(seconds=40),
            ready_at=NOW,
            collected_at=NOW,
            **common,
        )
        add(connection, "report_requests", report_type="GET_BAD", state="FATAL", created_at=LONG_AGO, **common)
    rows = ask("report_requests", since=NOW - timedelta(hours=1))
    states = [(row["report_type"], row["state"]) for row in rows]
    assert states == [("GET_BLOCKED", "THROTTLED"), ("GET_MADE", "IN_QUEUE"), ("GET_DONE", "DONE")]
    assert (rows[2]["generation_seconds"], rows[2]["is_loaded"], rows[2]["marketplace_ids"]) == (40, True, [INDIA])
