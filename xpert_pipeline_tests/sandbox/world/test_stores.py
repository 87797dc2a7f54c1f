"""Several stores of one seller: independent of each other, each with its own days, prices and titles."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from xpert_pipeline.sandbox.marketplaces import INDIA, STORES, check_stores, yesterday
from xpert_pipeline.sandbox.world.synthetic import Plan, build, orders_per_day

UNITED_KINGDOM, GERMANY, EGYPT = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "ARBP9OOSHTCHU"
LAST = date(2026, 11, 20)
PLAN = Plan(seed="7", days=30, orders_per_day=150, skus=200, marketplaces=(INDIA, UNITED_KINGDOM, GERMANY))


@pytest.fixture(scope="module")
def world():
    return build(PLAN, "A", "seller", LAST)


def orders_of(world, marketplace_id):
    return [order for order in world.orders if order.marketplace_id == marketplace_id]


@pytest.mark.parametrize("marketplace_id", PLAN.marketplaces)
def test_a_store_is_the_same_alone_and_beside_others(world, marketplace_id):
    alone = build(replace(PLAN, marketplaces=(marketplace_id,)), "A", "seller", LAST)
    assert alone.orders == orders_of(world, marketplace_id)
    assert alone.listings == world.listings_of((marketplace_id,))
    assert alone.end_of(marketplace_id) == world.end_of(marketplace_id)


def test_the_order_of_the_stores_changes_nothing_but_their_order(world):
    other = build(replace(PLAN, marketplaces=PLAN.marketplaces[::-1]), "A", "seller", LAST)
    assert other.orders == world.orders
    assert other.marketplace_ids == PLAN.marketplaces[::-1]


def test_every_order_has_one_id(world):
    assert len({order.id for order in world.orders}) == len(world.orders)


def test_every_store_ends_at_its_own_midnight(world):
    for marketplace_id in PLAN.marketplaces:
        end = datetime.fromtimestamp(world.end_of(marketplace_id), STORES[marketplace_id].zone)
        assert (end.date(), end.time().isoformat()) == (LAST, "23:59:59")
        assert max(order.updated for order in orders_of(world, marketplace_id)) <= world.end_of(marketplace_id)
    assert world.end == world.end_of(UNITED_KINGDOM) == max(world.ends.values())


@pytest.mark.parametrize("marketplace_id", PLAN.marketplaces)
def test_a_later_last_day_changes_no_earlier_day_of_any_store(world, marketplace_id):
    later = build(replace(PLAN, days=31), "A", "seller", LAST + timedelta(days=1))
    known = {order.id: order for order in later.orders}
    settled = [order for order in orders_of(world, marketplace_id) if order.status in ("SHIPPED", "CANCELLED")]
    assert len(settled) > 100
    assert all(known[order.id] == order for order in settled)
    created = [order for order in later.orders if order.marketplace_id == marketplace_id]
    first_new = STORES[marketplace_id].midnight(LAST + timedelta(days=1))
    assert [order.id for order in created if order.created < first_new] == [
        order.id for order in orders_of(world, marketplace_id)
    ]


def test_some_skus_are_sold_in_several_stores_and_some_in_one(world):
    stores = {marketplace_id: {} for marketplace_id in PLAN.marketplaces}
    for listing in world.listings:
        stores[listing.marketplace_id][listing.sku] = listing
    india, germany = stores[INDIA], stores[GERMANY]
    shared = india.keys() & germany.keys()
    assert len(shared) > 50
    assert len(germany.keys() - india.keys()) > 20
    assert len(india.keys() - germany.keys()) > 20
    assert all(india[sku].asin == germany[sku].asin for sku in shared)
    assert all(india[sku].title != germany[sku].title for sku in shared)
    assert all(germany[sku].price.endswith(".99") and germany[sku].currency == "EUR" for sku in shared)
    assert any(india[sku].active != germany[sku].active for sku in shared)
    assert any(india[sku].fba != germany[sku].fba for sku in shared)


def test_orders_are_in_the_stores_own_money_titles_and_channel(world):
    titles = {(listing.marketplace_id, listing.sku): listing for listing in world.listings}
    for marketplace_id in PLAN.marketplaces:
        store = STORES[marketplace_id]
        orders = orders_of(world, marketplace_id)
        assert len(orders) == pytest.approx(30 * orders_per_day(PLAN, store), rel=0.15)
        assert {order.channel for order in orders} - {"Non-Amazon"} == {store.name}
        assert {order.country for order in orders} == {store.country}
        for order in orders:
            for item in order.items:
                listing = titles[marketplace_id, item.sku]
                assert (item.title, item.currency) == (listing.title, store.currency)


@pytest.mark.parametrize(
    ("marketplace_id", "day", "hours"),
    [
        (GERMANY, date(2026, 10, 25), 25),
        (GERMANY, date(2026, 3, 29), 23),
        (UNITED_KINGDOM, date(2026, 10, 25), 25),
        (EGYPT, date(2026, 4, 24), 23),
        (EGYPT, date(2026, 10, 29), 25),
        (INDIA, date(2026, 10, 25), 24),
    ],
)
def test_a_day_on_which_the_clock_changes_is_the_stores_own_day(marketplace_id, day, hours):
    plan = replace(PLAN, days=1, orders_per_day=3_000, marketplaces=(marketplace_id,))
    store, zone = STORES[marketplace_id], STORES[marketplace_id].zone
    assert store.midnight(day + timedelta(days=1)) - store.midnight(day) == hours * 3600
    orders = build(plan, "A", "seller", day).orders
    local = [datetime.fromtimestamp(order.created, zone) for order in orders]
    assert {moment.date() for moment in local} == {day}
    assert {store.date_of(order.created) for order in orders} == {day}
    by_hour = Counter((order.created - store.midnight(day)) // 3600 for order in orders)
    assert set(by_hour) == set(range(hours))


def test_the_day_in_india_begins_at_half_past_six_in_the_evening_utc():
    store = STORES[INDIA]
    border = int(datetime(2026, 11, 19, 18, 30, tzinfo=UTC).timestamp())
    assert store.midnight(date(2026, 11, 20)) == border
    assert (store.date_of(border - 1), store.date_of(border)) == (date(2026, 11, 19), date(2026, 11, 20))


def test_the_default_last_day_is_complete_in_every_store():
    days = [datetime.now(ZoneInfo(zone)).date() for zone in ("Asia/Kolkata", "Europe/London")]
    assert yesterday((INDIA, UNITED_KINGDOM)) == min(days) - timedelta(days=1)


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ((), "at least one marketplace id is required"),
        (("A21TJRUUN4KGV", "ATVPDKIKX0DER"), r"ATVPDKIKX0DER \(North America\): a sandbox serves .* one region"),
        (("A1VC38T7YXB528",), r"A1VC38T7YXB528 \(the Far East\)"),
        (("IN",), r"unknown marketplace id IN; known: A21TJRUUN4KGV \(IN\), "),
        ((GERMANY, GERMANY), f"{GERMANY} is listed more than once"),
    ],
)
def test_stores_that_one_sandbox_cannot_serve_are_refused(ids, words):
    with pytest.raises(ValueError, match=words):
        check_stores(ids)
