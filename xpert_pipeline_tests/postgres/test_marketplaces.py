"""Several marketplaces of one seller: one load may serve all of them, and nothing of one counts for another."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from xpert_pipeline.assets.catalog.products import PRODUCTS
from xpert_pipeline.assets.finance.economics_daily import ECONOMICS_DAILY
from xpert_pipeline.assets.orders.order_items import ORDER_ITEMS
from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline.postgres.coverage import (
    covered_days,
    days_read,
    first_load_started,
    first_loaded_day,
    followed_until,
    latest_detail,
    records_per_day,
)
from xpert_pipeline.postgres.known_days import DayFigures, days_doubted_before, figures_by_day
from xpert_pipeline.postgres.ledger import LoadWindow, run_counts
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.quarantine import Reject
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.postgres.standing import standing
from xpert_pipeline_tests.postgres.rows import (
    DAY,
    DE,
    IN,
    T0,
    UK,
    WINDOW,
    counts,
    item,
    order,
    orders_and_items,
    part,
    product,
    products,
    rows_of,
    run_load,
)

EARLIER = DAY - timedelta(days=1)
LONDON = "Europe/London"
COUNTS = "fetched, inserted, updated, unchanged, deleted, rejected"


@pytest.fixture
def indian(seller):
    return Scope(seller.id, IN, seller.timezone)


@pytest.fixture
def british(seller):
    return Scope(seller.id, UK, LONDON)


def in_uk(row):
    return row | {"marketplace_id": UK, "currency": "GBP"}


def ledger(pool, seller, table="orders", columns=COUNTS):
    rows = rows_of(
        pool, seller, f"select marketplace_id, {columns} from loads where table_name = '{table}' order by finished_at"
    )
    return {marketplace_id: numbers if len(numbers) > 1 else numbers[0] for marketplace_id, *numbers in rows}


def local_window(day, zone, kind="created", days=1):
    start = datetime.combine(day, time(), ZoneInfo(zone))
    end = datetime.combine(day + timedelta(days=days), time(), ZoneInfo(zone))
    return LoadWindow(kind, start.astimezone(UTC), end.astimezone(UTC))


def test_one_load_writes_one_ledger_row_per_table_and_marketplace_with_its_own_counts(pool, seller):
    orders = [order("1"), order("2"), in_uk(order("3")), in_uk(order("4", day=EARLIER))]
    items = [item("1"), item("2"), item("2", 2), in_uk(item("3")), in_uk(item("4", day=EARLIER))]
    both = {"marketplace_ids": [IN, UK], "partitions": [EARLIER, DAY]}
    first = run_load(pool, seller, orders_and_items(orders, items), **both)
    assert counts(first, "orders") == {"fetched": 4, "inserted": 4}
    assert counts(first, "order_items") == {"fetched": 5, "inserted": 5}
    assert ledger(pool, seller) == {IN: [2, 2, 0, 0, 0, 0], UK: [2, 2, 0, 0, 0, 0]}
    assert ledger(pool, seller, "order_items") == {IN: [3, 3, 0, 0, 0, 0], UK: [2, 2, 0, 0, 0, 0]}
    [(load_ids, windows)] = rows_of(
        pool, seller, "select count(distinct load_id), count(distinct (window_start, window_end)) from loads"
    )
    assert (load_ids, windows) == (1, 1)
    changed = [order("1", version=1, units_ordered=9), *orders[1:3], in_uk(order("4", version=1, day=EARLIER))]
    again = run_load(pool, seller, [part(ORDERS, changed)], run_id="run-2", **both)
    assert counts(again, "orders") == {"fetched": 4, "updated": 2, "unchanged": 2}
    by_marketplace = run_counts(pool, seller.id, "run-2", "orders")
    assert {
        (marketplace_id, day): (numbers["updated"], numbers["unchanged"])
        for marketplace_id, days in by_marketplace.items()
        for day, numbers in days.items()
    } == {(IN, EARLIER): (0, 0), (IN, DAY): (1, 1), (UK, EARLIER): (1, 0), (UK, DAY): (0, 1)}


def test_a_marketplace_without_a_row_has_its_ledger_row_and_is_covered(pool, seller, british):
    run_load(
        pool,
        seller,
        orders_and_items([order("1")], []),
        marketplace_ids=[IN, UK],
        window=local_window(DAY, LONDON, days=2),
    )
    assert ledger(pool, seller) == {IN: [1, 1, 0, 0, 0, 0], UK: [0, 0, 0, 0, 0, 0]}
    assert covered_days(pool, british, "orders", [DAY]) == {DAY}


def test_figures_of_the_whole_load_are_counted_once_for_the_first_marketplace(pool, seller):
    orders, items = orders_and_items([in_uk(order("1"))], [in_uk(item("1"))])
    orders.signals["odd"] = 2
    run_load(
        pool,
        seller,
        [replace(orders, fetched=3), items],
        marketplace_ids=[UK, IN],
        details={"plan": "pages", "signals": {"new": 1}},
    )
    entries = rows_of(
        pool, seller, "select table_name, marketplace_id, calls, waited_seconds, waits <> '{}', details from loads"
    )
    assert {(table, marketplace_id): tuple(rest) for table, marketplace_id, *rest in entries} == {
        ("orders", UK): (3, 1.5, True, {"plan": "pages", "signals": {"new": 1, "odd": 2}}),
        ("orders", IN): (0, 0.0, False, {"plan": "pages"}),
        ("order_items", UK): (0, 0.0, False, {"plan": "pages", "signals": {"new": 1}}),
        ("order_items", IN): (0, 0.0, False, {"plan": "pages"}),
    }
    assert ledger(pool, seller) == {UK: [3, 1, 0, 2, 0, 0], IN: [0, 0, 0, 0, 0, 0]}


def test_rejects_count_for_their_marketplace_and_else_for_the_first(pool, seller):
    rejects = [
        Reject({"orderId": "8"}, "no date", "8", UK),
        Reject({"orderId": "9"}, "no date", "9"),
        Reject({"orderId": "7"}, "no date", "7", DE),
    ]
    result = run_load(pool, seller, [part(ORDERS, [order("1")], rejects=rejects, fetched=4)], marketplace_ids=[IN, UK])
    assert counts(result, "orders") == {"fetched": 4, "inserted": 1, "rejected": 3}
    assert ledger(pool, seller) == {IN: [3, 1, 0, 0, 0, 2], UK: [1, 0, 0, 0, 0, 1]}
    kept = rows_of(pool, seller, "select record_key, marketplace_id from rejected_records order by 1")
    assert kept == [("7", DE), ("8", UK), ("9", None)]


def test_one_record_that_two_marketplaces_reject_is_kept_for_both(pool, seller):
    record = {"asin": "B1"}
    for marketplace_id in (IN, UK, UK):
        rejected = part(PRODUCTS, [], rejects=[Reject(record, "no SKU", "B1")], fetched=1)
        run_load(pool, seller, [rejected], marketplace_ids=[marketplace_id])
    kept = rows_of(pool, seller, "select marketplace_id, times_seen from rejected_records")
    assert sorted(kept) == sorted([(IN, 1), (UK, 2)])


def test_a_row_of_another_marketplace_keeps_the_whole_window_out(pool, seller):
    stray = orders_and_items([order("1"), in_uk(order("2"))], [])
    with pytest.raises(ValueError, match=f"rows of marketplace {UK} arrived, but the load is for {IN}"):
        run_load(pool, seller, stray)
    assert rows_of(pool, seller, "select (select count(*) from orders), (select count(*) from loads)") == [(0, 0)]


@pytest.mark.parametrize("nowhere", [{"marketplace_ids": []}, {"partitions": []}, {"partitions": {UK: [DAY]}}])
def test_a_load_without_a_marketplace_or_without_days_is_refused(pool, seller, nowhere):
    with pytest.raises(ValueError, match="at least one marketplace, and each marketplace at least one partition"):
        run_load(pool, seller, products(product("A")), **nowhere)


def test_each_marketplace_has_its_own_partitions(pool, seller):
    """At midnight in India it is still the day before in London."""
    run_load(
        pool,
        seller,
        products(product("A"), in_uk(product("A"))),
        marketplace_ids=[IN, UK],
        partitions={IN: [DAY], UK: [EARLIER]},
    )
    days = {
        marketplace_id: list(counted)
        for marketplace_id, counted in run_counts(pool, seller.id, "run-1", "products").items()
    }
    assert days == {IN: [DAY], UK: [EARLIER]}


def test_the_newest_day_of_a_ledger_row_is_its_marketplaces(pool, seller):
    rows = [order("1"), in_uk(order("2", day=EARLIER))]
    run_load(pool, seller, [part(ORDERS, rows)], marketplace_ids=[IN, UK, DE])
    assert ledger(pool, seller, columns="newest_day") == {IN: DAY, UK: EARLIER, DE: None}


def test_one_marketplaces_loads_do_not_cover_another(pool, seller, indian, british):
    began = datetime(2026, 3, 11, tzinfo=UTC)
    run_load(
        pool,
        seller,
        [part(ORDERS, [order("1")])],
        window=local_window(EARLIER, LONDON, days=3),
        details={"item_ids": "match"},
        started_at=began,
    )
    run_load(pool, seller, [part(ORDERS, [])], window=LoadWindow("updated", T0, T0 + timedelta(hours=1)))
    days = [EARLIER, DAY]
    answers = {
        "covered_days": lambda scope: covered_days(pool, scope, "orders", days),
        "days_read": lambda scope: days_read(pool, scope, "orders", days),
        "followed_until": lambda scope: followed_until(pool, scope, "orders"),
        "first_load_started": lambda scope: first_load_started(pool, scope, "orders"),
        "first_loaded_day": lambda scope: first_loaded_day(pool, scope, ["orders", "products"]),
        "records_per_day": lambda scope: records_per_day(pool, scope, "orders", "created"),
        "latest_detail": lambda scope: latest_detail(pool, scope, "orders", "item_ids"),
        "figures_by_day": lambda scope: figures_by_day(pool, scope, ORDERS, days, ["units_ordered"]),
    }
    assert {name: ask(indian) for name, ask in answers.items()} == {
        "covered_days": {DAY},
        "days_read": {DAY},
        "followed_until": T0 + timedelta(hours=1),
        "first_load_started": T0,
        "first_loaded_day": DAY,
        "records_per_day": pytest.approx(1 / 3),
        "latest_detail": "match",
        "figures_by_day": {DAY: DayFigures(rows=1, has_sales=True)},
    }
    assert {name: ask(british) for name, ask in answers.items()} == {
        "covered_days": set(),
        "days_read": set(),
        "followed_until": None,
        "first_load_started": None,
        "first_loaded_day": None,
        "records_per_day": None,
        "latest_detail": None,
        "figures_by_day": {},
    }


def test_days_are_each_marketplaces_own_local_days(pool, seller, indian, british):
    """A window from midnight to midnight in India covers no whole day in London."""
    days = [DAY + timedelta(days=n) for n in range(-1, 2)]
    run_load(pool, seller, orders_and_items([], []), marketplace_ids=[IN, UK], window=WINDOW)
    assert covered_days(pool, indian, "orders", days) == {DAY}
    assert covered_days(pool, british, "orders", days) == set()
    run_load(pool, seller, orders_and_items([], []), marketplace_ids=[UK], window=local_window(DAY, LONDON))
    assert covered_days(pool, indian, "orders", days) == {DAY}
    assert covered_days(pool, british, "orders", days) == {DAY}
    assert first_loaded_day(pool, indian, ["orders"]) == DAY
    assert first_loaded_day(pool, british, ["orders"]) == DAY, "the evening before is not the whole day"


def test_a_day_of_23_hours_is_covered_by_23_hours(pool, seller, british):
    spring = date(2026, 3, 29)
    window = local_window(spring, LONDON)
    assert window.end - window.start == timedelta(hours=23)
    run_load(pool, seller, orders_and_items([], []), marketplace_ids=[UK], window=window)
    assert covered_days(pool, british, "orders", [spring, spring + timedelta(days=1)]) == {spring}


def test_a_marketplace_added_later_leaves_the_others_rows_and_loads_as_they_are(pool, seller, sellers, indian, british):
    run_load(pool, seller, orders_and_items([order("1")], [item("1")]))
    run_load(pool, seller, products(product("A"), whole_sets=[(IN,)]), window=LoadWindow("snapshot", T0, T0))

    def untouched():
        tables = ("orders", "order_items", "products", "loads")
        return [
            rows_of(
                pool, seller, f"select xmin::text, t::text from {table} as t where marketplace_id = '{IN}' order by 2"
            )
            for table in tables
        ]

    before = untouched()
    sellers.add(
        seller.amazon_seller_id,
        name=seller.name,
        region="eu",
        marketplace_ids=[UK, IN],
        timezone=LONDON,
        is_sandbox=True,
    )
    assert followed_until(pool, british, "products") is None
    british_load = {"marketplace_ids": [UK], "window": local_window(EARLIER, LONDON, days=3)}
    run_load(pool, seller, orders_and_items([in_uk(order("1"))], [in_uk(item("1"))]), **british_load)
    run_load(pool, seller, products(in_uk(product("A")), whole_sets=[(UK,)]), **british_load)
    assert untouched() == before
    assert covered_days(pool, indian, "orders", [EARLIER, DAY]) == {DAY}
    assert covered_days(pool, british, "orders", [EARLIER, DAY]) == {EARLIER, DAY}


def test_an_order_id_of_two_marketplaces_is_two_orders_and_replaces_only_its_own_lines(pool, seller):
    both = {"marketplace_ids": [IN, UK]}
    lines = [item("1"), item("1", 2), in_uk(item("1")), in_uk(item("1", 2))]
    run_load(pool, seller, orders_and_items([order("1"), in_uk(order("1"))], lines), **both)
    shorter = orders_and_items([in_uk(order("1", version=1))], [in_uk(item("1", version=1))])
    assert counts(run_load(pool, seller, shorter, **both), "order_items") == {"fetched": 1, "updated": 1, "deleted": 1}
    assert ledger(pool, seller, "order_items", "deleted") == {IN: 0, UK: 1}
    assert rows_of(pool, seller, "select marketplace_id, count(*) from order_items group by 1 order by 1") == sorted(
        [(IN, 2), (UK, 1)]
    )


def test_lines_without_their_orders_are_changes_and_delete_nothing(pool, seller):
    run_load(pool, seller, orders_and_items([order("1")], [item("1"), item("1", 2)]))
    result = run_load(pool, seller, [part(ORDER_ITEMS, [item("1", version=1)])])
    assert counts(result, "order_items") == {"fetched": 1, "updated": 1}


def test_the_newest_days_are_read_by_table_and_marketplace(pool, seller, indian, british):
    british_days = local_window(DAY - timedelta(days=4), LONDON, days=3)
    run_load(pool, seller, orders_and_items([], []), window=WINDOW)
    run_load(pool, seller, orders_and_items([], []), marketplace_ids=[UK], window=british_days)
    evening = datetime(2026, 3, 10, 20, tzinfo=UTC)  # past midnight in India
    run_load(pool, seller, products(), marketplace_ids=[IN, UK], window=LoadWindow("snapshot", evening, evening))
    assert standing(pool, seller, [indian, british]).newest_days == {
        ("orders", IN): DAY,
        ("orders", UK): DAY - timedelta(days=2),
        ("order_items", IN): DAY,
        ("order_items", UK): DAY - timedelta(days=2),
        ("products", IN): DAY + timedelta(days=1),
        ("products", UK): DAY,
    }
    assert {marketplace for _, marketplace in standing(pool, seller, [british]).newest_days} == {UK}


def test_a_doubted_day_counts_in_its_marketplace_until_a_load_reads_it(pool, seller, indian, british):
    german = Scope(seller.id, DE, "Europe/Berlin")
    doubted = (
        "insert into report_requests (seller_id, marketplace_ids, kind, report_type, state, doubted_days, run_id,"
        " asked_at) values (%s, %s, 'query', 'economics', 'EMPTY', %s::jsonb, 'r', %s)"
    )
    days = json.dumps({UK: [DAY.isoformat()], IN: [DAY.isoformat()]})
    with tenant(pool, seller.id) as conn:
        conn.execute(doubted, [seller.id, [UK, IN, DE], days, T0])

    def days_of(scope, before=T0):
        return days_doubted_before(
            pool, scope, "economics_daily", [EARLIER, DAY], report_type="economics", before=before
        )

    assert (days_of(indian), days_of(british), days_of(german)) == ({DAY}, {DAY}, set())
    assert days_of(indian, before=T0 - timedelta(seconds=1)) == set()
    run_load(
        pool,
        seller,
        [part(ECONOMICS_DAILY, [])],
        marketplace_ids=[UK],
        window=local_window(DAY, LONDON),
        started_at=T0 + timedelta(hours=2),
    )
    assert (days_of(indian), days_of(british)) == ({DAY}, set())
