"""How fast each SKU sells and how long its stock lasts, as a perfect pipeline would compute it. Decimals are text."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from xpert_pipeline.sandbox.inventory.truth import inventory_levels
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.days import order_date, written_day
from xpert_pipeline.sandbox.world.records import CANCELLED, World

Row = dict[str, Any]
WINDOWS = (7, 14, 30, 60, 90)
SATURDAY = 6
LEAD_TIME, FACTOR = 14, Decimal("1.6449")
FINEST = Decimal("0.0001")


@dataclass(slots=True)
class Sku:
    """Units and ASINs by day of an order, and rows of stock by day."""

    units: dict[int, int] = field(default_factory=dict)
    asins: dict[int, str] = field(default_factory=dict)
    stock: dict[int, list[Row]] = field(default_factory=dict)

    def in_stock(self, day: int) -> bool | None:
        """Whether the SKU was in stock on a day; None if unknown."""
        said = [row["is_in_stock"] for row in self.stock.get(day, [])]
        return True if True in said else None if None in said or not said else False

    def sold(self, days: range) -> list[int]:
        """Return the units of each day."""
        return [self.units.get(day, 0) for day in days]

    def quantity(self, name: str, day: int) -> int | None:
        """Add up a quantity over the channels; None if a part is unknown."""
        values = [row[name] for row in self.stock.get(day, [])]
        return sum(values) if values and None not in values else None

    def inbound(self, day: int) -> int | None:
        """Add up the known inbound units."""
        values = [row["inbound_quantity"] for row in self.stock.get(day, []) if row["inbound_quantity"] is not None]
        return sum(values) if values else None


def velocity_trends(world: World) -> Iterator[Row]:
    """Yield one row for each SKU that was in an order within 90 days, or has stock, as seen from each day."""
    for marketplace_id in world.marketplace_ids:
        skus = skus_of(world, marketplace_id)
        first = min((day for sku in skus.values() for day in sku.units), default=None)
        if first is None:
            continue
        today = STORES[marketplace_id].day_of(time.time())
        for day in range(first, today + 1):
            if day > today - max(WINDOWS) or day % 7 == SATURDAY:
                loaded = min(day - first + 1, max(WINDOWS))
                seen = {"marketplace_id": marketplace_id, "is_complete": day < today}
                yield from (seen | row for row in rows_of_day(skus, day, loaded))


def skus_of(world: World, marketplace_id: str) -> dict[str, Sku]:
    """Return what is known of each SKU of a marketplace: its sales and its stock."""
    skus = _sold_skus(world, marketplace_id)
    for row in inventory_levels(world):
        if row["marketplace_id"] == marketplace_id:
            own = skus.setdefault(row["sku"], Sku())
            own.stock.setdefault(_ordinal(row["snapshot_date"]), []).append(row)
    return skus


def _sold_skus(world: World, marketplace_id: str) -> dict[str, Sku]:
    skus: dict[str, Sku] = {}
    for order in world.orders:
        if order.marketplace_id == marketplace_id and order.is_sale:
            day = _ordinal(order_date(order))
            for item in order.items:
                sku = skus.setdefault(item.sku, Sku())
                counted = 0 if item.cancelled or order.status == CANCELLED else item.quantity
                sku.units[day] = sku.units.get(day, 0) + counted
                sku.asins[day] = item.asin
    return skus


def rows_of_day(skus: dict[str, Sku], day: int, loaded: int) -> Iterator[Row]:
    """Yield the rows of all SKUs as seen from one day, of which so many days in a row are known."""
    for name, sku in skus.items():
        is_sold = any(day - max(WINDOWS) < sold <= day for sold in sku.units)
        available, on_hand = sku.quantity("available_quantity", day), sku.quantity("on_hand_quantity", day)
        held = available if available is not None else on_hand
        if is_sold or (held or 0) > 0 or (sku.inbound(day) or 0) > 0:
            with localcontext(prec=50):
                yield {
                    "as_of_date": written_day(day),
                    "sku": name,
                    "loaded_days": loaded,
                    **_windows(sku, day, loaded),
                    "available_quantity": available,
                    "inbound_quantity": sku.inbound(day),
                    "stock_quantity": held,
                    **_plan(sku, day, loaded, held),
                }


def _windows(sku: Sku, day: int, loaded: int) -> Row:
    units = {length: sum(sku.sold(range(day - length + 1, day + 1))) for length in WINDOWS}
    daily = sku.sold(range(day - 27, day + 1))
    sold, before = sku.sold(range(day - 29, day + 1)), units[14] - units[7]
    stocked = [sku.in_stock(each) for each in range(day - 29, day + 1)]
    known, in_stock = [said for said in stocked if said is not None], stocked.count(True)
    mean = Decimal(sum(daily)) / 28
    slope = sum((place - Decimal("13.5")) * (count - mean) for place, count in enumerate(daily)) / Decimal(1827)
    month = units[30] if loaded >= 30 and units[30] > 0 else None
    of_stock = sum(count for count, said in zip(sold, stocked, strict=True) if said)
    return {
        **{f"units_{length}": count if loaded >= length else None for length, count in units.items()},
        **{f"v{length}": _text(Decimal(count) / length, loaded >= length) for length, count in units.items()},
        "stock_known_days_30": len(known),
        "in_stock_days_30": in_stock if known else None,
        "in_stock_v30": _text(Decimal(of_stock) / in_stock) if in_stock and loaded >= 30 else None,
        "trend_pct": _text(100 * (Decimal(units[7]) * 30 / (7 * month) - 1)) if month else None,
        "wow_pct": _text(100 * (Decimal(units[7]) / before - 1)) if loaded >= 14 and before > 0 else None,
        "slope_28d": _text(slope, loaded >= 28),
        "cv_30": _text(_deviation(sold) * 30 / month) if month else None,
    }


def _plan(sku: Sku, day: int, loaded: int, held: int | None) -> Row:
    days = range(day - 29, day + 1)
    is_known = sum(sku.in_stock(each) is not None for each in days) >= 7
    sold = [sku.units.get(each, 0) for each in days if not is_known or sku.in_stock(each)] if loaded >= 30 else []
    velocity = Decimal(sum(sold)) / len(sold) if sold else None
    cover = Decimal(held * len(sold)) / sum(sold) if sum(sold) > 0 and held is not None else None
    spare = FACTOR * _deviation(sold) * Decimal(LEAD_TIME).sqrt() if len(sold) > 1 else None
    last = day + int(cover.to_integral_value(ROUND_FLOOR)) if cover is not None and cover <= 3650 else None
    return {
        "velocity_basis": ("IN_STOCK" if is_known else "ALL_DAYS") if loaded >= 30 else None,
        "planning_velocity": _text(velocity),
        "days_of_cover": _text(cover),
        "stockout_date_est": written_day(last) if last is not None else None,
        "lead_time_days": LEAD_TIME,
        "service_level_pct": "95",
        "reorder_point": _text(velocity * LEAD_TIME + spare)
        if velocity is not None and velocity >= 0 and spare is not None
        else None,
        "velocity_class": _class(sku, day, loaded, velocity),
    }


def _class(sku: Sku, day: int, loaded: int, velocity: Decimal | None) -> str | None:
    if velocity is None:
        return None
    if velocity > 0:
        return "FAST" if velocity >= 1 else "STEADY" if velocity >= Decimal("0.2") else "SLOW"
    if sum(sku.sold(range(day - 89, day + 1))) > 0:
        return "SLOW"
    return "DEAD" if loaded >= max(WINDOWS) else None


def _deviation(sold: list[int]) -> Decimal:
    mean = Decimal(sum(sold)) / len(sold)
    return (sum((count - mean) ** 2 for count in sold) / Decimal(len(sold) - 1)).sqrt()


def _text(value: Decimal | None, is_known: bool = True) -> str | None:
    return str(value.quantize(FINEST, ROUND_HALF_UP)) if value is not None and is_known else None


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()
