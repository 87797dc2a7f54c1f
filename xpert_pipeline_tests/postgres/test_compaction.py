"""Joining old loads changes no answer that the pipeline reads from the ledger."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from psycopg.types.json import Jsonb

from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline.postgres import compaction
from xpert_pipeline.postgres.compaction import CoverageWouldChange, compact_loads
from xpert_pipeline.postgres.coverage import (
    covered_days,
    days_read,
    first_load_started,
    first_loaded_day,
    followed_until,
    latest_detail,
)
from xpert_pipeline.postgres.lacking_rows import newest_lacking
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.postgres.standing import standing
from xpert_pipeline_tests.postgres.rows import item, order, orders_and_items, run_load

INDIA, BERLIN = ("A21TJRUUN4KGV", "Asia/Kolkata"), ("A1PA6795UKMFR9", "Europe/Berlin")
NOW = (datetime.now(UTC) - timedelta(days=10)).replace(hour=3, minute=0, second=0, microsecond=0)
RESTATED = timedelta(days=14)
ZONES = {marketplace_id: ZoneInfo(zone) for marketplace_id, zone in (INDIA, BERLIN)}
KEEP = timedelta(days=90)


def midnight(scope, day):
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(scope.timezone))


@pytest.fixture
def add(pool, seller):
    def insert(scope, table, kind, start, end, started, *, details=None, **counts):
        row = {
            "load_id": uuid4(),
            "table_name": table,
            "seller_id": seller.id,
            "marketplace_id": scope.marketplace_id,
            "source": "s",
            "window_kind": kind,
            "window_start": start,
            "window_end": end,
            "run_id": "r",
            **dict.fromkeys(("fetched", "inserted", "updated", "unchanged", "deleted", "rejected"), 0),
            "started_at": started,
            "finished_at": started + timedelta(minutes=1),
            "details": Jsonb(details or {}),
            **counts,
        }
        with tenant(pool, seller.id) as connection:
            names = ", ".join(row)
            places = ", ".join(f"%({name})s" for name in row)
            connection.execute(f"insert into loads ({names}) values ({places})", row)

    return insert


@pytest.fixture
def count(pool, seller):
    def count_(table=None):
        with tenant(pool, seller.id) as connection:
            query = "select count(*) from loads where table_name = coalesce(%s, table_name)"
            return connection.execute(query, [table]).fetchone()[0]

    return count_


def scope_of(seller, place=INDIA):
    return Scope(seller.id, *place)


def answers(pool, seller, scope, table, first):
    """Everything that the pipeline reads from the ledger about a table."""
    days = [first + timedelta(days=n) for n in range((NOW.date() - first).days + 2)]
    with tenant(pool, seller.id) as connection:
        sums = connection.execute(
            "select sum(inserted - deleted), sum(fetched), sum(rejected), max(finished_at), max(newest_day) from loads"
            " where table_name = %s and marketplace_id = %s",
            [table, scope.marketplace_id],
        ).fetchone()
    return {
        "covered": covered_days(pool, scope, table, days),
        "covered until": covered_days(pool, scope, table, days, NOW - timedelta(hours=5)),
        "read": days_read(pool, scope, table, days),
        "settled": days_read(pool, scope, table, days, age=RESTATED),
        "read lately": days_read(pool, scope, table, days, since=NOW - timedelta(hours=6)),
        "followed": followed_until(pool, scope, table),
        "first load": first_load_started(pool, scope, table),
        "first day": first_loaded_day(pool, scope, [table]),
        "trusted": latest_detail(pool, scope, table, "trust"),
        "standing": standing(pool, seller, [scope]).newest_days,
        "sums": sums,
    }


def a_year(add, scope, first_run):
    """Daily runs for a year: a restated table, a change stream with a first load, a snapshot and a derived table."""
    day = first_run
    add(scope, "orders", "created", midnight(scope, day - timedelta(days=30)), midnight(scope, day), midnight(scope, day), inserted=100, fetched=100, details={"trust": "match"})  # fmt: skip
    position = midnight(scope, day)
    number = 0
    while midnight(scope, day) < NOW:
        began = midnight(scope, day) + timedelta(hours=2)
        add(scope, "orders", "updated", position - timedelta(minutes=5), began, began, inserted=number % 3, fetched=3)
        position = began
        first = max(day - timedelta(days=14), first_run - timedelta(days=30))
        add(scope, "economics_daily", "created", midnight(scope, first), midnight(scope, day), began, inserted=1, details={"queries": number})  # fmt: skip
        add(scope, "fba_inventory", "snapshot", began, began, began, inserted=1, deleted=1, details={"total": number})
        add(scope, "fba_inventory", "partial", began, began, began, inserted=1)
        add(scope, "sales_data", "derived", midnight(scope, day), midnight(scope, day) + timedelta(days=1), began, updated=2)  # fmt: skip
        day += timedelta(days=1)
        number += 1


@pytest.mark.parametrize("place", [INDIA, BERLIN])
def test_a_year_of_daily_loads_becomes_a_season_and_no_answer_changes(add, pool, seller, count, place):
    """`loads` grew by a row per table and run for ever."""
    scope = scope_of(seller, place)
    first_run = NOW.date() - timedelta(days=365)
    a_year(add, scope, first_run)
    tables = ("orders", "economics_daily", "fba_inventory", "sales_data")
    first = first_run - timedelta(days=40)
    before = {table: answers(pool, seller, scope, table, first) for table in tables}
    planned = compact_loads(pool, seller.id, NOW - KEEP, {"economics_daily": RESTATED}, ZONES, dry_run=True)
    rows = count()
    done = compact_loads(pool, seller.id, NOW - KEEP, {"economics_daily": RESTATED}, ZONES)
    assert planned == done
    assert count() == rows - done.removed + done.added
    for table in tables:
        assert count(table) <= 2 * 90 + 12
        assert answers(pool, seller, scope, table, first) == before[table], table
    again = compact_loads(pool, seller.id, NOW - KEEP, {"economics_daily": RESTATED}, ZONES)
    assert again == compaction.Compacted(0, 0)


def test_pruned_every_day_the_ledger_stays_as_small(add, pool, seller, count):
    scope = scope_of(seller)
    first_run = NOW.date() - timedelta(days=365)
    a_year(add, scope, first_run)
    sizes = []
    for ago in range(40, -1, -4):
        compact_loads(pool, seller.id, NOW - KEEP - timedelta(days=ago), {"economics_daily": RESTATED}, ZONES)
        sizes.append({table: count(table) for table in ("orders", "economics_daily", "fba_inventory", "sales_data")})
    for table in sizes[0]:
        shrunk = [earlier[table] - later[table] for earlier, later in pairwise(sizes)]
        assert all(number >= 3 for number in shrunk), (table, shrunk)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_loads_were_no_answer_changes(add, pool, seller, seed):
    """Gaps, overlaps, windows that begin in the middle of a day, and days that were never final."""
    chance = random.Random(seed)
    scope = scope_of(seller, chance.choice([INDIA, BERLIN]))
    first = NOW.date() - timedelta(days=150)
    for _ in range(120):
        start = midnight(scope, first + timedelta(days=chance.randrange(140)))
        start += timedelta(hours=chance.choice([0, 0, 0, 7]))
        end = start + timedelta(days=chance.choice([0, 1, 1, 3, 15]), hours=chance.choice([0, 0, 5]))
        began = min(end + timedelta(days=chance.choice([0, 1, 13, 14, 15, 30])), NOW - timedelta(hours=1))
        kind = chance.choice(["created", "created", "created", "updated", "updated", "partial", "derived", "snapshot"])
        end = start if kind == "snapshot" else end
        details = chance.choice([None, {"trust": chance.choice(["match", "mismatch"])}, {"plan": "x"}])
        numbers = {name: chance.randrange(9) for name in ("fetched", "inserted", "deleted", "rejected")}
        newest = chance.choice([None, start.date()])
        add(scope, "t", kind, start, end, began, details=details, newest_day=newest, **numbers)
    before = answers(pool, seller, scope, "t", first)
    for ago in (60, 30, 10, 1):
        compact_loads(pool, seller.id, NOW - timedelta(days=ago), {"t": RESTATED}, ZONES)
        after = answers(pool, seller, scope, "t", first)
        if before["followed"] != after["followed"]:  # an old snapshot outside the stream no longer stops it
            assert after["followed"] > before["followed"]
            after["followed"] = before["followed"]
        assert after == before


def test_a_result_that_covers_less_is_refused_and_nothing_is_changed(add, pool, seller, count, monkeypatch):
    scope = scope_of(seller)
    a_year(add, scope, NOW.date() - timedelta(days=200))
    real, rows = compaction.join_old, count()

    def loses_a_window(*arguments):
        joined = real(*arguments)
        return joined and compaction.Joined(joined.gone, joined.rows[:-1])

    monkeypatch.setattr(compaction, "join_old", loses_a_window)
    with pytest.raises(CoverageWouldChange, match="was not compacted"):
        compact_loads(pool, seller.id, NOW - KEEP, {"economics_daily": RESTATED}, ZONES)
    assert count() == rows


def test_a_load_that_is_committed_meanwhile_is_no_mistake(add, pool, seller, count, monkeypatch):
    """A sync that loaded something while the ledger was compacted made it look as if the result covered more."""
    scope = scope_of(seller)
    for day in range(100, 110):
        start = NOW - timedelta(days=day)
        add(scope, "orders", "updated", start, start + timedelta(days=1), start, fetched=2)
    replace = compaction._replace

    def while_a_sync_loads(*arguments):
        add(scope, "orders", "updated", NOW - timedelta(days=1), NOW, NOW, fetched=5)
        add(scope, "products", "snapshot", NOW, NOW, NOW, fetched=3)
        return replace(*arguments)

    monkeypatch.setattr(compaction, "_replace", while_a_sync_loads)
    done = compact_loads(pool, seller.id, NOW - KEEP, {}, ZONES)
    assert done.removed > done.added > 0
    assert count() == 10 - done.removed + done.added + 2


def test_other_sellers_and_young_loads_stay_as_they_are(add, pool, seller, other_seller, count):
    scope = scope_of(seller)
    a_year(add, scope, NOW.date() - timedelta(days=80))
    assert compact_loads(pool, seller.id, NOW - KEEP, {}, ZONES) == compaction.Compacted(0, 0)
    rows = count()
    assert compact_loads(pool, other_seller.id, NOW, {}, ZONES) == compaction.Compacted(0, 0)
    assert count() == rows


def test_what_pages_have_read_stays_known_and_is_not_read_again(add, pool, seller):
    """Joined rows named `several` as their source, so that orders of a report, which pages had read, lacked columns."""
    started = NOW - timedelta(days=200)
    day = started.date() - timedelta(days=3)
    window = LoadWindow("created", midnight(scope_of(seller), day), midnight(scope_of(seller), day + timedelta(days=1)))
    rows = orders_and_items([order("1", day=day)], [item("1", day=day)])
    run_load(pool, seller, rows, source="a report", window=window, partitions=[day])
    with tenant(pool, seller.id) as connection:
        connection.execute("update orders set updated_at = %s", [started - timedelta(days=1)])
        connection.execute("delete from loads")
    asked = {
        "seller_id": seller.id,
        "marketplace_ids": [INDIA[0]],
        "table": ORDERS,
        "created": "purchase_date",
        "sources": ["a report"],
        "operation": "searchOrders",
        "latest": NOW,
        "most": 10,
    }
    for number in range(5):
        for source in ("a report", "searchOrders") if number else ("a report",):
            begun = started + timedelta(hours=number)
            add(scope_of(seller), "orders", "created", window.start, window.end, begun, source=source)
    assert newest_lacking(pool, **asked) is None
    done = compact_loads(pool, seller.id, NOW - KEEP, {}, ZONES)
    assert done.removed > done.added > 0
    assert newest_lacking(pool, **asked) is None
    assert newest_lacking(pool, **asked | {"operation": "another source"}).lacking == 1
