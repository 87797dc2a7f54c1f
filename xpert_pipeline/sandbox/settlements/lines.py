"""The rows of each settlement, made from the postings of its period (`world/transactions.py`).

Each leaf of a posting becomes one row, with these exceptions, which are the sandbox's own rules:

- A fee for Amazon's fulfilment has a row for each unit if the amount can be divided by the units, so that equal rows
  are real.
- In India the tax on a fee is split into CGST and SGST, or is IGST, by a hash of the posting.
- Each settlement begins with the reserve of the one before and ends with its own. The reserve depends only on the
  store and never changes, so that both rows together are 0.
- The transfer that pays a settlement is its total, not one of its rows.
- Amazon also makes reports for the two weeks before the first transaction: in the first one nothing happened, and the
  second one has only the reserve.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from xpert_pipeline.sandbox.marketplaces import INDIA, STORES, Store
from xpert_pipeline.sandbox.settlements.labels import (
    CURRENT_RESERVE,
    OTHER,
    PREVIOUS_RESERVE,
    Label,
    label_of,
    transaction_type,
)
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.postings import (
    DEBT,
    REFUND,
    SERVICE_FEE,
    SHIPMENT,
    TAX_PART,
    TRANSFER,
    Leaf,
    Part,
    Posting,
)
from xpert_pipeline.sandbox.world.records import Item, World
from xpert_pipeline.sandbox.world.settlement_periods import Calendar, Period
from xpert_pipeline.sandbox.world.transactions import books_of

DAY = 86_400
RESERVE = 12_345_00
PER_UNIT = "FBAPerUnitFulfillmentFee"
NOTHING = Label("", "")


class SettlementLine(NamedTuple):
    """One row; times are seconds since 1970, amounts hundredths, and texts may be empty."""

    posted: int
    transaction_type: str
    label: Label
    cents: int
    order_id: str = ""
    adjustment_id: str = ""
    shipment_id: str = ""
    marketplace_name: str = ""
    network: str = ""
    order_item_code: str = ""
    sku: str = ""
    quantity: int | None = None
    promotion_id: str = ""

    def worded(self, label: Label, cents: int) -> "SettlementLine":
        """Return the same row with another label and amount."""
        return SettlementLine._make((*self[:2], label, cents, *self[4:]))


def closed_periods(world: World, marketplace_id: str) -> list[Period]:
    """Return the periods of a store for which Amazon has made a report, by start and rail."""
    end = world.end_of(marketplace_id)
    known = books_of(world, marketplace_id, end).periods
    if not known:
        return []
    calendar = Calendar(world.seller_id, STORES[marketplace_id])
    second = calendar.start_of(min(period.start for period in known) - DAY)
    starts = (calendar.start_of(second - DAY), second)
    quiet = [calendar.period(start, rail, end) for start in starts for rail in calendar.rails]
    return [*quiet, *(period for period in known if period.is_closed)]


def lines_of(world: World, marketplace_id: str, period: Period) -> Iterator[SettlementLine]:
    """Yield the rows of a settlement, in the order of the report; none if nothing happened."""
    store = STORES[marketplace_id]
    postings = [posting for posting in period.postings if posting.type != TRANSFER]
    if not postings and _is_first(world, marketplace_id, period):
        return
    reserve = round(RESERVE / store.rupees)
    yield SettlementLine(period.start, OTHER, Label(OTHER, PREVIOUS_RESERVE), reserve)
    for posting in postings:
        is_integrated = store.id == INDIA and number("gst", posting.key) % 2 == 1
        for part in posting.parts():
            own = _without_amount(world, store, posting, part)
            for leaf in part.leaves:
                line = _line(period, posting, part, leaf, own)
                yield from _split(store, part, leaf, line, is_integrated=is_integrated)
    yield SettlementLine(period.end - 1, OTHER, Label(OTHER, CURRENT_RESERVE), -reserve)


def _is_first(world: World, marketplace_id: str, period: Period) -> bool:
    return period.start == closed_periods(world, marketplace_id)[0].start


def _without_amount(world: World, store: Store, posting: Posting, part: Part) -> SettlementLine:
    """Return what the rows of a part have in common."""
    if posting.type not in (SHIPMENT, REFUND):
        return SettlementLine(posting.posted, "", NOTHING, 0, sku=part.sku or "", quantity=part.quantity)
    named = dict(posting.identifiers)
    item = _item_of(world, named["ORDER_ID"], part)
    return SettlementLine(
        posting.posted,
        "",
        NOTHING,
        0,
        order_id=named["ORDER_ID"],
        adjustment_id=named.get("REFUND_ID", ""),
        shipment_id=named.get("SHIPMENT_ID", ""),
        marketplace_name=store.name,
        network=part.network or "",
        order_item_code=item.id if item else "",
        sku=part.sku or "",
        quantity=part.quantity,
        promotion_id=item.promotions[0] if item and item.promotions else "",
    )


def _line(period: Period, posting: Posting, part: Part, leaf: Leaf, own: SettlementLine) -> SettlementLine:
    """Return the row of a leaf before it is split; `own` is what the rows of its part have in common."""
    kind, path = posting.type, leaf.path
    label = _debt_label(period, leaf) if kind == DEBT else label_of(path)
    order_id, sku, quantity, promotion_id = own.order_id, own.sku, own.quantity, own.promotion_id
    if kind in (SHIPMENT, REFUND):
        quantity = quantity if label.description == "Principal" and path[0] == "ProductCharges" else None
        promotion_id = promotion_id if path[0] == "Promotion" else ""
    elif kind == SERVICE_FEE and label.type == "FBAFees":
        order_id, sku, quantity = posting.key.rsplit(" ", 1)[-1], "", None
    elif not part.sku:
        quantity = None
    return SettlementLine(
        own.posted,
        transaction_type(kind, path),
        label,
        leaf.cents,
        order_id,
        own.adjustment_id,
        own.shipment_id,
        own.marketplace_name,
        own.network,
        own.order_item_code,
        sku,
        quantity,
        promotion_id,
    )


def _split(store: Store, part: Part, leaf: Leaf, line: SettlementLine, *, is_integrated: bool) -> list[SettlementLine]:
    """Return the rows of a leaf: most have one, and a tax in India or a fee for each unit may have more."""
    path = leaf.path
    if path[-1] == TAX_PART and store.id == INDIA:
        return _taxes(line, is_integrated=is_integrated)
    if part.quantity and len(path) > 1 and path[1] == PER_UNIT and leaf.cents % part.quantity == 0:
        return [line.worded(line.label, leaf.cents // part.quantity)] * part.quantity
    return [line.worded(_taxed(line.label, "tax"), line.cents) if path[-1] == TAX_PART else line]


def _item_of(world: World, order_id: str, part: Part) -> Item | None:
    """Return the first line of an order with the SKU of a part."""
    items: Sequence[Item] = world.orders[world.places[order_id]].items
    return next((item for item in items if item.sku == part.sku), None)


def _taxes(line: SettlementLine, *, is_integrated: bool) -> list[SettlementLine]:
    """Return the rows of India's tax on a fee: IGST, or its two halves."""
    if is_integrated:
        return [line.worded(_taxed(line.label, "IGST"), line.cents)]
    central = line.cents // 2
    halves = (("CGST", central), ("SGST", line.cents - central))
    return [line.worded(_taxed(line.label, word), cents) for word, cents in halves if cents]


@lru_cache(maxsize=1_000)
def _taxed(label: Label, word: str) -> Label:
    return Label(label.type, f"{label.description} {word}")


def _debt_label(period: Period, leaf: Leaf) -> Label:
    """Return the words of a debt between the two ways of payment; they come in pairs."""
    other = "Electronic Transactions" if period.rail.startswith("Cash") else "COD Transactions"
    return Label(OTHER, f"Debt adjustment {'from' if leaf.cents > 0 else 'against'} {other}")
