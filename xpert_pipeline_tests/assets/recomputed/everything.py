"""All derived tables of sales and margins, compared with what plain Python computes from the raw tables."""

from xpert_pipeline_tests.assets.recomputed.customers import customer_metrics
from xpert_pipeline_tests.assets.recomputed.forecasts import forecasting_data
from xpert_pipeline_tests.assets.recomputed.margins import profit_margins
from xpert_pipeline_tests.assets.recomputed.raw import compare, read
from xpert_pipeline_tests.assets.recomputed.sales import sales_data, sales_performance
from xpert_pipeline_tests.assets.recomputed.seasons import seasonal_patterns
from xpert_pipeline_tests.assets.recomputed.velocity import velocity_trends

DAY_OF_SKU = ("marketplace_id", "sale_date", "sku")
COMPUTED = {
    "sales_data": (DAY_OF_SKU, sales_data),
    "sales_performance": (DAY_OF_SKU, sales_performance),
    "customer_metrics": (("marketplace_id", "period_type", "period_start", "scope"), customer_metrics),
    "velocity_trends": (("marketplace_id", "as_of_date", "sku"), velocity_trends),
    "profit_margins": (("marketplace_id", "business_date", "sku", "currency"), profit_margins),
}
"""Table → its key, and the function that computes its rows."""
PLANNED = {
    "seasonal_patterns": (
        ("marketplace_id", "level", "subject_id", "season_type", "season_name", "season_index"),
        seasonal_patterns,
    ),
    "forecasting_data": (("marketplace_id", "scope", "sku", "forecast_date"), forecasting_data),
}
"""The same for tables that are compared only where there are neither events nor listings."""


def assert_recomputed(admin, *tables):
    """Every column of every row of the tables (none: all of `COMPUTED`) is what plain Python computes.

    Returns:
        The rows by table.
    """
    raw, known = read(admin), COMPUTED | PLANNED
    return {table: compare(admin, table, known[table][0], known[table][1](raw)) for table in tables or COMPUTED}
