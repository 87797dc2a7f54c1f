"""Weekday, month and event indices that a perfect pipeline would have. Decimals are text."""

import calendar
import csv
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any

from xpert_pipeline.sandbox.inventory.velocity_truth import Sku, skus_of
from xpert_pipeline.sandbox.marketplaces import INDIA, STORES
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.records import World

Row = dict[str, Any]
Series = dict[int, int | None]
"""Units by day; None where a day does not count."""
Event = tuple[str, int, int]
"""Name, first day and last day."""
EVENTS = Path(__file__).parents[2] / "retail_events.csv"
WEEK, LONGEST, FEW = 7, 1126, 50
ACCOUNT = ("ACCOUNT", "(all)")


def seasonal_patterns(world: World) -> Iterator[Row]:
    """Yield the indices of the account, of product types and of SKUs."""
    for marketplace_id in world.marketplace_ids:
        skus = skus_of(world, marketplace_id)
        first = min((day for sku in skus.values() for day in sku.units), default=None)
        last = STORES[marketplace_id].day_of(time.time()) - 1
        if first is not None and first <= last:
            types = {
                each.sku: "".join(char if char.isalnum() else "_" for char in each.category.upper()) or "PRODUCT"
                for each in world.listings
                if each.marketplace_id == marketplace_id
            }
            days = range(max(first, last - LONGEST + 1), last + 1)
            events = list(shipped_events()) if marketplace_id == INDIA else []
            for row in rows_of(skus, types, days, events):
                yield {"marketplace_id": marketplace_id, **row}


def shipped_events() -> Iterator[Event]:
    """Yield the events of the file that the project ships, all of which are Indian."""
    with EVENTS.open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            day = date.fromisoformat(row["day"]).toordinal()
            yield row["event"], day - int(row["days_before"]), day + int(row["days_after"])


def rows_of(skus: Mapping[str, Sku], types: Mapping[str, str], days: range, events: Sequence[Event]) -> Iterator[Row]:
    """Yield the rows of a marketplace."""
    with localcontext(prec=40):
        for (level, subject), series in _subjects(skus, types, days).items():
            rows = [*_weekdays(series, days), *_months(series, days), *_uplifts(series, days, events)]
            for row in rows:
                if row["is_sufficient"] or level == "ACCOUNT":
                    yield {"level": level, "subject_id": subject, **row}


def _subjects(skus: Mapping[str, Sku], types: Mapping[str, str], days: range) -> dict[tuple[str, str], Series]:
    found: dict[tuple[str, str], Series] = defaultdict(lambda: dict.fromkeys(days, 0))
    found[ACCOUNT] = dict.fromkeys(days, 0)
    for name, sku in skus.items():
        sold = {day: units for day, units in sku.units.items() if day in days and units > 0}
        for place in (ACCOUNT, *([("CATEGORY", types[name])] if name in types else [])):
            if sold:
                for day, units in sold.items():
                    found[place][day] = (found[place][day] or 0) + units
        if sum(sold.values()) >= FEW:
            found["SKU", name] = {day: sold.get(day, None if sku.in_stock(day) is False else 0) for day in days}
    return {
        place: series
        for place, series in found.items()
        if place == ACCOUNT or sum(filter(None, series.values())) >= FEW
    }


def _weekdays(series: Series, days: range) -> Iterator[Row]:
    own = [day for day in days if day > days[-1] - 364]
    ratios: dict[int, list[Decimal]] = {number: [] for number in range(1, 8)}
    for day in own:
        around = [series[each] for each in range(day - 3, day + 4) if each in series and each >= own[0]]
        known = [units for units in around if units is not None]
        units = series[day]
        if len(around) == WEEK and len(known) >= 4 and sum(known) > 0 and units is not None:
            ratios[date.fromordinal(day).isoweekday()].append(units / _mean(known))
    counted = [units for day in own if (units := series[day]) is not None]
    reason = "SHORT_HISTORY" if len(counted) < 56 else None
    if reason is None and (sum(counted) < FEW or any(len(each) < 4 for each in ratios.values())):
        reason = "FEW_UNITS"
    window = (written_day(own[0]), written_day(own[-1]))
    yield from _indices("DOW", list(calendar.day_name), ratios, counted, len(counted), WEEK, reason, window)


