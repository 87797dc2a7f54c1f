"""The domain of shipments from the seller to Amazon."""

from functools import partial

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.inbound import plans_api, truth, v0_api
from xpert_pipeline.sandbox.serving.errors import bad_next_token, bad_pagination_token
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.paging import Paging
from xpert_pipeline.sandbox.serving.usage_plans import Plan

V0, PLANS = "/fba/inbound/v0", "/inbound/fba/2024-03-20/inboundPlans"
SHIPMENT = f"{PLANS}/{{inboundPlanId}}/shipments/{{shipmentId}}"
ROLES = ("Amazon Fulfillment",)

_get = partial(Operation, method="GET", roles=ROLES, heavy=True)
_v0_pages = partial(
    Paging, parameter="NextToken", refusal=bad_next_token, size_parameter=None, carries=v0_api.CARRIED, is_nested=False
)
_plan_pages = partial(Paging, parameter="paginationToken", refusal=bad_pagination_token, default=10)

DOMAIN = Domain(
    operations=(
        _get(
            name="getShipments",
            path=f"{V0}/shipments",
            answer=v0_api.get_shipments,
            plan=Plan(2.0, 30),
            paging=_v0_pages(default=4, most=4),
        ),
        _get(
            name="getShipmentItems",
            path=f"{V0}/shipmentItems",
            answer=v0_api.get_shipment_items,
            plan=Plan(2.0, 30),
            paging=_v0_pages(default=40, most=40),
        ),
        _get(
            name="listInboundPlans",
            path=PLANS,
            answer=plans_api.list_inbound_plans,
            plan=Plan(2.0, 6),
            paging=_plan_pages(most=30),
        ),
        _get(
            name="getInboundPlan",
            path=f"{PLANS}/{{inboundPlanId}}",
            answer=plans_api.get_inbound_plan,
            plan=Plan(2.0, 6),
        ),
        _get(name="getShipment", path=SHIPMENT, answer=plans_api.get_shipment, plan=Plan(2.0, 6)),
        _get(
            name="listShipmentItems",
            path=f"{SHIPMENT}/items",
            answer=plans_api.list_shipment_items,
            plan=Plan(2.0, 30),
            paging=_plan_pages(most=1000),
        ),
    ),
    truth={
        "inbound_shipments": truth.inbound_shipments,
        "inbound_shipment_items": truth.inbound_shipment_items,
        "inbound_plan_items": truth.inbound_plan_items,
        "shipments_inbound": truth.shipments_inbound,
    },
)
