"""The money of a store: fees agree with economics, deferred pairs with each other, and periods with their transfers."""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world import charges
from xpert_pipeline.sandbox.world.fee_shares import WORDS, cents
from xpert_pipeline.sandbox.world.ledger import ledger_of
from xpert_pipeline.sandbox.world.order_postings import CASH, ELECTRONIC, deferral_of
from xpert_pipeline.sandbox.world.postings import DEFERRED, DEFERRED_RELEASED, REFUND, SHIPMENT, TRANSFER, Posting
from xpert_pipeline.sandbox.world.settlement_periods import Calendar, settled
from xpert_pipeline.sandbox.world.synthetic import Plan, build
from xpert_pipeline.sandbox.world.transactions import books_of
from xpert_pipeline.sandbox.world.worlds import build_worlds

INDIA, EMIRATES = "A21TJRUUN4KGV", "A2VIGQ35RCS4UG"
OPTIONS = SandboxOptions(as_of=date(2026, 11, 20), days=45, orders_per_day=30, skus=25, marketplaces=(INDIA, EMIRATES))


@pytest.fixture(scope="module")
def world():
    return next(iter(build_worlds(OPTIONS).values()))


@pytest.fixture(scope="module", params=[INDIA, EMIRATES])
def store(request, world):
    end = world.end_of(request.param)
    books = books_of(world, request.param, end)
    return SimpleNamespace(world=world, id=request.param, ledger=ledger_of(world, request.param, end), books=books)


def told(store):
    """Fee → what the transactions tell of it, by day, SKU and economics' type; each deferred pair once."""
    purchases = {order.id: store.ledger.store.day_of(order.created) for order in store.world.orders}
    types = {word: kind for kind, word in WORDS.items()}
    sums = defaultdict(int)
    for posting in store.books.postings:
        is_second = posting.key.endswith(" released")
        for part in () if is_second else posting.parts():
            for leaf in part.leaves:
                if leaf.path[0] == "AmazonFees" and leaf.path[1] in types:
                    order_id = dict(posting.identifiers).get("ORDER_ID")
                    posted = store.ledger.store.day_of(posting.posted)
                    day = purchases[order_id] if posting.type == SHIPMENT else posted
                    sums[day, part.sku, types[leaf.path[1]]] -= leaf.cents
    return sums


def test_the_fees_of_every_sku_and_day_are_those_of_economics(store):
    ledger = store.ledger
    waiting = {
        (ledger.store.day_of(order.created), item.sku)
        for order in store.world.orders
        for item in order.items
        if order.marketplace_id == store.id and not item.cancelled and not item.shipped
    }
    selling = {charges.REFERRAL, charges.CLOSING, charges.FULFILMENT, charges.SHIPPING}
    expected = {
        (day, sku, charge.type): cents(charge.total)
        for day in range(ledger.first, ledger.last + 1)
        for sku, listing in ledger.listings.items()
        for charge in charges.fees(listing, day, ledger.of(day).get(sku))
        if not (charge.type in selling and (day, sku) in waiting)
    }
    sums = {key: value for key, value in told(store).items() if not (key[2] in selling and key[:2] in waiting)}
    assert sums == expected
    assert {kind for _, _, kind in expected} == set(WORDS)


def test_both_rows_of_a_deferred_pair_have_the_same_money_and_name_each_other_in_every_form(store):
    rows = {posting.id: posting for posting in store.books.postings}
    assert len(rows) == len(store.books.postings)
    forms = defaultdict(int)
    for posting in store.books.postings:
        if posting.status == DEFERRED_RELEASED:
            second = rows[Posting.id.fget(posting._replace(key=f"{posting.key} released"))]
            names = dict(posting.identifiers).get("RELEASE_TRANSACTION_ID")
            named = dict(second.identifiers).get("DEFERRED_TRANSACTION_ID")
            assert (second.cents, second.posted, posting.group) == (posting.cents, posting.matures, None)
            assert names in (None, second.id)
            assert named in (None, posting.id)
            forms[posting.type, names is not None, named is not None] += 1
    assert {(SHIPMENT, False, True), (SHIPMENT, True, True)} <= set(forms)
    assert (SHIPMENT, True, False) not in forms
    assert any(posting.status == DEFERRED for posting in store.books.postings)


