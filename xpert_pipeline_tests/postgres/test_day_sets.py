"""Days as sets: a day that was read whole is replaced, and is read again as long as Amazon restates it."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from xpert_pipeline.assets.sales.traffic_daily import TRAFFIC_DAILY
from xpert_pipeline.postgres.coverage import covered_days, days_read
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.loading import TableLoad, load
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.scope import Scope

STORE, ZONE = "A21TJRUUN4KGV", ZoneInfo("Asia/Kolkata")
FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)
COLUMNS = ("marketplace_id", "business_date", "asin", "sessions")


def midnight(day):
    return datetime.combine(day, time(), ZONE)


@pytest.fixture
def read(pool, seller):
    """Load days that were read whole, with the sessions of ASINs on these days."""

    def run(days, *rows, kept=(), started_at=None):
        part = TableLoad(
            TRAFFIC_DAILY,
            COLUMNS,
            [(STORE, *row) for row in rows],
            len(rows),
            whole_sets=[(STORE, day) for day in days],
            kept=[(STORE, *key) for key in kept],
        )
        with hold(pool, seller.id, "traffic_daily") as lease:
            return load(
                pool,
                seller_id=seller.id,
                marketplace_ids=[STORE],
                lease=lease,
                run_id="run",
                source="test",
                window=LoadWindow("created", midnight(min(days)), midnight(max(days) + timedelta(days=1))),
                parts=[part],
                partitions=days,
                waits={},
                started_at=started_at or datetime.now(UTC),
            )["traffic_daily"]

    return run


@pytest.fixture
def held(pool, seller):
    def rows():
        with tenant(pool, seller.id) as connection:
            return connection.execute(
                "select business_date, asin, sessions from traffic_daily order by 1, 2"
            ).fetchall()

    return rows


def test_rows_that_a_day_no_longer_has_are_deleted_and_counted_and_other_days_stay(read, held):
    read([FIRST, SECOND], (FIRST, "A", 1), (FIRST, "B", 2), (SECOND, "A", 3))
    counts = read([FIRST], (FIRST, "B", 2))
    assert (counts.deleted, counts.unchanged) == (1, 1)
    assert held() == [(FIRST, "B", 2), (SECOND, "A", 3)]


def test_a_day_that_was_read_and_has_no_rows_is_emptied(read, held):
    read([FIRST, SECOND], (FIRST, "A", 1), (SECOND, "A", 3))
    assert read([SECOND]).deleted == 1
    assert held() == [(FIRST, "A", 1)]


def test_the_row_of_a_record_that_arrived_and_was_refused_stays(read, held):
    read([FIRST], (FIRST, "A", 1), (FIRST, "B", 2), (FIRST, "C", 3))
    assert read([FIRST], (FIRST, "C", 4), kept=[(FIRST, "A"), (FIRST, "never seen")]).deleted == 1
    assert held() == [(FIRST, "A", 1), (FIRST, "C", 4)]


def test_of_two_records_with_one_key_the_last_stays_and_a_difference_is_counted(read, held, pool, seller):
    """The difference was counted as unchanged and nobody saw it."""

    def signals():
        with tenant(pool, seller.id) as connection:
            query = "select details -> 'signals' from loads order by finished_at desc limit 1"
            return connection.execute(query).fetchone()[0]

    same = read([FIRST], (FIRST, "A", 1), (FIRST, "A", 1), (FIRST, "B", None), (FIRST, "B", None))
    assert (same.fetched, same.inserted, same.unchanged, signals()) == (4, 2, 2, None)
    other = read([FIRST], (FIRST, "A", 1), (FIRST, "A", 5), (FIRST, "B", 2), (FIRST, "B", None), (FIRST, "B", None))
    assert (other.fetched, other.updated, other.unchanged) == (5, 1, 4)
    assert signals() == {"keys that arrived more than once with different values": 2}
    assert held() == [(FIRST, "A", 5), (FIRST, "B", None)]


def test_percentages_stay_as_received_and_amounts_keep_four_decimals(pool, seller):
    """33.33349 percent became 33.333."""
    columns = (*COLUMNS, "unit_session_pct", "buy_box_pct", "buy_box_pct_b2b", "refund_rate", "ops", "currency")
    percentages = [Decimal(text) for text in ("33.33349", "0.0000001", "99.99999999", "66.6666666666")]
    row = (STORE, FIRST, "A", 1, *percentages, Decimal("1.23456"), "INR")
    with hold(pool, seller.id, "traffic_daily") as lease:
        load(
            pool,
            seller_id=seller.id,
            marketplace_ids=[STORE],
            lease=lease,
            run_id="run",
            source="test",
            window=LoadWindow("created", midnight(FIRST), midnight(SECOND)),
            parts=[TableLoad(TRAFFIC_DAILY, columns, [row], 1)],
            partitions=[FIRST],
            waits={},
            started_at=datetime.now(UTC),
        )
    with tenant(pool, seller.id) as connection:
        stored = connection.execute(
            "select unit_session_pct, buy_box_pct, buy_box_pct_b2b, refund_rate, ops from traffic_daily"
        ).fetchone()
    assert stored == (*percentages, Decimal("1.2346"))


@pytest.mark.parametrize(("hours_after", "settled"), [(14 * 24 - 1, set()), (14 * 24, {FIRST})])
def test_a_day_is_settled_once_it_was_read_after_its_last_restatement(pool, seller, read, hours_after, settled):
    about = (pool, Scope(seller.id, STORE, seller.timezone), "traffic_daily", [FIRST, SECOND])
    read([FIRST], started_at=midnight(FIRST) + timedelta(hours=1))
    read([FIRST], started_at=midnight(FIRST) + timedelta(hours=hours_after))
    assert covered_days(*about) == {FIRST}
    assert days_read(*about, age=timedelta(days=14)) == settled


def test_days_that_were_read_recently_are_known(pool, seller, read):
    about = (pool, Scope(seller.id, STORE, seller.timezone), "traffic_daily", [FIRST, SECOND])
    now = datetime.now(UTC)
    read([FIRST], started_at=now - timedelta(hours=2))
    read([SECOND], started_at=now - timedelta(hours=8))
    assert days_read(*about) == {FIRST, SECOND}
    assert days_read(*about, since=now - timedelta(hours=6)) == {FIRST}
