"""Figures of a seller as of 18 November 2026, written by hand, and the tiles that follow from them."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from xpert_pipeline.cli.report.figures import ask
from xpert_pipeline.cli.report.tiles import tiles_of

KOLKATA = ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)
TODAY = date(2026, 11, 18)
YESTERDAY = TODAY - timedelta(days=1)


def loaded(books, table, first, last, *, hours=24):
    """The ledger says that the days from first to last are loaded; of the last one, only so many hours."""
    midnight = datetime.min.time()
    start, end = (datetime.combine(day, midnight, KOLKATA) for day in (first, last))
    end += timedelta(hours=hours)
    books.write(
        "loads", load_id=UUID(int=len(table)), table_name=table, window_kind="created", window_start=start,
        window_end=end, run_id="r", fetched=0, inserted=0, updated=0, unchanged=0, deleted=0, rejected=0, started_at=end,
    )  # fmt: skip


def sold(books, day, units, sales, sku="A", unpriced=0):
    books.write(
        "sales_data", sale_date=day, sku=sku, orders=units, order_items=units, units_ordered=units,
        units_without_price=unpriced, units_b2b=0, units_cancelled=0, ops=sales, currency="INR", is_final=False,
    )  # fmt: skip
    books.ordered(f"{day}-{sku}", sales, day, sku=sku)


def earned(books, day, **amounts):
    names = (
        "units_refunded", "shipping_sales", "promotions", "refunded_sales", "referral_fees", "fulfillment_fees",
        "closing_fees", "storage_fees", "other_fees", "reimbursements", "other_amount", "unexplained_amount", "ads_paid",
        "fee_tax", "ads_paid_tax", "sales_tax", "tcs_amount", "tds_amount", "transfer_amount",
    )  # fmt: skip
    sales, fees = amounts["product_sales"], amounts.pop("fees")
    facts = {
        **dict.fromkeys(names, 0), "business_date": day, "sku": "A", "currency": "INR", "net_units": 1, "ad_spend": 0,
        "net_product_sales": sales, "referral_fees": fees, "amazon_fees": fees, "ads_state": "PARTIAL",
        "is_tax_credit": True, "margin_before_cogs": sales - fees, "cost_basis": "MISSING",
        "transactions_amount": sales - fees, "is_final": False,
    }  # fmt: skip
    books.write("profit_margins", **{**facts, **amounts})


def expected(books, day, origin, totals):
    low, middle, high = totals
    books.write(
        "forecasting_data", scope="ACCOUNT", sku="(all)", forecast_date=day, origin_date=origin, is_sufficient=True,
        units_mean=middle, units_p10=low, units_p50=middle, units_p90=high, total_p10=low, total_p50=middle,
        total_p90=high, total_mean=middle, history_days=90, sold_days=60, lead_time_days=14, service_level_pct=95,
    )  # fmt: skip


def at_risk(books, sku):
    books.write(
        "velocity_trends", sku=sku, as_of_date=TODAY, is_complete=False, loaded_days=90, stock_known_days_30=30,
        lead_time_days=14, service_level_pct=95, reorder_point=20, planning_velocity=2, velocity_class="FAST",
        stock_quantity=10, days_of_cover=5,
    )  # fmt: skip


def tiles(books, now=NOW):
    """The tiles of each marketplace: figure and lines by title."""
    return [
        {tile.title: (tile.figure, *tile.lines) for tile in tiles_of(store)}
        for store in ask(books.pool, books.seller, None, None, now)
    ]
