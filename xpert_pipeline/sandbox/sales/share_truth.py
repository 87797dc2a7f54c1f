"""The rows that a perfect pipeline would load for shares of the market. Amounts and percentages are text."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.jobs.kiosk_view import ALWAYS, view_of
from xpert_pipeline.sandbox.sales.brand_weeks import READ_AFTER
from xpert_pipeline.sandbox.sales.search_report import medians, score
from xpert_pipeline.sandbox.sales.truth import traffic_daily
from xpert_pipeline.sandbox.serving.formats import amount_text
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.ledger import Ledger
from xpert_pipeline.sandbox.world.listing_facts import sales_rank
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.searches import DAYS, Search, searches, share, week_of

HUNDRED = Decimal(100)
_STEPS = {"impression": "impressions", "click": "clicks", "cart_add": "cart_adds", "purchase": "purchases"}
_METRICS = {
    "IMPRESSION_SHARE": "impression",
    "CLICK_SHARE": "click",
    "CART_ADD_SHARE": "cart_add",
    "PURCHASE_SHARE": "purchase",
}


def search_query_performance(world: World) -> Iterator[Row]:
    """Yield one row for each ASIN, search query and week that Amazon has."""
    view = view_of(world, ALWAYS)
    for marketplace_id in world.marketplace_ids:
        ledger, shelf = view.ledger(marketplace_id), world.shelf(marketplace_id)
        for sunday in range(week_of(ledger.first), ledger.last + 1, DAYS):
            if ledger.last - (sunday + DAYS - 1) > READ_AFTER:
                for search in searches(ledger, sunday):
                    for asin in search.own:
                        if asin in shelf:
                            yield _search_row(ledger, sunday, search, asin)


def _search_row(ledger: Ledger, sunday: int, search: Search, asin: str) -> Row:
    row: Row = {
        "marketplace_id": ledger.store.id,
        "period_start": written_day(sunday),
        "period_end": written_day(sunday + DAYS - 1),
        "asin": asin,
        "search_query": search.query,
        "search_query_rank": score(search),
        "search_query_volume": search.volume,
        "currency": None,
    }
    for stage, name in _STEPS.items():
        total, own = getattr(search.everyone, name), getattr(search.own[asin], name)
        row[f"total_{name}"], row[f"asin_{name}"] = total, own
        row[f"asin_{stage}_share_pct"] = str(share(own, total) * HUNDRED)
        if stage != "impression":
            everyone, mine = medians(ledger, asin, own)
            row[f"total_median_{stage}_price"], row[f"asin_median_{stage}_price"] = (
                amount_text(everyone),
                amount_text(mine),
            )
            row["currency"] = ledger.store.currency if everyone is not None or mine is not None else row["currency"]
    return row


def market_share(world: World) -> Iterator[Row]:
    """Yield the shares in searches, the shares in the featured offer by day, and today's sales ranks."""
    for row in search_query_performance(world):
        yield from (_share_row(row, metric, stage) for metric, stage in _METRICS.items())
    for row in traffic_daily(world):
        if row["buy_box_pct"] is not None:
            yield _row(row["marketplace_id"], "DAY", row["business_date"], row["asin"], "FEATURED_OFFER_SHARE") | {
                "total_value": row["page_views"],
                "share_pct": row["buy_box_pct"],
                "source_table": "traffic_daily",
            }
    yield from _ranks(world)


def _share_row(row: Row, metric: str, stage: str) -> Row:
    has_price = f"asin_median_{stage}_price" in row
    prices = {
        "median_price_own": row[f"asin_median_{stage}_price"] if has_price else None,
        "median_price_total": row[f"total_median_{stage}_price"] if has_price else None,
    }
    return _row(row["marketplace_id"], "WEEK", row["period_start"], row["asin"], metric) | {
        "period_end": row["period_end"],
        "scope": row["search_query"],
        "own_value": row[f"asin_{stage}s"],
        "total_value": row[f"total_{stage}s"],
        "share_pct": row[f"asin_{stage}_share_pct"],
        "search_volume": row["search_query_volume"],
        **prices,
        "currency": row["currency"] if any(prices.values()) else None,
        "source_table": "search_query_performance",
    }


def _ranks(world: World) -> Iterator[Row]:
    today = {
        marketplace_id: datetime.now(UTC).astimezone(view_of(world, ALWAYS).ledger(marketplace_id).store.zone).date()
        for marketplace_id in world.marketplace_ids
    }
    ranks = {
        (listing.marketplace_id, listing.asin, listing.category): sales_rank(listing)
        for listing in world.listings_of(world.marketplace_ids)
    }
    for (marketplace_id, asin, category), rank in ranks.items():
        yield _row(marketplace_id, "DAY", today[marketplace_id].isoformat(), asin, "SALES_RANK") | {
            "scope": category,
            "rank": rank,
            "is_proxy": True,
            "source_table": "products",
        }


def _row(marketplace_id: str, period: str, day: str, asin: str, metric: str) -> Row:
    return {
        "marketplace_id": marketplace_id,
        "period_type": period,
        "period_start": day,
        "period_end": day,
        "asin": asin,
        "metric": metric,
        "scope": "ALL",
        "own_value": None,
        "total_value": None,
        "share_pct": None,
        "rank": None,
        "search_volume": None,
        "median_price_own": None,
        "median_price_total": None,
        "currency": None,
        "is_proxy": False,
    }
