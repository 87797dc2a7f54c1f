"""All derived tables of sales and margins, compared with what plain Python computes from the raw tables."""

from xpert_pipeline_tests.assets.recomputed.customers import customer_metrics
from xpert_pipeline_tests.assets.recomputed.margins import profit_margins
from xpert_pipeline_tests.assets.recomputed.raw import compare, read
from xpert_pipeline_tests.assets.recomputed.sales import sales_data, sales_performance
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


def assert_recomputed(admin, *tables):
    """Every column of every row of the tables (none: all) is what plain Python computes; returns the rows by table."""
    raw = read(admin)
    return {table: compare(admin, table, COMPUTED[table][0], COMPUTED[table][1](raw)) for table in tables or COMPUTED}
