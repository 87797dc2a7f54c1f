"""The invented world: the same for the same seed, day by day, with everything that real sellers have."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from xpert_pipeline.sandbox.marketplaces import EMIRATES, INDIA
from xpert_pipeline.sandbox.world.synthetic import Plan, build

LAST = date(2026, 11, 20)
PLAN = Plan(seed="7", days=30, orders_per_day=150, skus=200)


@pytest.fixture(scope="module")
def world():
    return build(PLAN, "A", "seller", LAST)


def bought(order):
    """What was ordered, whatever became of it."""
    return order.id, order.created, order.fba, order.channel, order.city, [item.sku for item in order.items]


def test_the_same_seed_gives_the_same_world(world):
    again = build(PLAN, "A", "seller", LAST)
    assert again.orders == world.orders
    assert again.listings == world.listings


def test_another_seed_gives_another_world(world):
    other = build(replace(PLAN, seed="8"), "A", "seller", LAST)
    assert not {order.id for order in other.orders} & {order.id for order in world.orders}


def test_a_day_is_the_same_however_many_days_there_are(world):
    short = build(replace(PLAN, days=3), "A", "seller", LAST)
    assert short.orders == [order for order in world.orders if order.created >= short.orders[0].created]


def test_a_later_last_day_only_adds_days_and_moves_states_on(world):
    later = build(replace(PLAN, days=31), "A", "seller", LAST + timedelta(days=1))
    known = {order.id: order for order in later.orders}
    assert [bought(order) for order in world.orders] == [bought(known[order.id]) for order in world.orders]
    moved = [(order, known[order.id]) for order in world.orders if order.status != known[order.id].status]
    assert moved
    assert all(before.status in ("PENDING", "UNSHIPPED") for before, _ in moved)
    assert all(before.updated < after.updated for before, after in moved)
    settled = [order for order in world.orders if order.status in ("SHIPPED", "CANCELLED")]
    assert all(known[order.id] == order for order in settled)


def test_a_price_appears_once_an_order_is_no_longer_pending(world):
    later = build(replace(PLAN, days=31), "A", "seller", LAST + timedelta(days=1))
    known = {order.id: order for order in later.orders}
    pending = [order for order in world.orders if order.status == "PENDING"]
    assert pending
    assert {item.amount for order in pending for item in order.items} == {None}
    shipped = [known[order.id] for order in pending if known[order.id].status == "SHIPPED" and order.is_sale]
    assert shipped
    assert all(item.amount for order in shipped for item in order.items)


def test_nothing_happens_after_the_last_day(world):
    assert max(order.updated for order in world.orders) <= world.end
    assert max(listing.updated for listing in world.listings) <= world.end
    assert all(order.created <= order.updated for order in world.orders)
    assert all(listing.created <= listing.updated for listing in world.listings)


def test_ids_are_unique_and_look_like_amazons(world):
    ids = [order.id for order in world.orders]
    assert len(set(ids)) == len(ids)
    assert all(len(part) == size for part, size in zip(ids[0].split("-"), (3, 7, 7), strict=True))
    items = [item.id for order in world.orders for item in order.items]
    assert len(set(items)) == len(items)
    assert {len(item) for item in items} == {14}


def test_the_seller_has_the_requested_size(world):
    assert len(world.orders) == pytest.approx(PLAN.days * PLAN.orders_per_day, rel=0.1)
    assert len(world.listings) == PLAN.skus


def test_states_channels_and_programs_are_mixed(world):
    statuses = Counter(order.status for order in world.orders)
    assert set(statuses) == {"SHIPPED", "CANCELLED", "UNSHIPPED", "PENDING"}
    assert statuses["CANCELLED"] / len(world.orders) == pytest.approx(0.15, abs=0.03)
    assert 0.3 < sum(order.fba for order in world.orders) / len(world.orders) < 0.7
    assert all(order.is_easy_ship != order.fba for order in world.orders)
    assert {order.channel for order in world.orders} == {"Amazon.in", "Non-Amazon"}
    assert any(order.is_business for order in world.orders)
    assert any(order.is_prime for order in world.orders)
    assert any(len(order.items) > 1 for order in world.orders)
    assert any(item.promotions for order in world.orders for item in order.items)
    assert any(item.quantity == 0 and item.cancelled for order in world.orders for item in order.items)


def test_most_products_sell_on_few_days(world):
    days = Counter()
    for sku, _ in {(item.sku, order.created // 86_400) for order in world.orders for item in order.items}:
        days[sku] += 1
    assert sum(count <= 15 for count in days.values()) > len(days) / 2


def test_weekends_sell_better(world):
    by_weekday = Counter((order.created + 19_800) // 86_400 % 7 for order in world.orders)
    assert max(by_weekday.values()) > 1.1 * min(by_weekday.values())


def test_titles_and_skus_contain_odd_characters(world):
    titles = " ".join(listing.title for listing in world.listings)
    assert all(sign in titles for sign in ("कुर्ता", "🎁", "₹", "&", "<", '"'))
    skus = " ".join(listing.sku for listing in world.listings)
    assert any(sign in skus for sign in "/+%,")
    assert any(listing.asin.startswith("0") for listing in world.listings)
    asins = Counter(listing.asin for listing in world.listings)
    assert max(asins.values()) == 2


def test_sellers_abroad_have_orders_of_another_store_in_its_currency():
    world = build(replace(PLAN, marketplaces=(INDIA, EMIRATES), days=5), "A", "seller", LAST)
    abroad = [order for order in world.orders if order.marketplace_id != INDIA]
    assert abroad
    assert {order.channel for order in abroad} == {"Amazon.ae"}
    assert {item.currency for order in abroad for item in order.items} == {"AED"}
