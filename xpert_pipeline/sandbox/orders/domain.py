"""The domain of orders and their items."""

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.orders.api import get_order, search_orders
from xpert_pipeline.sandbox.orders.faults import FAULTS, ORDERS
from xpert_pipeline.sandbox.orders.reports import REPORTS
from xpert_pipeline.sandbox.orders.truth import order_items, orders
from xpert_pipeline.sandbox.serving.errors import bad_pagination_token
from xpert_pipeline.sandbox.serving.fault_kinds import TITLES
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.paging import Paging
from xpert_pipeline.sandbox.serving.usage_plans import Plan

PATH = "/orders/2026-01-01/orders"
ROLES = ("Inventory and Order Tracking",)

DOMAIN = Domain(
    operations=(
        Operation(
            name="searchOrders",
            method="GET",
            path=PATH,
            answer=search_orders,
            plan=Plan(0.0056, 20),
            roles=ROLES,
            paging=Paging(
                parameter="paginationToken",
                refusal=bad_pagination_token,
                size_parameter="maxResultsPerPage",
                default=100,
                most=100,
                size_may_change=True,
            ),
            fault_places=(ORDERS, TITLES),
        ),
        Operation(
            name="getOrder",
            method="GET",
            path=f"{PATH}/{{orderId}}",
            answer=get_order,
            plan=Plan(0.5, 30),
            roles=ROLES,
            fault_places=(ORDERS, TITLES),
        ),
    ),
    reports=REPORTS,
    truth={"orders": orders, "order_items": order_items},
    faults=FAULTS,
)
