"""The rows that a perfect pipeline would load for settlements. Amounts are text.

Amazon lists the reports of 90 days, so settlements of earlier days are unknown to a pipeline that begins now.
"""

import time
from collections.abc import Iterator
from decimal import Decimal

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.formats import amount_text, zulu
from xpert_pipeline.sandbox.settlements.lines import SettlementLine, closed_periods, lines_of
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.settlement_periods import Period

LISTED_SECONDS = 90 * 86_400


def settlements(world: World) -> Iterator[Row]:
    """Yield one row for each settlement."""
    for marketplace_id, period in _periods(world):
        store = STORES[marketplace_id]
        yield {
            "marketplace_id": marketplace_id,
            "settlement_id": period.settlement,
            "settlement_date": written_day(store.day_of(period.end)),
            "started_at": zulu(period.start),
            "ended_at": zulu(period.end),
            "deposited_at": zulu(period.deposited),
            "total_amount": _amount(period.cents),
            "rows_amount": _amount(period.cents),
            "difference_amount": _amount(0),
            "is_balanced": True,
            "row_count": sum(1 for _ in lines_of(world, marketplace_id, period)),
            "rejected_count": 0,
            "currency": store.currency,
        }


def settlement_rows(world: World) -> Iterator[Row]:
    """Yield one row for each row of a report below its summary."""
    for marketplace_id, period in _periods(world):
        for number, line in enumerate(lines_of(world, marketplace_id, period), start=2):
            yield _row(marketplace_id, period, number, line)


def _row(marketplace_id: str, period: Period, number: int, line: SettlementLine) -> Row:
    store = STORES[marketplace_id]
    return {
        "marketplace_id": marketplace_id,
        "settlement_id": period.settlement,
        "row_number": number,
        "posted_date": written_day(store.day_of(line.posted)),
        "posted_at": zulu(line.posted),
        "transaction_type": line.transaction_type or None,
        "order_id": line.order_id or None,
        "merchant_order_id": line.order_id if line.marketplace_name else None,
        "adjustment_id": line.adjustment_id or None,
        "shipment_id": line.shipment_id or None,
        "marketplace_name": line.marketplace_name or None,
        "amount_type": line.label.type,
        "amount_description": line.label.description,
        "amount": _amount(line.cents),
        "currency": store.currency,
        "fulfillment_id": line.network or None,
        "order_item_code": line.order_item_code or None,
        "merchant_order_item_id": None,
        "merchant_adjustment_item_id": None,
        "sku": line.sku or None,
        "quantity_purchased": line.quantity,
        "promotion_id": line.promotion_id or None,
    }


def _periods(world: World) -> Iterator[tuple[str, Period]]:
    since = time.time() - LISTED_SECONDS
    for marketplace_id in world.marketplace_ids:
        for period in closed_periods(world, marketplace_id):
            if period.end >= since:
                yield marketplace_id, period


def _amount(cents: int) -> str | None:
    return amount_text(Decimal(cents) / 100)
