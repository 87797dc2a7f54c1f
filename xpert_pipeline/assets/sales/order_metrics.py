"""Compares the orders, units and sales of each day with Amazon's own order metrics."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import dagster as dg

from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.sources.checks import (
    asset_check,
    complete_days,
    markets_to_check,
    select_rows,
    sellers_to_check,
)
from xpert_pipeline.sources.figures import RunFigures
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.operations.sales import get_order_metrics
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.wording import counted

OURS = """
select i.order_date, count(distinct i.order_id), sum(i.quantity_ordered), coalesce(sum(i.item_subtotal), 0)
  from order_items i
  join orders o using (seller_id, marketplace_id, order_id)
 where i.seller_id = %(seller_id)s and i.marketplace_id = %(marketplace_id)s and i.order_date = any(%(days)s)
   and not i.is_cancelled and o.fulfillment_status <> 'CANCELLED' and o.sales_channel not ilike 'non-amazon%%'
 group by i.order_date
"""
SHOWN = 100
Figures = tuple[int, int, Decimal]
NOTHING: Figures = (0, 0, Decimal(0))


@asset_check("sales_data")
def orders_match_amazon_order_metrics(
    context: dg.AssetCheckExecutionContext, postgres: PostgresResource, sp_api: SpApiResource
) -> dg.AssetCheckResult:
    """Each day's orders, units and sales equal Amazon's order metrics (one call per marketplace).

    A day that differs is a warning: Amazon may know changes that have not reached the change stream yet.
    """
    differing: list[dict[str, Any]] = []
    compared, not_asked, figures = 0, {}, RunFigures()
    for seller in sellers_to_check(context, postgres):
        days_of = {market: complete_days(context, postgres, market, "orders") for market in markets_to_check(seller)}
        try:
            with sp_api.client(seller) as api:
                try:
                    for market, days in ((market, days) for market, days in days_of.items() if days):
                        differing += compare_with_amazon(postgres, api, market, days)
                        compared += len(days)
                finally:
                    figures.add(api)
        except SpApiError as error:
            not_asked[seller.amazon_seller_id] = str(error)
    return dg.AssetCheckResult(
        passed=not differing and not not_asked,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{counted(compared, 'day')} compared, {len(differing)} differ"
        + (f"; Amazon did not answer for {not_asked}" if not_asked else ""),
        metadata={
            "days_compared": compared,
            "days_differing": dg.JsonMetadataValue(differing[:SHOWN]),
            **figures.metadata(),
        },
    )


def compare_with_amazon(
    postgres: PostgresResource, api: SellerApi, market: Market, days: Sequence[date]
) -> list[dict[str, Any]]:
    """Days on which our orders, units or sales differ from Amazon's getOrderMetrics.

    Returns:
        One entry per differing day: marketplace, day, our figures and Amazon's (orders, units, sales).
    """
    start, end = market.bounds(min(days), max(days))
    amazons: dict[date, Figures] = {
        datetime.fromisoformat(interval["interval"].split("--")[0]).astimezone(market.zone).date(): (
            int(interval["orderCount"]),
            int(interval["unitCount"]),
            Decimal(str(interval["totalSales"]["amount"])),
        )
        for interval in get_order_metrics(api, market.id, start, end, granularity="Day", timezone=market.place.timezone)
    }
    rows = select_rows(postgres, market, OURS, days=list(days))
    ours: dict[date, Figures] = {day: (orders, units, sales) for day, orders, units, sales in rows}
    return [
        {
            "marketplace": market.id,
            "day": day.isoformat(),
            "ours": _as_json(ours.get(day, NOTHING)),
            "amazon": _as_json(amazons.get(day, NOTHING)),
        }
        for day in days
        if ours.get(day, NOTHING) != amazons.get(day, NOTHING)
    ]


def _as_json(figures: Figures) -> dict[str, str | int]:
    return {"orders": figures[0], "units": figures[1], "sales": str(figures[2])}
