"""forecasting_data of a shop without listings, from order lines, the stock of each day, and the loaded spans of orders.

The arithmetic is the sandbox's: it is plain Python, and shares no code with the pipeline.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from xpert_pipeline.sandbox.inventory.forecast_truth import demand_of, rows_of
from xpert_pipeline.sandbox.inventory.velocity_truth import Sku
from xpert_pipeline_tests.assets.recomputed.raw import sold_lines
from xpert_pipeline_tests.assets.recomputed.velocity import calendar, has_stock, held, inbound

ACCOUNT_HAS_NONE = (
    "asin",
    "stockout_days",
    "stock_quantity",
    "inbound_quantity",
    "lead_time_demand",
    "reorder_quantity",
)
NUMBERS = ("units_mean", "total_mean", "service_level_pct", "wape_pct", "mase", "bias_pct", "coverage_pct")
DAYS = ("forecast_date", "origin_date")


def forecasting_data(raw):
    assert raw["products"] == [], "the groups of SKUs are read from their texts only"
    stores = defaultdict(lambda: defaultdict(Sku))
    for line in sorted(sold_lines(raw), key=lambda line: (line["purchase_date"], line["asin"] or "")):
        sku, day = stores[line["marketplace_id"]][line["sku"]], line["order_date"].toordinal()
        sku.units[day] = sku.units.get(day, 0) + (0 if line["is_off"] else line["quantity_ordered"])
        if line["asin"] is not None:
            sku.asins[day] = line["asin"]
    for level in raw["inventory_levels"]:
        stock = stores[level["marketplace_id"]][level["sku"]].stock
        stock.setdefault(level["snapshot_date"].toordinal(), []).append(level)
    return [row for store, skus in stores.items() for row in _of_store(raw, store, skus)]


def _of_store(raw, store, skus):
    sold = {(store, name): {date.fromordinal(day): 1 for day in sku.units} for name, sku in skus.items()}
    whole = [(day.toordinal(), loaded) for day, loaded, is_complete in calendar(raw, store, sold) if is_complete]
    if not whole:
        return
    origin, loaded = max(whole)
    days, seen, asins = range(origin - loaded + 1, origin + 1), {}, {}
    for name, sku in skus.items():
        levels = sku.stock.get(origin, [])
        if any(origin - 90 < day <= origin for day in sku.units) or has_stock(levels):
            seen[name] = {"stock_quantity": held(levels), "inbound_quantity": inbound(levels)}
            known = [day for day in sku.asins if origin - 90 < day <= origin]
            listed = max((level["asin"] for level in levels if level["asin"] is not None), default=None)
            asins[name] = sku.asins[max(known)] if known else listed
    demands = {name: demand_of(name, skus[name], days, {}) for name in seen}
    for row in rows_of(seen, demands, days):
        yield (
            dict.fromkeys(ACCOUNT_HAS_NONE)
            | {"marketplace_id": store, "asin": asins.get(row["sku"])}
            | row
            | {name: None if row[name] is None else Decimal(row[name]) for name in NUMBERS}
            | {name: date.fromisoformat(row[name]) for name in DAYS}
        )
