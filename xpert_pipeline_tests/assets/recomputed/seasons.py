"""seasonal_patterns, from order lines, the stock of each day, and the spans of orders that are loaded.

The arithmetic is the sandbox's: it shares no code with the pipeline.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from xpert_pipeline.sandbox.inventory.seasons_truth import rows_of
from xpert_pipeline.sandbox.inventory.velocity_truth import Sku
from xpert_pipeline_tests.assets.recomputed.raw import ZONES, loaded_spans, midnight, sold_lines

LONGEST = 1126
NUMBERS, DAYS = ("index_value", "baseline", "strength", "cycles"), ("window_start", "window_end")


def seasonal_patterns(raw):
    """The rows without any event."""
    stores = defaultdict(lambda: defaultdict(Sku))
    for line in sold_lines(raw):
        units = stores[line["marketplace_id"]][line["sku"]].units
        day = line["order_date"].toordinal()
        units[day] = units.get(day, 0) + (0 if line["is_off"] else line["quantity_ordered"])
    for level in raw["inventory_levels"]:
        stock = stores[level["marketplace_id"]][level["sku"]].stock
        stock.setdefault(level["snapshot_date"].toordinal(), []).append(level)
    types = {(row["marketplace_id"], row["sku"]): row["product_type"] for row in raw["products"] if row["product_type"]}
    return [
        {"marketplace_id": store, **row}
        | {name: None if row.get(name) is None else Decimal(row[name]) for name in NUMBERS}
        | {name: date.fromisoformat(row[name]) if row[name] else None for name in DAYS}
        for store, skus in stores.items()
        if (days := newest_days(raw, store, skus))
        for row in rows_of(skus, {sku: types[own, sku] for own, sku in types if own == store}, days, [])
    ]


def newest_days(raw, store, skus):
    """The days in a row up to the newest whole one whose orders are loaded, as ordinals."""
    first_sale = min((day for sku in skus.values() for day in sku.units), default=None)
    today = raw["now"].astimezone(ZONES[store]).date()
    spans = []
    for start, end in loaded_spans(raw, store):
        begun = start.date().toordinal() + (start > midnight(start.date()))
        spans.append((min(today, end.date()).toordinal() - 1, begun))
    if first_sale is None or not spans:
        return range(0)
    last, first = max(spans)
    return range(max(first, first_sale, last - LONGEST + 1), last + 1)
