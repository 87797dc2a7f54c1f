"""The domain of sales and traffic."""

from functools import partial

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.faults import WORLD, FaultKind
from xpert_pipeline.sandbox.jobs.kiosk_schema import Dataset, KioskSchema
from xpert_pipeline.sandbox.sales import traffic_queries
from xpert_pipeline.sandbox.sales.api import get_order_metrics
from xpert_pipeline.sandbox.sales.customers_truth import customer_metrics
from xpert_pipeline.sandbox.sales.performance_truth import sales_performance
from xpert_pipeline.sandbox.sales.repeat_report import REPEAT_PURCHASES
from xpert_pipeline.sandbox.sales.repeat_truth import repeat_purchases
from xpert_pipeline.sandbox.sales.schema import TRAFFIC, types
from xpert_pipeline.sandbox.sales.search_report import SEARCH_QUERY_PERFORMANCE
from xpert_pipeline.sandbox.sales.share_truth import market_share, search_query_performance
from xpert_pipeline.sandbox.sales.traffic_report import SALES_AND_TRAFFIC
from xpert_pipeline.sandbox.sales.truth import sales_data, traffic_daily
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.usage_plans import Plan

FIGURES = f"{WORLD}: traffic"
"""The place of faults that change the figures of products."""
RETURNS_MOVED = "returns-moved"
"""The fault of the domain of returns with which some returns are dated later."""

DOMAIN = Domain(
    operations=(
        Operation(
            name="getOrderMetrics",
            method="GET",
            path="/sales/v1/orderMetrics",
            answer=get_order_metrics,
            plan=Plan(0.5, 15),
            roles=("Pricing",),
            heavy=True,
        ),
    ),
    reports=(SALES_AND_TRAFFIC, SEARCH_QUERY_PERFORMANCE, REPEAT_PURCHASES),
    schemas=(
        KioskSchema(
            TRAFFIC,
            types(),
            (
                Dataset(
                    name="salesAndTrafficByAsin",
                    groups=traffic_queries.asin_groups,
                    record=traffic_queries.asin_record,
                    fault_places=(FIGURES,),
                ),
                Dataset(
                    name="salesAndTrafficByDate",
                    groups=traffic_queries.date_groups,
                    record=traffic_queries.date_record,
                ),
                Dataset(
                    name="salesAndTrafficTrends",
                    groups=traffic_queries.trend_groups,
                    record=traffic_queries.trend_record,
                    check=traffic_queries.check_filters,
                    fault_places=(FIGURES,),
                ),
            ),
        ),
    ),
    faults=(
        FaultKind(
            traffic_queries.UNIT_TOO_MANY, FIGURES, "while it is on, traffic counts one unit more than the orders have"
        ),
    ),
    truth={
        "sales_data": sales_data,
        "traffic_daily": traffic_daily,
        "search_query_performance": search_query_performance,
        "repeat_purchases": repeat_purchases,
        "market_share": market_share,
        "customer_metrics": customer_metrics,
        "sales_performance": sales_performance,
    },
    faulty_truth={(RETURNS_MOVED, "sales_performance"): partial(sales_performance, moved=True)},
)
