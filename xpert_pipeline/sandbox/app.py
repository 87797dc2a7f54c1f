"""The sandbox as an ASGI application: every operation, the token endpoint, the storage and the controls."""

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from xpert_pipeline.sandbox.catalog import catalog_api, listings_api
from xpert_pipeline.sandbox.control import api as control_api
from xpert_pipeline.sandbox.jobs import kiosk_api, reports_api
from xpert_pipeline.sandbox.jobs.downloads import download
from xpert_pipeline.sandbox.orders import api as orders_api
from xpert_pipeline.sandbox.sales import api as sales_api
from xpert_pipeline.sandbox.sellers import api as sellers_api
from xpert_pipeline.sandbox.serving.gate import Operation, unknown_path
from xpert_pipeline.sandbox.serving.lwa import token_endpoint
from xpert_pipeline.sandbox.serving.state import State

REPORTS = "/reports/2021-06-30"
KIOSK = "/dataKiosk/2023-11-15"
OPERATIONS = (
    Operation(
        "getMarketplaceParticipations",
        "GET",
        "/sellers/v1/marketplaceParticipations",
        sellers_api.get_marketplace_participations,
    ),
    Operation("searchOrders", "GET", "/orders/2026-01-01/orders", orders_api.search_orders),
    Operation("getOrder", "GET", "/orders/2026-01-01/orders/{orderId}", orders_api.get_order),
    Operation(
        "searchListingsItems", "GET", "/listings/2021-08-01/items/{sellerId}", listings_api.search_listings_items
    ),
    Operation("searchCatalogItems", "GET", "/catalog/2022-04-01/items", catalog_api.search_catalog_items),
    Operation("getOrderMetrics", "GET", "/sales/v1/orderMetrics", sales_api.get_order_metrics, heavy=True),
    Operation("createReport", "POST", f"{REPORTS}/reports", reports_api.create_report, status=202),
    Operation("getReports", "GET", f"{REPORTS}/reports", reports_api.get_reports),
    Operation("getReport", "GET", f"{REPORTS}/reports/{{reportId}}", reports_api.get_report),
    Operation("cancelReport", "DELETE", f"{REPORTS}/reports/{{reportId}}", reports_api.cancel_report),
    Operation(
        "getReportDocument",
        "GET",
        f"{REPORTS}/documents/{{documentId}}",
        reports_api.get_report_document,
        heavy=True,
    ),
    Operation("createQuery", "POST", f"{KIOSK}/queries", kiosk_api.create_query, status=202, heavy=True),
    Operation("getQueries", "GET", f"{KIOSK}/queries", kiosk_api.get_queries),
    Operation("getQuery", "GET", f"{KIOSK}/queries/{{queryId}}", kiosk_api.get_query),
    Operation("cancelQuery", "DELETE", f"{KIOSK}/queries/{{queryId}}", kiosk_api.cancel_query, status=204),
    Operation("getDocument", "GET", f"{KIOSK}/documents/{{documentId}}", kiosk_api.get_document),
)
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def build_app(state: State) -> ASGIApp:
    """The application over a state."""
    app = Starlette(
        routes=[
            Route("/auth/o2/token", token_endpoint, methods=["POST"]),
            Route("/documents/{documentId}", download),
            *control_api.ROUTES,
            *(Route(each.path, each.endpoint(), methods=[each.method]) for each in OPERATIONS),
            Route("/{path:path}", unknown_path, methods=METHODS),
        ]
    )
    app.router.redirect_slashes = False
    app.state.sandbox = state

    async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the connection within reach of the fault that resets it."""
        if scope["type"] == "http":
            scope["sandbox.transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await app(scope, receive, send)

    return with_transport