def _months(series: Series, days: range) -> Iterator[Row]:
    months = list(_whole_months(days))
    means: list[Decimal | None] = []
    total = 0
    for month in months:
        counted = [units for day in month if (units := series[day]) is not None]
        means.append(_mean(counted) if counted else None)
        total += sum(counted)
    ratios: dict[int, list[Decimal]] = {number: [] for number in range(1, 13)}
    for place in range(6, len(months) - 6):
        year = [mean for mean in means[place - 6 : place + 7] if mean is not None]
        if len(year) == 13 and sum(year) > 0:
            usual = (year[0] / 2 + sum(year[1:12]) + year[12] / 2) / 12
            if usual:
                ratios[date.fromordinal(months[place][0]).month].append(year[6] / usual)
    known = [mean for mean in means if mean is not None]
    reason = "SHORT_HISTORY" if len(known) < 24 else None
    if reason is None and (total < FEW or any(not each for each in ratios.values())):
        reason = "FEW_UNITS"
    window = (written_day(months[0][0]), written_day(months[-1][-1])) if months else (None, None)
    yield from _indices("MONTH", list(calendar.month_name)[1:], ratios, known, len(known), 12, reason, window)


def _whole_months(days: range) -> Iterator[range]:
    day = date.fromordinal(days[0])
    start = day if day.day == 1 else (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    while True:
        after = (start + timedelta(days=32)).replace(day=1)
        if after.toordinal() > days[-1] + 1:
            return
        yield range(start.toordinal(), after.toordinal())
        start = after


def _indices(
    kind: str,
    names: Sequence[str],
    ratios: Mapping[int, Sequence[Decimal]],
    values: Sequence[int | Decimal],
    known: int,
    cycle: int,
    reason: str | None,
    window: tuple[str | None, str | None],
) -> Iterator[Row]:
    common = {
        "season_type": kind,
        "is_sufficient": reason is None,
        "reason": reason,
        "cycles": _text(Decimal(known) / cycle),
        "window_start": window[0],
        "window_end": window[1],
    }
    if reason:
        nothing = dict.fromkeys(("index_value", "baseline", "strength"))
        yield common | nothing | {"season_name": "(none)", "season_index": 0, "observations": known}
        return
    means = {number: _mean(own) for number, own in ratios.items()}
    usual = _mean(list(means.values()))
    rest = [ratio - means[number] for number, own in ratios.items() for ratio in own]
    spread = _variance([ratio for own in ratios.values() for ratio in own])
    strength = max(Decimal(0), 1 - _variance(rest) / spread) if spread else Decimal(0)
    for number, mean in means.items():
        yield common | {
            "season_name": names[number - 1],
            "season_index": number,
            "index_value": _text(mean / usual),
            "baseline": _text(_mean(values)),
            "strength": _text(strength),
            "observations": len(ratios[number]),
        }


def _uplifts(series: Series, days: range, events: Sequence[Event]) -> Iterator[Row]:
    festive = {day for _, first, last in events for day in range(first, last + 1)}
    for name, first, last in events:
        if first not in days or last not in days:
            continue
        during = [units for day in range(first, last + 1) if (units := series[day]) is not None]
        before = [
            units for day in range(first - 28, first) if day not in festive and (units := series.get(day)) is not None
        ]
        reason = "SHORT_HISTORY" if len(before) < 14 else "FEW_UNITS" if sum(before) < 28 or not during else None
        yield {
            "season_type": "EVENT",
            "season_name": name,
            "season_index": date.fromordinal(last).year,
            "is_sufficient": reason is None,
            "reason": reason,
            "index_value": None if reason else _text(_mean(during) / _mean(before)),
            "baseline": None if reason else _text(_mean(before)),
            "strength": None,
            "observations": len(during),
            "cycles": "0" if reason else "1",
            "window_start": written_day(first),
            "window_end": written_day(last),
        }


def _mean(values: Sequence[int | Decimal]) -> Decimal:
    return sum(map(Decimal, values), Decimal(0)) / len(values)


def _variance(values: Sequence[Decimal]) -> Decimal:
    mean = _mean(values)
    return _mean([(value - mean) ** 2 for value in values])


def _text(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.0001"), ROUND_HALF_UP))
