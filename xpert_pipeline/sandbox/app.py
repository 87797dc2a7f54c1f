"""The sandbox as an ASGI application. DOMAINS is the only list of domains."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from xpert_pipeline.sandbox.account.domain import DOMAIN as ACCOUNT
from xpert_pipeline.sandbox.catalog.domain import DOMAIN as CATALOG
from xpert_pipeline.sandbox.control.api import control_routes
from xpert_pipeline.sandbox.domain import Declarations, Domain
from xpert_pipeline.sandbox.faults import FaultRule, Faults
from xpert_pipeline.sandbox.finance.domain import DOMAIN as FINANCE
from xpert_pipeline.sandbox.inbound.domain import DOMAIN as INBOUND
from xpert_pipeline.sandbox.inventory.domain import DOMAIN as INVENTORY
from xpert_pipeline.sandbox.jobs import kiosk_api, reports_api
from xpert_pipeline.sandbox.jobs.downloads import download
from xpert_pipeline.sandbox.jobs.fault_kinds import QUERY_FAULTS, REPORT_FAULTS
from xpert_pipeline.sandbox.jobs.state import JobState
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.orders.domain import DOMAIN as ORDERS
from xpert_pipeline.sandbox.pricing.domain import DOMAIN as PRICING
from xpert_pipeline.sandbox.returns.domain import DOMAIN as RETURNS
from xpert_pipeline.sandbox.reviews.domain import DOMAIN as REVIEWS
from xpert_pipeline.sandbox.sales.domain import DOMAIN as SALES
from xpert_pipeline.sandbox.sellers.domain import DOMAIN as SELLERS
from xpert_pipeline.sandbox.serving.consent import PATH as CONSENT_PATH
from xpert_pipeline.sandbox.serving.consent import consent_page
from xpert_pipeline.sandbox.serving.fault_kinds import FAULTS as CALL_FAULTS
from xpert_pipeline.sandbox.serving.gate import endpoint, unknown_path
from xpert_pipeline.sandbox.serving.lwa import token_endpoint
from xpert_pipeline.sandbox.settlements.domain import DOMAIN as SETTLEMENTS
from xpert_pipeline.sandbox.world.worlds import Worlds

DOMAINS = (
    SELLERS,
    CATALOG,
    ORDERS,
    FINANCE,
    SALES,
    INVENTORY,
    INBOUND,
    RETURNS,
    PRICING,
    SETTLEMENTS,
    REVIEWS,
    ACCOUNT,
)
REPORTS = Domain(operations=reports_api.OPERATIONS, faults=REPORT_FAULTS)
DATA_KIOSK = Domain(operations=kiosk_api.OPERATIONS, faults=QUERY_FAULTS)
DECLARATIONS = Declarations((*DOMAINS, REPORTS, DATA_KIOSK), CALL_FAULTS)
PLANS = DECLARATIONS.plans
"""Amazon's usage plan for each operation. Buckets look up the plan for every call, so tests can replace it."""
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def build_faults(texts: Sequence[str], sellers: Sequence[str] | None = None) -> Faults:
    """Switch on the faults from a command line.

    Args:
        texts: The faults as the command line spells them.
        sellers: Ids of the sellers, in order; None if the sellers are not known yet.

    Raises:
        ValueError: There is no such fault or seller, or the fault would do nothing.
    """
    faults = Faults(DECLARATIONS.faults, DECLARATIONS.targets, sellers or ())
    for text in texts:
        faults.add(FaultRule.parse(text, sellers))
    return faults


def build_state(options: SandboxOptions, worlds: Worlds, address: str, faults: Faults) -> JobState:
    """Build the state of a sandbox with these domains."""
    return JobState(
        options=options,
        worlds=worlds,
        endpoint=address,
        plans=PLANS,
        faults=faults,
        report_kinds=dict(DECLARATIONS.reports),
        schemas=DECLARATIONS.schemas,
    )


def build_app(state: JobState) -> ASGIApp:
    """Build the application that serves a state."""
    app = Starlette(
        routes=[
            Route("/auth/o2/token", token_endpoint, methods=["POST"]),
            Route(CONSENT_PATH, consent_page, methods=["GET", "POST"]),
            Route("/documents/{documentId}", download),
            *control_routes(DECLARATIONS),
            *(
                Route(operation.path, endpoint(operation), methods=[operation.method])
                for operation in DECLARATIONS.operations
            ),
            Route("/{path:path}", unknown_path, methods=METHODS),
        ]
    )
    app.router.redirect_slashes = False
    app.state.sandbox = state

    async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
        """Give the fault that resets a connection access to that connection."""
        if scope["type"] == "http":
            scope["sandbox.transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await app(scope, receive, send)

    return with_transport
