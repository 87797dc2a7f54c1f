"""The month close of a whole world, against the sandbox's own books."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from xpert_pipeline.postgres.pool import open_pool, tenant
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.days import order_date
from xpert_pipeline.sandbox.world.postings import SHIPMENT, TRANSFER
from xpert_pipeline.sandbox.world.records import CANCELLED, SHIPPED
from xpert_pipeline.sandbox.world.transactions import books_of
from xpert_pipeline_tests.assets.finance.month_chain import CHAIN, require_chain
from xpert_pipeline_tests.conftest import KEY
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(180)]
STORE = STORES[INDIA]
TOTALS = """
select month, step_number, kind, sum(left_amount), sum(right_amount) from xpert_views.month_close group by 1, 2, 3
"""


def month_of(seconds):
    return date.fromordinal(STORE.day_of(seconds)).replace(day=1)


class Expected:
    """Both sides of each month, step and kind, in hundredths."""

    def __init__(self):
        self.sides = defaultdict(lambda: [0, 0])

    def add(self, month, step, kind, left=0, right=0):
        self.sides[month, step, kind][0] += left
        self.sides[month, step, kind][1] += right

    @property
    def amounts(self):
        return {key: tuple(Decimal(cents) / 100 for cents in sides) for key, sides in self.sides.items()}


def expected_orders(expected, world, postings):
    """Step 1, from the orders of the world and the shipments of its books."""
    sold = defaultdict(lambda: defaultdict(int))
    for posting in postings:
        if posting.type == SHIPMENT and not posting.key.endswith(" released"):
            price = sum(
                leaf.cents for part in posting.parts() for leaf in part.leaves if leaf.path[0] == "ProductCharges"
            )
            sold[dict(posting.identifiers)["ORDER_ID"]][month_of(posting.posted)] += price
    for order in world.orders:
        lines = [item for item in order.items if not item.cancelled]
        if not order.is_sale or order.status == CANCELLED or not lines:
            continue
        month = date.fromisoformat(order_date(order)).replace(day=1)
        price = sum(int(Decimal(item.amount) * 100) for item in lines if item.amount is not None)
        for other, cents in sold[order.id].items():
            if other != month:
                expected.add(month, 1, "posted in another month", left=cents)
                expected.add(other, 1, "ordered in another month", right=cents)
        here, elsewhere = sold[order.id].get(month, 0), sum(sold[order.id].values()) - sold[order.id].get(month, 0)
        if any(item.amount is None for item in lines):
            kind = "no price yet"
        elif here + elsewhere == price:
            kind = "equal"
        else:
            assert order.status != SHIPPED or here + elsewhere == 0
            kind = "not posted yet" if order.status == SHIPPED else "not shipped yet"
        if not (elsewhere and price == elsewhere and not here):
            expected.add(month, 1, kind, price - elsewhere, here)


def expected_settlements(expected, books):
    """Steps 3 to 5, from the postings and the periods."""
    ends = {period.settlement: month_of(period.end) for period in books.periods if period.is_closed}
    released = {posting.key: posting for posting in books.postings if posting.key.endswith(" released")}
    for posting in books.postings:
        if posting.type == TRANSFER or posting.key.endswith(" released"):
            continue
        month = month_of(posting.posted)
        paid = posting if posting.is_cash else released.get(f"{posting.key} released")
        if paid is None:
            expected.add(month, 3, "deferred", left=posting.cents)
        elif paid.settlement is None:
            expected.add(month, 3, "not settled yet", left=posting.cents)
        elif ends[paid.settlement] == month:
            expected.add(month, 3, "equal", posting.cents, paid.cents)
        else:
            expected.add(month, 3, "settled in another month", left=posting.cents)
            expected.add(ends[paid.settlement], 3, "posted in another month", right=paid.cents)
    for period in books.periods:
        if period.is_closed and period.cents:
            end, deposit = month_of(period.end), month_of(period.deposited)
            (transfer,) = [posting for posting in period.postings if posting.type == TRANSFER]
            if end == deposit:
                expected.add(end, 4, "equal", period.cents, period.cents)
            else:
                expected.add(end, 4, "deposited in another month", left=period.cents)
                expected.add(deposit, 4, "settled in another month", right=period.cents)
            if month_of(transfer.posted) == deposit:
                expected.add(deposit, 5, "equal", period.cents, -transfer.cents)
            else:
                expected.add(deposit, 5, "transferred in another month", left=period.cents)
                expected.add(month_of(transfer.posted), 5, "deposited in another month", right=-transfer.cents)


@pytest.fixture
def closed(loaded):
    """Ask the loaded world."""
    with open_pool(loaded.dsn) as pool:
        (seller,) = SellerBook(pool, KEY).all()

        def ask(statement):
            with tenant(pool, seller.id) as connection:
                return connection.execute(statement).fetchall()

        yield ask


def test_the_month_close_of_a_world_is_what_its_books_say(loaded, closed):
    (world,) = loaded.worlds.values()
    books, expected = books_of(world, INDIA, world.end_of(INDIA)), Expected()
    expected_orders(expected, world, books.postings)
    expected_settlements(expected, books)
    found = {(month, step, kind): (left, right) for month, step, kind, left, right in closed(TOTALS)}
    assert {key: sides for key, sides in found.items() if key[1] != 2 and sides != (0, 0)} == {
        key: sides for key, sides in expected.amounts.items() if sides != (0, 0)
    }
    money = defaultdict(int)
    for posting in books.postings:
        if posting.type != TRANSFER and not posting.key.endswith(" released"):
            money[month_of(posting.posted)] += posting.cents
    assert money
    for month, cents in money.items():
        assert sum(right for (its, step, _), (_, right) in found.items() if (its, step) == (month, 2)) * 100 == cents


def test_each_step_begins_with_the_sum_with_which_the_one_before_ends(closed):
    assert require_chain(closed(CHAIN)) >= 1
    assert {kind for (kind,) in closed("select kind from xpert_views.month_close where meaning is null")} == set()
