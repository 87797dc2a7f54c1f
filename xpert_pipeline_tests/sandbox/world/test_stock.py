"""The ledger of stock: balances add up, nothing goes below zero, and orders alone explain what was shipped."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest

from xpert_pipeline.sandbox.marketplaces import INDIA, STORES
from xpert_pipeline.sandbox.world import csv_world
from xpert_pipeline.sandbox.world.holdings import holdings
from xpert_pipeline.sandbox.world.movements import (
    ADJUSTMENT,
    CLOSED,
    CUSTOMER_RETURN,
    IN_TRANSIT,
    MISPLACED,
    NEW,
    RECEIPT,
    RECEIVING,
    REMOVAL,
    RESEARCHING,
    SELLABLE,
    SHIPMENT,
    UNFULFILLABLE,
    USED,
    WORKING,
)
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.stock import stock_of
from xpert_pipeline.sandbox.world.synthetic import Plan, build
from xpert_pipeline_tests.sandbox.world.exports import LINE

UNITED_KINGDOM, GERMANY = "A1F83G8C2ARO7P", "A1PA6795UKMFR9"
LAST = date(2026, 11, 20)
PLAN = Plan(seed="7", days=90, orders_per_day=60, skus=80, marketplaces=(INDIA, GERMANY))
ALWAYS = 4e9
SEEDS = [str(seed) for seed in range(12)]


@pytest.fixture(scope="module")
def world():
    return build(PLAN, "A", "seller", LAST)


@pytest.fixture(scope="module", params=SEEDS)
def stock(request):
    """The stock of small worlds, so that scarce units and late shipments occur."""
    plan = replace(PLAN, seed=request.param, days=40, skus=25, marketplaces=(INDIA, UNITED_KINGDOM))
    world = build(plan, "A", "seller", LAST)
    return stock_of(world, (INDIA, UNITED_KINGDOM)[int(request.param) % 2], ALWAYS)


def test_every_balance_is_the_one_before_plus_what_moved(stock):
    days = 0
    for line in stock.lines:
        units = dict(line.opening)
        for balance in line.balances():
            assert balance.opening == units.get(balance.disposition, 0)
            moved = balance.receipts + balance.shipments + balance.returns + balance.adjustments + balance.removals
            assert balance.closing == balance.opening + moved
            assert balance.closing >= 0
            assert balance.receipts >= 0 >= balance.shipments
            assert balance.returns >= 0 >= balance.removals
            assert stock.first <= balance.day <= stock.last
            units[balance.disposition] = balance.closing
            days += 1
        assert units == line.units()
    assert days > 100


def test_not_even_within_a_day_is_a_unit_shipped_that_is_not_there(stock):
    for line in stock.lines:
        units = Counter(line.opening)
        for movement in line.movements:
            units[movement.disposition] += movement.quantity
            assert units[movement.disposition] >= 0
            assert stock.store.day_of(movement.at) == movement.day
        assert [movement.at for movement in line.movements] == sorted(movement.at for movement in line.movements)


def test_what_amazon_holds_is_the_sum_of_the_ledger(stock):
    under_way = 0
    for holding in holdings(stock):
        units = holding.line.units()
        assert holding.fulfillable + holding.reserved == units.get(SELLABLE, 0)
        assert holding.fulfillable >= 0
        assert min(holding.customer_orders, holding.transshipment, holding.fc_processing) >= 0
        assert sum(holding.researching) == units.get(RESEARCHING, 0)
        assert {name: units.get(name, 0) for name in UNFULFILLABLE} == holding.unfulfillable
        assert holding.total == sum(units.values()) + sum(holding.inbound.values())
        assert all(number >= 0 for number in holding.inbound.values())
        under_way += sum(holding.inbound.values())
    assert under_way == sum(
        item.quantity - item.received(stock.last)
        for shipment in stock.shipments
        if shipment.status(stock.last) != CLOSED
        for item in shipment.items
    )


def test_receipts_are_those_of_the_inbound_shipments(stock):
    booked, arrived = Counter(), Counter()
    for line in stock.lines:
        for movement in line.movements:
            if movement.type == RECEIPT:
                booked[movement.day, movement.reference, line.sku] += movement.quantity
    for shipment in stock.shipments:
        assert shipment.created <= shipment.shipped <= shipment.receiving <= shipment.closed
        assert len({item.sku for item in shipment.items}) == len(shipment.items)
        for item in shipment.items:
            assert item.quantity - 1 <= sum(units for _, units in item.receipts) <= item.quantity
            for day, units in item.receipts:
                assert shipment.receiving <= day <= shipment.closed
                if day <= stock.last:
                    arrived[day, shipment.id, item.sku] += units
    assert booked == arrived
    assert sum(booked.values()) > 0


def test_a_change_of_state_is_two_movements_with_one_reference(stock):
    sums = defaultdict(int)
    for line in stock.lines:
        for movement in line.movements:
            if movement.type == ADJUSTMENT and movement.reason in (MISPLACED, "Damaged"):
                sums[line.sku, movement.reference, movement.reason] += movement.quantity
    assert set(sums.values()) <= {0}


@pytest.mark.parametrize("marketplace_id", PLAN.marketplaces)
def test_shipments_and_reservations_follow_from_the_orders_alone(world, marketplace_id):
    store = STORES[marketplace_id]
    shipped, reserved = Counter(), Counter()
    for order in world.orders:
        if order.fba and order.marketplace_id == marketplace_id:
            for item in order.items:
                if order.status == "SHIPPED":
                    shipped[item.sku, store.day_of(order.updated)] += item.quantity
                if order.status in ("PENDING", "UNSHIPPED"):
                    reserved[item.sku] += item.quantity
    stock = stock_of(world, marketplace_id, ALWAYS)
    booked = Counter()
    for line in stock.lines:
        for movement in line.movements:
            if movement.type == SHIPMENT:
                booked[line.sku, movement.day] -= movement.quantity
    assert booked == shipped
    assert {
        holding.line.sku: holding.customer_orders for holding in holdings(stock) if holding.customer_orders
    } == reserved
    assert reserved
    assert {order.id for order in world.orders} >= {
        movement.reference
        for line in stock.lines
        for movement in line.movements
        if movement.type in (SHIPMENT, CUSTOMER_RETURN)
    }


def test_the_stock_of_one_sku_recomputed_from_its_records(world):
    stock = stock_of(world, INDIA, ALWAYS)
    busiest = max(stock.lines, key=lambda line: len(line.movements))
    on_hand = busiest.opening[SELLABLE]
    for shipment in stock.shipments:
        for item in shipment.items:
            if item.sku == busiest.sku:
                on_hand += sum(units for day, units in item.receipts if day <= stock.last)
    for order in world.orders:
        if order.fba and order.marketplace_id == INDIA and order.status == "SHIPPED":
            on_hand -= sum(item.quantity for item in order.items if item.sku == busiest.sku)
    others = [movement for movement in busiest.movements if movement.type in (CUSTOMER_RETURN, ADJUSTMENT)]
    on_hand += sum(movement.quantity for movement in others if movement.disposition == SELLABLE)
    (holding,) = [one for one in holdings(stock) if one.line is busiest]
    assert holding.fulfillable + holding.reserved == on_hand


def test_returns_come_after_shipping_and_never_more_than_was_shipped(world):
    stock = stock_of(world, INDIA, ALWAYS)
    shipped, returned = {}, Counter()
    for line in stock.lines:
        for movement in line.movements:
            if movement.type == SHIPMENT:
                days, units = shipped.get((movement.reference, line.sku), (movement.day, 0))
                shipped[movement.reference, line.sku] = days, units - movement.quantity
    for line in stock.lines:
        for movement in line.movements:
            if movement.type == CUSTOMER_RETURN:
                day, units = shipped[movement.reference, line.sku]
                assert movement.day >= day + 5
                returned[movement.reference, line.sku] += movement.quantity
                assert returned[movement.reference, line.sku] <= units
                assert movement.disposition in (SELLABLE, "CUSTOMER_DAMAGED", "DEFECTIVE", "CARRIER_DAMAGED")
    total = sum(units for _, units in shipped.values())
    assert 0.01 < sum(returned.values()) / total < 0.08


@pytest.mark.parametrize("marketplace_id", PLAN.marketplaces)
def test_a_later_last_day_only_adds_movements(world, marketplace_id):
    later = build(replace(PLAN, days=97), "A", "seller", LAST + timedelta(days=7))
    before, after = (stock_of(each, marketplace_id, ALWAYS) for each in (world, later))
    lines = {(line.sku, line.condition): line for line in after.lines}
    assert {(line.sku, line.condition) for line in before.lines} == set(lines)
    for line in before.lines:
        grown = lines[line.sku, line.condition]
        assert grown.opening == line.opening
        assert [movement for movement in grown.movements if movement.day <= before.last] == line.movements
    known = {shipment.id: shipment for shipment in after.shipments}
    assert before.shipments
    assert all(known[shipment.id] == shipment for shipment in before.shipments)
    assert sum(len(line.movements) for line in after.lines) > sum(len(line.movements) for line in before.lines)


def test_another_store_changes_no_stock(world):
    alone = build(replace(PLAN, marketplaces=(GERMANY,)), "A", "seller", LAST)
    assert stock_of(alone, GERMANY, ALWAYS) == stock_of(world, GERMANY, ALWAYS)


def test_everything_that_real_stock_has_occurs(world):
    stock = stock_of(world, INDIA, ALWAYS)
    movements = [movement for line in stock.lines for movement in line.movements]
    assert {movement.type for movement in movements} == {RECEIPT, SHIPMENT, CUSTOMER_RETURN, ADJUSTMENT, REMOVAL}
    assert {movement.reason for movement in movements} == {"", "Found", "Lost", "Misplaced", "Damaged"}
    assert {line.condition for line in stock.lines} == {NEW, USED}
    assert {shipment.status(stock.last) for shipment in stock.shipments} == {WORKING, IN_TRANSIT, RECEIVING, CLOSED}
    present = list(holdings(stock))
    assert any(holding.total == 0 for holding in present)
    assert any(sum(holding.researching) for holding in present)
    merchant = {listing.sku for listing in world.listings_of((INDIA,)) if not listing.fba}
    assert any(holding.line.sku in merchant and holding.total for holding in present)
    skus = Counter(line.sku for line in stock.lines)
    assert set(skus.values()) == {1, 2}
    assert len({line.fn_sku for line in stock.lines}) == len(stock.lines)


def test_units_are_hidden_until_their_time_has_come(world):
    noon = STORES[INDIA].midnight(LAST) + 12 * 3600
    early = stock_of(World("A", "n", (INDIA,), world.orders, world.listings, world.end, world.ends), INDIA, noon)
    late = stock_of(world, INDIA, ALWAYS)
    assert early.last == late.last == STORES[INDIA].day_of(noon)
    for before, after in zip(early.lines, late.lines, strict=True):
        assert all(movement.at <= noon for movement in before.movements)
        shipped = [movement for movement in before.movements if movement.type == SHIPMENT]
        assert shipped == [one for one in after.movements if one.type == SHIPMENT and one.at <= noon]
        assert min(before.units().values()) >= 0


def test_stock_is_counted_once(world):
    assert stock_of(world, INDIA, ALWAYS) is stock_of(world, INDIA, ALWAYS + 1)


def test_an_order_file_has_stock_too(write):
    """A SKU sold by both channels has stock at Amazon though its listing is the merchant's."""
    lines = [{"Order ID": f"4-{n}", "Date": f"05-{1 + n % 28:02d}-22", "Qty": "2"} for n in range(60)]
    lines += [{"Order ID": "5-1", "SKU": "BOTH", "Date": "05-03-22"}]
    lines += [{"Order ID": f"5-{n}", "SKU": "BOTH", "Fulfilment": "Merchant", "Date": "05-03-22"} for n in (2, 3)]
    lines += [{"Order ID": "6-1", "Status": "Pending", "Qty": "40", "Date": "05-28-22"}]
    world = csv_world.build(write(*lines), "A", LAST)
    held = {
        holding.line.sku: holding
        for holding in holdings(stock_of(world, INDIA, ALWAYS))
        if holding.line.condition == NEW
    }
    assert set(held) == {LINE["SKU"], "BOTH"}
    assert held[LINE["SKU"]].customer_orders == 40
    assert -sum(m.quantity for m in held[LINE["SKU"]].line.movements if m.type == SHIPMENT) == 120
    assert [m.quantity for m in held["BOTH"].line.movements if m.type == SHIPMENT] == [-1]


def test_a_store_without_fba_listings_has_no_stock(world):
    stored = {line.sku for line in stock_of(world, INDIA, ALWAYS).lines}
    merchant = [listing for listing in world.listings_of((INDIA,)) if listing.sku not in stored]
    assert len(merchant) > 10
    orders = [order for order in world.orders if not order.fba]
    assert stock_of(World("A", "n", (INDIA,), orders, merchant, world.end), INDIA, ALWAYS).lines == []
