"""velocity_trends, from order lines, the stock of each day, and the spans of orders that are loaded."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal, localcontext

from xpert_pipeline_tests.assets.recomputed.raw import ZONES, grouped, loaded_spans, midnight, rounded, sold_lines

DAY = timedelta(days=1)


def velocity_trends(raw, lead_time=14, level=95, factor=Decimal("1.6449")):
    units, asins = defaultdict(lambda: defaultdict(int)), {}
    for line in sorted(sold_lines(raw), key=lambda line: (line["purchase_date"], line["asin"] or "")):
        key = (line["marketplace_id"], line["sku"])
        units[key][line["order_date"]] += 0 if line["is_off"] else line["quantity_ordered"]
        if line["asin"] is not None:
            asins[(*key, line["order_date"])] = line["asin"]
    stock = grouped(raw["inventory_levels"], "marketplace_id", "sku", "snapshot_date")
    stock_skus = grouped(raw["inventory_levels"], "marketplace_id", "sku")
    settings = {"lead_time_days": lead_time, "service_level_pct": Decimal(level)}
    rows = []
    with localcontext(prec=60):
        for store in {key[0] for key in units}:
            skus = {sku for own, sku in [*units, *stock_skus] if own == store}
            for day, loaded, is_complete in calendar(raw, store, units):
                for sku in skus:
                    sold = units.get((store, sku), {})
                    history = [sold.get(day - n * DAY, 0) for n in range(90)]
                    on_hand = [stock.get((store, sku, day - n * DAY), []) for n in range(30)]
                    if any(day - n * DAY in sold for n in range(90)) or has_stock(on_hand[0]):
                        named = [asins.get((store, sku, day - n * DAY)) for n in range(90)]
                        listed = [level["asin"] for level in on_hand[0] if level["asin"] is not None]
                        head = {"marketplace_id": store, "as_of_date": day, "sku": sku, "loaded_days": loaded}
                        figures = windows(history, on_hand, loaded) | plan(
                            history, on_hand, loaded, day, lead_time, factor
                        )
                        asin = next(filter(None, named), max(listed, default=None))
                        rows.append(head | settings | {"asin": asin, "is_complete": is_complete} | figures)
    return rows


def calendar(raw, store, units):
    """The days that have rows, how many days up to each are loaded, and whether it is over."""
    first_sale = min(day for key, days in units.items() if key[0] == store for day in days)
    now = raw["now"].astimezone(ZONES[store]).replace(tzinfo=None)
    today = now.date()
    for start, end in loaded_spans(raw, store):
        first = start.date() if start == midnight(start.date()) else start.date() + DAY
        first = max(first, first_sale)
        # the ten minutes after a load do not begin another day, unless that day itself has just begun
        last = (end - timedelta(minutes=10, microseconds=1)).date()
        if end.date() == today and now < midnight(today) + timedelta(minutes=10):
            last = today
        last = min(last, today)
        for number in range((last - first).days + 1):
            day = first + number * DAY
            if day > today - 90 * DAY or day.isoweekday() == 6:
                yield day, min(number + 1, 90), day < today and midnight(day + DAY) <= end


def quantity(levels, name):
    """The sum over the channels; None if one is unknown."""
    values = [level[name] for level in levels]
    return sum(values) if values and None not in values else None


def inbound(levels):
    known = [level["inbound_quantity"] for level in levels if level["inbound_quantity"] is not None]
    return sum(known) if known else None


def held(levels):
    """What can be sold, or else what is on hand."""
    available = quantity(levels, "available_quantity")
    return available if available is not None else quantity(levels, "on_hand_quantity")


def has_stock(levels):
    return (held(levels) or 0) > 0 or (inbound(levels) or 0) > 0


def in_stock(levels):
    said = [level["is_in_stock"] for level in levels]
    return True if True in said else None if not said or None in said else False


def deviation(values):
    mean = Decimal(sum(values)) / len(values)
    return (sum((value - mean) ** 2 for value in values) / (len(values) - 1)).sqrt()


def windows(history, on_hand, loaded):
    """The figures of the windows that end with the day; `history` begins with the day and goes back."""
    sums = {length: sum(history[:length]) for length in (7, 14, 30, 60, 90)}
    states = [in_stock(levels) for levels in on_hand]
    known, stocked = sum(state is not None for state in states), states.count(True)
    of_stock = sum(units for units, state in zip(history, states, strict=False) if state)
    week_before = sums[14] - sums[7]
    line = history[27::-1]
    mean = Decimal(sum(line)) / 28
    slope = sum((n - Decimal("13.5")) * (units - mean) for n, units in enumerate(line))
    slope /= sum((n - Decimal("13.5")) ** 2 for n in range(28))
    has_month = loaded >= 30 and sums[30] > 0
    return {
        **{f"units_{length}": total if loaded >= length else None for length, total in sums.items()},
        **{f"v{n}": rounded(Decimal(total) / n) if loaded >= n else None for n, total in sums.items()},
        "stock_known_days_30": known,
        "in_stock_days_30": stocked if known else None,
        "in_stock_v30": rounded(Decimal(of_stock) / stocked) if loaded >= 30 and stocked else None,
        "trend_pct": rounded(100 * (Decimal(sums[7]) / 7) / (Decimal(sums[30]) / 30) - 100) if has_month else None,
        "wow_pct": rounded(Decimal(100 * sums[7]) / week_before - 100) if loaded >= 14 and week_before > 0 else None,
        "slope_28d": rounded(slope) if loaded >= 28 else None,
        "cv_30": rounded(deviation(history[:30]) / (Decimal(sums[30]) / 30)) if has_month else None,
        "available_quantity": quantity(on_hand[0], "available_quantity"),
        "inbound_quantity": inbound(on_hand[0]),
        "stock_quantity": held(on_hand[0]),
    }


def plan(history, on_hand, loaded, day, lead_time, factor):
    """What follows for the next order: velocity on the days that count, cover, reorder point and class."""
    states = [in_stock(levels) for levels in on_hand]
    is_known = sum(state is not None for state in states) >= 7
    found = {
        "velocity_basis": None, "planning_velocity": None, "days_of_cover": None, "stockout_date_est": None,
        "reorder_point": None, "velocity_class": None,
    }  # fmt: skip
    if loaded < 30:
        return found
    found["velocity_basis"] = "IN_STOCK" if is_known else "ALL_DAYS"
    counted = [units for units, state in zip(history[:30], states, strict=True) if state or not is_known]
    if not counted:
        return found
    velocity = Decimal(sum(counted)) / len(counted)
    found["planning_velocity"] = rounded(velocity)
    stock = held(on_hand[0])
    if sum(counted) > 0 and stock is not None:
        cover = stock / velocity
        found["days_of_cover"] = rounded(cover)
        if Decimal(stock * len(counted)) / sum(counted) <= 3650:
            found["stockout_date_est"] = day + int(Decimal(stock * len(counted)) // sum(counted)) * DAY
    if len(counted) > 1 and velocity >= 0:
        found["reorder_point"] = rounded(velocity * lead_time + factor * deviation(counted) * Decimal(lead_time).sqrt())
    if velocity >= 1:
        found["velocity_class"] = "FAST"
    elif 5 * velocity >= 1:
        found["velocity_class"] = "STEADY"
    elif velocity > 0 or sum(history) > 0:
        found["velocity_class"] = "SLOW"
    else:
        found["velocity_class"] = "DEAD" if loaded >= 90 else None
    return found
