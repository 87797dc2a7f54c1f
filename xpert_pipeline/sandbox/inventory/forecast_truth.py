"""The forecasts of demand that a perfect pipeline would have. Decimals are text."""

import re
import time
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from statistics import fmean
from typing import Any

from xpert_pipeline.sandbox.inventory.forecast_model import HORIZON, Demand, Made, make
from xpert_pipeline.sandbox.inventory.velocity_truth import Sku, rows_of_day, skus_of
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.listing_facts import parent_asin
from xpert_pipeline.sandbox.world.records import World

Row = dict[str, Any]
LEAD_TIME, SERVICE = 14, "95"
FIGURES = ("units_mean", "units_p10", "units_p50", "units_p90", "total_mean", "total_p10", "total_p50", "total_p90")
TESTED = ("backtest_weeks", "wape_pct", "mase", "bias_pct", "coverage_pct")


def forecasting_data(world: World) -> Iterator[Row]:
    """Yield 28 rows for each SKU that sells, one for each that does not, and the same for all together."""
    for marketplace_id in world.marketplace_ids:
        skus = skus_of(world, marketplace_id)
        first = min((day for sku in skus.values() for day in sku.units), default=None)
        origin = STORES[marketplace_id].day_of(time.time()) - 1
        if first is None or first > origin:
            continue
        days = range(max(first, origin - 89), origin + 1)
        groups = {
            listing.sku: (
                parent_asin(listing) if listing.size else _style(listing.sku),
                re.sub(r"[^0-9A-Za-z]", "_", listing.category.upper()),
            )
            for listing in world.listings
            if listing.marketplace_id == marketplace_id
        }
        seen = {row["sku"]: row for row in rows_of_day(skus, origin, len(days))}
        later = {row["sku"]: row for row in rows_of_day(skus, origin + 1, len(days))}
        for name, row in seen.items():
            for known in ("stock_quantity", "inbound_quantity"):
                if row[known] is None and name in later:
                    row[known] = later[name][known]
        demands = {name: demand_of(name, skus[name], days, groups) for name in seen}
        for row in rows_of(seen, demands, days):
            yield {"marketplace_id": marketplace_id, **row}


def rows_of(seen: dict[str, Row], demands: dict[str, Demand], days: range) -> Iterator[Row]:
    """Yield the rows of a marketplace, whose history is some days."""
    names = list(demands)
    common: Row = {
        "origin_date": written_day(days[-1]),
        "history_days": len(days),
        "lead_time_days": LEAD_TIME,
        "service_level_pct": SERVICE,
    }
    made = make(list(demands.values()), _weekday(days[0])) if len(days) >= 14 else None
    tested = _backtest(list(demands.values()), days) if made else []
    for place, (name, demand) in enumerate(demands.items()):
        row = common | {
            "scope": "SKU",
            "sku": name,
            "sold_days": sum(units > 0 for units in demand.units),
            "stockout_days": demand.counts.count(False),
            "stock_quantity": seen[name]["stock_quantity"],
            "inbound_quantity": seen[name]["inbound_quantity"],
        }
        if made is None or place not in made.means:
            reason = "OUT_OF_STOCK" if sum(demand.units[-56:]) else "NO_RECENT_SALES"
            yield _absent(row, days, reason if made else "SHORT_HISTORY")
            continue
        needed, stock = made.demand(place, LEAD_TIME, float(SERVICE) / 100), row["stock_quantity"]
        row["lead_time_demand"] = needed
        row["reorder_quantity"] = None if stock is None else max(needed - stock - (row["inbound_quantity"] or 0), 0)
        yield from _present(row | tested[place], days, made.means[place], [
            made.points(place, start, stop) for start, stop in _spans()
        ])  # fmt: skip
    row = common | {
        "scope": "ACCOUNT",
        "sku": "(all)",
        "sold_days": sum(any(day) for day in zip(*(d.units for d in demands.values()), strict=True)),
    }
    if made is None or not made.means:
        yield _absent(row, days, "NO_RECENT_SALES" if made else "SHORT_HISTORY")
    else:
        means = [sum(day) for day in zip(*made.means.values(), strict=True)]
        points = [made.account_points(start, stop) for start, stop in _spans()]
        yield from _present(row | tested[len(names)], days, means, points)


