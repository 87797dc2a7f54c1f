"""The list of sources and the list of reconciliations. Everything else reads them."""

from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

from xpert_pipeline import assets
from xpert_pipeline.assets.account import account_health
from xpert_pipeline.assets.catalog import products
from xpert_pipeline.assets.finance import (
    advertising_spend,
    economics_daily,
    fees_breakdown,
    profit_margins,
    settlement_report,
    transaction_feed,
)
from xpert_pipeline.assets.inbound import (
    inbound_plan_items,
    inbound_shipment_items,
    inbound_shipments,
    shipments_inbound,
)
from xpert_pipeline.assets.inventory import fba_inventory, inventory_ledger, inventory_levels, velocity_trends
from xpert_pipeline.assets.orders import feed
from xpert_pipeline.assets.planning import forecasting_data, seasonal_patterns
from xpert_pipeline.assets.pricing import fee_estimates, offers, pricing_history
from xpert_pipeline.assets.reconciliations import derived, inbound, ledger, money, returned
from xpert_pipeline.assets.reconciliations import sales as sales_figures
from xpert_pipeline.assets.returns import fba_returns, merchant_returns, returns_refunds
from xpert_pipeline.assets.reviews import (
    review_topics,
    review_trends,
    reviews_ratings,
    seller_feedback,
    seller_feedback_counts,
)
from xpert_pipeline.assets.sales import (
    customer_metrics,
    market_share,
    repeat_purchases,
    sales_data,
    sales_performance,
    search_query_performance,
    traffic_daily,
)
from xpert_pipeline.sources.reconciliation import Reconciliation
from xpert_pipeline.sources.source import Source
from xpert_pipeline.tables.contract import Table

SOURCES: tuple[Source, ...] = (
    products.SOURCE,
    feed.SOURCE,
    sales_data.SOURCE,
    customer_metrics.SOURCE,
    fba_inventory.SOURCE,
    inventory_ledger.SOURCE,
    inventory_levels.SOURCE,
    velocity_trends.SOURCE,
    forecasting_data.SOURCE,
    seasonal_patterns.SOURCE,
    inbound_shipments.SOURCE,
    inbound_shipment_items.SOURCE,
    inbound_plan_items.SOURCE,
    shipments_inbound.SOURCE,
    economics_daily.SOURCE,
    transaction_feed.SOURCE,
    traffic_daily.SOURCE,
    search_query_performance.SOURCE,
    market_share.SOURCE,
    repeat_purchases.SOURCE,
    fba_returns.SOURCE,
    merchant_returns.SOURCE,
    returns_refunds.SOURCE,
    sales_performance.SOURCE,
    review_topics.SOURCE,
    review_trends.SOURCE,
    seller_feedback.SOURCE,
    seller_feedback_counts.SOURCE,
    reviews_ratings.SOURCE,
    account_health.SOURCE,
    offers.SOURCE,
    pricing_history.SOURCE,
    fee_estimates.SOURCE,
    fees_breakdown.SOURCE,
    settlement_report.SOURCE,
    advertising_spend.SOURCE,
    profit_margins.SOURCE,
)
RECONCILIATIONS: tuple[Reconciliation, ...] = (
    sales_figures.TRAFFIC_IS_SALES,
    sales_figures.ECONOMICS_IS_SALES,
    derived.VELOCITY_IS_SALES,
    derived.CUSTOMERS_ARE_SALES,
    ledger.LEDGER_ADDS_UP,
    ledger.LEDGER_SHIPS_WHAT_WAS_SOLD,
    inbound.LEDGER_RECEIVES_SHIPMENTS,
    money.ITEMS_ARE_PAID,
    money.FEES_ARE_ECONOMICS,
    money.REFUNDS_ARE_ECONOMICS,
    money.TRANSACTIONS_ARE_SETTLED,
    money.MARGINS_ARE_TRANSACTIONS,
    returned.RETURNS_ARE_STOCK,
    returned.RETURNS_ARE_REFUNDED,
    returned.REQUESTS_ARE_REFUNDED,
)
TABLES: tuple[Table, ...] = tuple(table for source in SOURCES for table in source.tables)


def declared_sources() -> tuple[Source, ...]:
    """Every `SOURCE` that a module of a domain declares, listed or not."""
    sources = (getattr(module, "SOURCE", None) for module in _modules())
    return tuple(source for source in sources if source is not None)


def declared_reconciliations() -> tuple[Reconciliation, ...]:
    """Every `Reconciliation` that a module of a domain declares, listed or not."""
    values = (value for module in _modules() for value in vars(module).values())
    return tuple({id(value): value for value in values if isinstance(value, Reconciliation)}.values())


def _modules() -> list[ModuleType]:
    names = [module.name for module in walk_packages(assets.__path__, f"{assets.__name__}.") if module.name != __name__]
    return [import_module(name) for name in names]