def test_some_refunds_are_paired_only_by_their_first_row():
    plan = Plan(seed="pairs", days=45, orders_per_day=50, skus=30)
    world = build(plan, "A0", "Seller", date(2026, 11, 20))
    refunds = [
        posting
        for posting in books_of(world, INDIA, world.end).postings
        if posting.type == REFUND and posting.status == DEFERRED_RELEASED
    ]
    rows = {posting.id: posting for posting in books_of(world, INDIA, world.end).postings}
    unnamed = [
        posting
        for posting in refunds
        if "DEFERRED_TRANSACTION_ID"
        not in dict(rows[Posting.id.fget(posting._replace(key=f"{posting.key} released"))].identifiers)
    ]
    assert 0 < len(unnamed) < len(refunds)
    assert all("RELEASE_TRANSACTION_ID" in dict(posting.identifiers) for posting in unnamed)


def test_a_closed_group_is_paid_out_to_the_last_hundredth(store):
    closed = [period for period in store.books.periods if period.is_closed]
    assert closed
    for period in closed:
        assert sum(posting.cents for posting in period.postings) == 0
        assert [posting.type for posting in period.postings].count(TRANSFER) == 1
        assert all(period.start <= posting.posted < period.end for posting in period.postings)
        assert {posting.settlement for posting in period.postings} == {period.settlement}
    opened = [period for period in store.books.periods if not period.is_closed]
    assert {posting.settlement for period in opened for posting in period.postings} == {None}
    rails = {period.rail for period in store.books.periods}
    assert rails == ({ELECTRONIC, CASH} if store.id == INDIA else {"Standard Orders"})


def test_one_rail_pays_the_debt_of_the_other():
    calendar = Calendar("A0", ledger_of(build(Plan("x", 2, 5, 3), "A0", "", date(2026, 11, 20)), INDIA, 2e9).store)
    start = calendar.start_of(1_790_000_000)
    posting = Posting("a", SHIPMENT, start + 5, "RELEASED", "", ELECTRONIC, 900, tuple)
    owed = posting._replace(key="b", rail=CASH, cents=-1000)
    electronic, cash = settled(calendar, [posting, owed], start + 8 * 86_400)
    debts = [entry for period in (electronic, cash) for entry in period.postings if entry.type == "DebtRecovery"]
    assert [(entry.rail, entry.cents) for entry in debts] == [(ELECTRONIC, -900), (CASH, 900)]
    assert [(period.cents, period.postings[-1].cents) for period in (electronic, cash)] == [(0, -900), (-100, 100)]
    assert electronic.settlement != cash.settlement
    assert electronic.group != cash.group


def test_a_later_last_day_changes_only_what_had_not_happened_yet(store):
    """A seller's history must not move when the sandbox is started a day later."""
    later = next(iter(build_worlds(replace(OPTIONS, as_of=date(2026, 11, 21), days=46)).values()))
    after = {posting.key: posting for posting in books_of(later, store.id, later.end_of(store.id)).postings}
    for posting in store.books.postings:
        same = after[posting.key]
        assert (same.posted, same.type, same.rail, same.group) == (
            posting.posted, posting.type, posting.rail, posting.group,
        )  # fmt: skip
        assert abs(same.cents - posting.cents) <= 10 or posting.type == TRANSFER


def test_business_customers_wait_longer_than_others(world):
    shipped = [order for order in world.orders if order.status == "SHIPPED" and order.is_sale]
    deferrals = [
        (order, deferral_of(order, ledger_of(world, order.marketplace_id, world.end).store)) for order in shipped
    ]
    waits = defaultdict(list)
    for order, deferral in deferrals:
        if deferral is not None:
            waits[deferral.reason].append((deferral.matures - order.updated) / 86_400)
    assert max(waits["DD7"]) < 16
    assert min(waits["B2B"]) > 18