def demand_of(name: str, sku: Sku, days: range, groups: dict[str, tuple[str, str]]) -> Demand:
    """Return the demand of a SKU; its groups are from its listing, or else from its text."""
    units = [max(sku.units.get(day, 0), 0) for day in days]
    counts = [sold > 0 or sku.in_stock(day) is not False for day, sold in zip(days, units, strict=True)]
    return Demand(units, counts, *groups.get(name, (_style(name), "")))


def _style(sku: str) -> str:
    return re.split(r"[-_/ .]", sku)[0] or sku


def _spans() -> list[tuple[int, int]]:
    """Each day, and then all days up to each."""
    return [(day, day + 1) for day in range(HORIZON)] + [(0, day + 1) for day in range(HORIZON)]


def _present(row: Row, days: range, means: Sequence[float], points: Sequence[list[int]]) -> Iterator[Row]:
    most = [0, 0, 0]
    for day in range(HORIZON):
        most = [max(pair) for pair in zip(most, points[HORIZON + day], strict=True)]
        figures = (_text(means[day]), *points[day], _text(sum(means[: day + 1])), *most)
        yield (
            row
            | dict(zip(FIGURES, figures, strict=True))
            | {
                "forecast_date": written_day(days[-1] + 1 + day),
                "is_sufficient": True,
                "reason": None,
                "model": "shrunk_rates_1",
            }
        )


def _absent(row: Row, days: range, reason: str) -> Row:
    nothing = dict.fromkeys((*FIGURES, *TESTED, "model", "lead_time_demand", "reorder_quantity"))
    return row | nothing | {"forecast_date": written_day(days[-1] + 1), "is_sufficient": False, "reason": reason}


def _backtest(skus: Sequence[Demand], days: range) -> list[Row]:
    """Return the figures of each SKU, and at the end those of all together."""
    total = Demand([sum(day) for day in zip(*(sku.units for sku in skus), strict=True)], [], "", "")
    all_skus = [*skus, total]
    weeks: list[list[tuple[int, float, list[int]]]] = [[] for _ in all_skus]
    for back in range(1, 5):
        origin = len(days) - 7 * back
        if origin < 14:
            break
        made = make([sku.until(origin) for sku in skus], _weekday(days[0]))
        for place, sku in enumerate(all_skus):
            if any(sku.units[:origin]):
                for start in range(0, 7 * back, 7):
                    sold = sum(sku.units[origin + start : origin + start + 7])
                    weeks[place].append((sold, *_week(made, place if sku is not total else None, start)))
    return [_figures(own, sku.units) for own, sku in zip(weeks, all_skus, strict=True)]


def _week(made: Made, place: int | None, start: int) -> tuple[float, list[int]]:
    if place is None:
        return sum(sum(own[start : start + 7]) for own in made.means.values()), made.account_points(start, start + 7)
    if place not in made.means:
        return 0.0, [0, 0, 0]
    return sum(made.means[place][start : start + 7]), made.points(place, start, start + 7)


def _figures(weeks: Sequence[tuple[int, float, list[int]]], units: Sequence[int]) -> Row:
    sold = sum(own for own, *_ in weeks)
    off = sum(abs(middle - own) for own, _, (_, middle, _) in weeks)
    whole = [sum(units[start : start + 7]) for start in range(len(units) % 7, len(units), 7)]
    change = fmean(abs(later - earlier) for earlier, later in pairwise(whole))
    inside = [low <= own <= high for own, _, (low, _, high) in weeks]
    return {
        "backtest_weeks": len(weeks),
        "wape_pct": _text(100 * off / sold) if sold else None,
        "mase": _text(off / len(weeks) / change) if weeks and change else None,
        "bias_pct": _text(100 * sum(mean - own for own, mean, _ in weeks) / sold) if sold else None,
        "coverage_pct": _text(100 * sum(inside) / len(inside)) if inside else None,
    }


def _weekday(day: int) -> int:
    return date.fromordinal(day).weekday()


def _text(value: float) -> str:
    return f"{value:.4f}"
