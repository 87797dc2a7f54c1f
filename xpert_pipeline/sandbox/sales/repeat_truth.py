"""The rows that a perfect pipeline would load for repeat purchases. Amounts and percentages are text."""

from collections.abc import Iterator

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.jobs.kiosk_view import ALWAYS
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.sales.brand_weeks import READ_AFTER
from xpert_pipeline.sandbox.serving.formats import amount_text
from xpert_pipeline.sandbox.world.customers import purchases
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.searches import DAYS, week_of


def repeat_purchases(world: World) -> Iterator[Row]:
    """Yield one row for each ASIN that was ordered in a week that Amazon has."""
    for marketplace_id in world.marketplace_ids:
        store, opened = STORES[marketplace_id], world.opened.get(marketplace_id)
        if opened is not None:
            last = store.day_of(world.end_of(marketplace_id))
            for sunday in range(week_of(store.day_of(opened)), last - READ_AFTER - DAYS + 1, DAYS):
                yield from _rows(world, marketplace_id, sunday)


def _rows(world: World, marketplace_id: str, sunday: int) -> Iterator[Row]:
    for bought in purchases(world, marketplace_id, sunday, ALWAYS):
        yield {
            "marketplace_id": marketplace_id,
            "period_start": written_day(sunday),
            "period_end": written_day(sunday + DAYS - 1),
            "asin": bought.asin,
            "orders": bought.orders.total(),
            "unique_customers": len(bought.orders),
            "repeat_customer_pct": str(bought.repeat_customer_share * 100),
            "repeat_revenue": amount_text(bought.repeat_revenue),
            "repeat_revenue_pct": str(bought.repeat_revenue_share * 100),
            "currency": STORES[marketplace_id].currency,
        }
