"""Writes report files of any size as Amazon would send them, from the sandbox's invented world."""

from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path

from xpert_pipeline.sandbox.catalog.merchant_listings import merchant_listings
from xpert_pipeline.sandbox.orders.xml_report import xml_report
from xpert_pipeline.sandbox.world import synthetic
from xpert_pipeline.sandbox.world.catalogue import build_products
from xpert_pipeline.sandbox.world.records import Order

LAST_DAY = date(2026, 9, 30)
DAYS = 30
LINES_PER_ORDER = 1.15
SKUS = 2_000


def write_orders(path: Path, lines: int) -> None:
    """Write an XML all-orders report with at least this number of order lines over about thirty days."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(xml_report(_orders(lines), (), "UTF-8"))


def write_listings(path: Path, rows: int) -> None:
    """Write a merchant listings report (tab-separated) with this number of listings."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(merchant_listings([product.listing for product in build_products("benchmark", rows)]))


def _orders(lines: int) -> Iterator[Order]:
    per_day = max(1.0, lines / DAYS / LINES_PER_ORDER)
    written = 0
    for attempt in count():
        plan = synthetic.Plan(seed=f"benchmark {attempt}", days=DAYS, orders_per_day=per_day, skus=SKUS)
        for order in synthetic.build(plan, "A0BENCHMARK", "Benchmark", LAST_DAY).orders:
            if written >= lines:
                return
            yield order
            written += len(order.items)
