"""What became of each SKU's sales on each day, as a perfect pipeline would compute it, from the world itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.jobs.kiosk_view import ALWAYS, View, view_of
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.formats import amount_text
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.economy import Economy, active_skus
from xpert_pipeline.sandbox.world.ledger import Ledger
from xpert_pipeline.sandbox.world.postings import REFUND
from xpert_pipeline.sandbox.world.records import CANCELLED, World
from xpert_pipeline.sandbox.world.returns import return_requests, returned_units
from xpert_pipeline.sandbox.world.traffic import Traffic, seen_skus
from xpert_pipeline.sandbox.world.transactions import books_of

FINAL_DAYS = 14
Cell = tuple[int, str]
"""A day and a SKU."""


@dataclass(slots=True)
class _Day:
    """Sums of a SKU and day."""

    asin: str | None = None
    is_ordered: bool = False
    orders: set[str] = field(default_factory=set)
    units: int = 0
    amounts: list[str | None] = field(default_factory=list)
    refunded: int = 0
    refunded_cents: int = 0
    returned: int = 0
    told: Economy | None = None


def sales_performance(world: World, *, moved: bool = False) -> Iterator[Row]:
    """Yield one row for each SKU and day with an order, a refund, a return, or one of them in economics.

    Args:
        world: The seller's world.
        moved: Whether Amazon dates some returns later than it did at first.
    """
    view = view_of(world, ALWAYS)
    returned = _returned(world, moved=moved)
    for marketplace_id in world.marketplace_ids:
        ledger = view.ledger(marketplace_id)
        cells = _ordered(world, marketplace_id)
        ordered_days = {day for day, _ in cells}
        for (store, day, sku), units in returned.items():
            if store == marketplace_id:
                cells.setdefault((day, sku), _Day()).returned += units
        money_days = _refund(world, marketplace_id, cells)
        told_days = _tell(ledger, cells, ordered_days)
        newest = max(
            (ledger.store.day_of(order.created) for order in world.orders if order.marketplace_id == marketplace_id),
            default=0,
        )
        by_day: dict[int, dict[str, _Day]] = {}
        for (day, sku), cell in cells.items():
            listing = ledger.listings.get(sku)
            cell.asin = cell.asin or (listing.asin if listing else None)
            by_day.setdefault(day, {})[sku] = cell
        for day, skus in sorted(by_day.items()):
            for sku, cell in sorted(skus.items()):
                yield (
                    {"marketplace_id": marketplace_id, "sale_date": written_day(day), "sku": sku, "asin": cell.asin}
                    | _own(cell, ledger, has_orders=day in ordered_days, has_money=day in money_days)
                    | _amazon(cell, has_orders=day in ordered_days, has_economics=day in told_days)
                    | _traffic(view, ledger, day, skus, cell, has_orders=day in ordered_days)
                    | {"is_final": day <= newest - FINAL_DAYS}
                )


def _ordered(world: World, marketplace_id: str) -> dict[Cell, _Day]:
    store = STORES[marketplace_id]
    cells: dict[Cell, _Day] = {}
    for order in world.orders:
        if order.marketplace_id != marketplace_id or not order.is_sale:
            continue
        for item in order.items:
            cell = cells.setdefault((store.day_of(order.created), item.sku), _Day())
            cell.is_ordered, cell.asin = True, item.asin or cell.asin
            if order.status != CANCELLED and not item.cancelled:
                cell.orders.add(order.id)
                cell.units += item.quantity
                cell.amounts.append(item.amount)
    return cells


def _returned(world: World, *, moved: bool) -> dict[tuple[str, int, str], int]:
    """Return the units that came back or were asked for, by store, day and SKU."""
    first, end = STORES[world.marketplace_ids[0]], max(map(world.end_of, world.marketplace_ids))
    found: dict[tuple[str, int, str], int] = {}
    for unit in returned_units(world, end, moved=moved):
        key = (unit.marketplace_id, first.day_of(unit.at), unit.sku)
        found[key] = found.get(key, 0) + 1
    for request in return_requests(world, end):
        key = (request.order.marketplace_id or "", request.day, request.item.sku)
        found[key] = found.get(key, 0) + request.item.shipped
    return found


def _refund(world: World, marketplace_id: str, cells: dict[Cell, _Day]) -> set[int]:
    """Add the refunds, and return the days with a transaction that has amounts."""
    store, days = STORES[marketplace_id], set()
    for posting in books_of(world, marketplace_id, world.end_of(marketplace_id)).postings:
        day, parts = store.day_of(posting.posted), posting.parts()
        if any(part.leaves for part in parts):
            days.add(day)
        if posting.type == REFUND and not posting.key.endswith(" released"):
            for part in parts:
                cell = cells.setdefault((day, part.sku or "(no SKU)"), _Day())
                cell.refunded += part.quantity or 0
                cell.refunded_cents -= sum(leaf.cents for leaf in part.leaves if leaf.path[0] == "ProductCharges")
    return days


def _tell(ledger: Ledger, cells: dict[Cell, _Day], ordered_days: set[int]) -> set[int]:
    """Add economics, and return the days that they have."""
    days = set()
    for day in range(ledger.first, ledger.last + 1):
        for sku in active_skus(ledger, day):
            days.add(day)
            economy = Economy()
            economy.add(ledger, day, sku, restated=False)
            is_event = economy.count.units or economy.count.refunded
            if (day, sku) in cells or (is_event and day in ordered_days):
                cells.setdefault((day, sku), _Day()).told = economy
    return days


def _own(cell: _Day, ledger: Ledger, *, has_orders: bool, has_money: bool) -> Row:
    ops = money.total(cell.amounts)
    known = Decimal(ops) if ops is not None else None if cell.units or not has_orders else Decimal(0)
    refunded = Decimal(cell.refunded_cents) / 100 if has_money else None
    has_currency = ops is not None or cell.refunded_cents or cell.told is not None
    return {
        "orders": len(cell.orders) if has_orders else None,
        "units_ordered": cell.units if has_orders else None,
        "units_refunded": cell.refunded if has_money else None,
        "net_units": cell.units - cell.refunded if has_orders and has_money else None,
        "units_returned": cell.returned or None,
        "ops": ops,
        "refunded_sales": amount_text(refunded),
        "net_product_sales": None if known is None or refunded is None else amount_text(known - refunded),
        "currency": ledger.store.currency if has_currency else None,
    }


def _amazon(cell: _Day, *, has_orders: bool, has_economics: bool) -> Row:
    told, ops = cell.told, money.total(cell.amounts)
    count = told.count if told else None
    known = Decimal(ops) if ops is not None else None if cell.units or not has_orders else Decimal(0)
    is_known = has_orders and has_economics
    return {
        "amazon_units_ordered": count.units if count else None,
        "units_variance": cell.units - (count.units if count else 0) if is_known else None,
        "amazon_ops": amount_text(count.sales) if count else None,
        "ops_variance": amount_text(known - (count.sales if count else Decimal(0)))
        if is_known and known is not None
        else None,
        "amazon_units_refunded": count.refunded if count else None,
    }


def _traffic(view: View, ledger: Ledger, day: int, skus: dict[str, _Day], cell: _Day, *, has_orders: bool) -> Row:
    """Return the visits of an ASIN that is that of one SKU of the day."""
    visited = seen_skus(ledger, day) if ledger.first <= day <= ledger.last else {}
    own = {sku: visits for sku, visits in visited.items() if ledger.listings[sku].asin == cell.asin}
    state = "OF_ASIN"
    if not visited:
        state = "NO_DAY"
    elif not own:
        state = "NO_RECORD"
    elif sum(other.asin == cell.asin for other in skus.values()) > 1:
        state = "SHARED_ASIN"
    traffic = Traffic()
    for sku, visits in own.items():
        traffic.add(ledger, day, sku, visits)
    is_told, sessions = state == "OF_ASIN", traffic.sessions
    named = ([sku for sku, other in skus.items() if other is cell] if cell.told is not None else []) or list(own)
    share = (Decimal(100 * cell.units) / sessions).quantize(money.FINEST, ROUND_HALF_UP) if sessions else None
    return {
        "parent_asin": view.parent(ledger.listings[named[0]]) if named else None,
        "sessions": sessions if is_told else None,
        "page_views": traffic.views if is_told else None,
        "featured_offer_pct": amount_text(traffic.featured) if is_told else None,
        "unit_session_pct": str(share) if is_told and has_orders and share is not None else None,
        "traffic_state": state,
    }
