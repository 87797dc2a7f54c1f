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
        for part in posting.parts():
            for leaf in part.leaves:
                yield from _lines_of_leaf(world, store, period, posting, part, leaf)
    yield SettlementLine(period.end - 1, OTHER, Label(OTHER, CURRENT_RESERVE), -reserve)


def _is_first(world: World, marketplace_id: str, period: Period) -> bool:
    return period.start == closed_periods(world, marketplace_id)[0].start


def _lines_of_leaf(
    world: World, store: Store, period: Period, posting: Posting, part: Part, leaf: Leaf
) -> Iterator[SettlementLine]:
    label = _debt_label(period, leaf) if posting.type == DEBT else label_of(leaf.path)
    line = SettlementLine(posting.posted, transaction_type(posting.type, leaf.path), label, leaf.cents)
    if posting.type in (SHIPMENT, REFUND):
        line = _of_order(world, store, posting, part, leaf, line)
    elif posting.type == SERVICE_FEE and label.type == "FBAFees":
        line = line._replace(order_id=posting.key.rsplit(" ", 1)[-1])
    elif part.sku:
        line = line._replace(sku=part.sku, quantity=part.quantity)
    if leaf.path[-1] == TAX_PART and store.id == INDIA:
        yield from _tax_lines(posting, line)
    elif part.quantity and len(leaf.path) > 1 and leaf.path[1] == PER_UNIT and leaf.cents % part.quantity == 0:
        yield from [line._replace(cents=leaf.cents // part.quantity)] * part.quantity
    else:
        yield line if leaf.path[-1] != TAX_PART else line._replace(label=_taxed(label, "tax"))


def _of_order(
    world: World, store: Store, posting: Posting, part: Part, leaf: Leaf, line: SettlementLine
) -> SettlementLine:
    named = dict(posting.identifiers)
    item = _item_of(world, named["ORDER_ID"], part)
    return line._replace(
        order_id=named["ORDER_ID"],
        adjustment_id=named.get("REFUND_ID", ""),
        shipment_id=named.get("SHIPMENT_ID", ""),
        marketplace_name=store.name,
        network=part.network or "",
        order_item_code=item.id if item else "",
        sku=part.sku or "",
        quantity=part.quantity if line.label.description == "Principal" and leaf.path[0] == "ProductCharges" else None,
        promotion_id=item.promotions[0] if item and item.promotions and leaf.path[0] == "Promotion" else "",
    )


def _item_of(world: World, order_id: str, part: Part) -> Item | None:
    """Return the first line of an order with the SKU of a part."""
    items: Sequence[Item] = world.orders[world.places[order_id]].items
    return next((item for item in items if item.sku == part.sku), None)


def _tax_lines(posting: Posting, line: SettlementLine) -> Iterator[SettlementLine]:
    if number("gst", posting.key) % 2:
        yield line._replace(label=_taxed(line.label, "IGST"))
        return
    central = line.cents // 2
    for word, cents in (("CGST", central), ("SGST", line.cents - central)):
        if cents:
            yield line._replace(label=_taxed(line.label, word), cents=cents)


def _taxed(label: Label, word: str) -> Label:
    return label._replace(description=f"{label.description} {word}")


def _debt_label(period: Period, leaf: Leaf) -> Label:
    """Return the words of a debt between the two ways of payment; they come in pairs."""
    other = "Electronic Transactions" if period.rail.startswith("Cash") else "COD Transactions"
    return Label(OTHER, f"Debt adjustment {'from' if leaf.cents > 0 else 'against'} {other}")
