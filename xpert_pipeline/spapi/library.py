"""Uses python-amazon-sp-api to build paths and parameters, and for nothing else.

We do not use its transport, tokens, retries or parsing, because they hide failures. The library lets us replace its
transport: ours records the request, and our own gate sends it. Each thread has its own library clients, because they
keep state between request and answer.
"""

import json
import os
import ssl
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from xpert_pipeline.spapi.quota import usage_plans

_NO_MARKETPLACE = "MARKETPLACE-MISSING"
"""The library's default marketplace; if it appears in a request, the request lacks its own."""
_ADDED = ("MarketplaceId", "MarketplaceIds", "marketplace_ids", "marketplaceIds")


@dataclass(frozen=True, slots=True)
class Operation:
    """The library's client, method and API version that build an operation's request."""

    client: str
    method: str
    version: str


OPERATIONS = {
    "searchOrders": Operation("Orders", "search_orders", "2026-01-01"),
    "searchListingsItems": Operation("ListingsItems", "search_listings_items", "2021-08-01"),
    "getInventorySummaries": Operation("Inventories", "get_inventory_summary_marketplace", "v1"),
    "getShipments": Operation("FulfillmentInbound", "get_shipments", "v0"),
    "getShipmentItems": Operation("FulfillmentInbound", "shipment_items", "v0"),
    "listInboundPlans": Operation("FulfillmentInbound", "list_inbound_plans", "2024-03-20"),
    "getInboundPlan": Operation("FulfillmentInbound", "get_inbound_plan", "2024-03-20"),
    "getShipment": Operation("FulfillmentInbound", "get_shipment", "2024-03-20"),
    "listShipmentItems": Operation("FulfillmentInbound", "list_shipment_items", "2024-03-20"),
    "searchCatalogItems": Operation("CatalogItems", "search_catalog_items", "2022-04-01"),
    "getListingOffersBatch": Operation("Products", "get_listing_offers_batch", "v0"),
    "getMyFeesEstimates": Operation("ProductFees", "get_product_fees_estimate", "v0"),
    "getItemReviewTopics": Operation("CustomerFeedback", "get_item_review_topics", "2024-06-01"),
    "getItemReviewTrends": Operation("CustomerFeedback", "get_item_review_trends", "2024-06-01"),
    "getOrderMetrics": Operation("Sales", "get_order_metrics", "v1"),
    "getMarketplaceParticipations": Operation("Sellers", "get_marketplace_participation", "v1"),
    "listTransactions": Operation("Finances", "list_transactions", "2024-06-19"),
    "createReport": Operation("Reports", "create_report", "2021-06-30"),
    "getReport": Operation("Reports", "get_report", "2021-06-30"),
    "getReports": Operation("Reports", "get_reports", "2021-06-30"),
    "getReportDocument": Operation("Reports", "get_report_document", "2021-06-30"),
    "createQuery": Operation("DataKiosk", "create_query", "2023-11-15"),
    "getQuery": Operation("DataKiosk", "get_query", "2023-11-15"),
    "getQueries": Operation("DataKiosk", "get_queries", "2023-11-15"),
    "getDocument": Operation("DataKiosk", "get_document", "2023-11-15"),
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request without host, token or headers."""

    method: str
    path: str
    params: dict[str, Any]
    content: bytes | None


class Library:
    """Builds requests; it has no connection and no secret.

    Args:
        region: The region of the seller's marketplaces.

    Raises:
        PlanMissing: An operation listed here has no usage plan, so its calls could not be paced.
    """

    def __init__(self, region: str) -> None:
        usage_plans.require(OPERATIONS)
        os.environ.pop("SP_API_DEFAULT_MARKETPLACE", None)  # it would override the marketplace set in code
        self._marketplace = _Marketplace("https://unused.invalid", _NO_MARKETPLACE, region)
        self._local = threading.local()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # shared by clients that never connect

    def prepare(self, operation: str, *args: Any, **params: Any) -> Prepared:
        """Let the library build the request for an operation.

        Raises:
            LookupError: The operation is not in OPERATIONS.
            ValueError: The request needs a marketplace, but `params` contain none.
        """
        if operation not in OPERATIONS:
            raise LookupError(f"{operation} is unknown: add it to OPERATIONS in xpert_pipeline/spapi/library.py")
        where = OPERATIONS[operation]
        client = self._client(where)
        getattr(client, where.method)(*args, **params)
        recorded: Prepared = client._transport.recorded  # noqa: SLF001  the library's documented seam
        ours = {name: value for name, value in recorded.params.items() if name in params or name not in _ADDED}
        if _NO_MARKETPLACE in ours.values() or _NO_MARKETPLACE.encode() in (recorded.content or b""):
            raise ValueError(f"{operation} needs a marketplace")
        return Prepared(recorded.method, recorded.path, ours, _without_nulls(recorded.content))

    def _client(self, where: Operation) -> Any:
        clients: dict[tuple[str, str], Any] = self._local.__dict__.setdefault("clients", {})
        key = (where.client, where.version)
        if key not in clients:
            clients[key] = self._build(where)
        return clients[key]

    def _build(self, where: Operation) -> Any:
        import sp_api.api as library  # noqa: PLC0415  takes half a second, and not every importer needs it
        from sp_api.base.credential_provider import FromCodeCredentialProvider  # noqa: PLC0415

        client = getattr(library, where.client)(
            self._marketplace,
            credentials={"lwa_app_id": "unused", "lwa_client_secret": "unused"},
            credential_providers=(FromCodeCredentialProvider,),
            auth_token_client_class=_NoTokens,
            verify=self._tls,
            proxies="http://unused.invalid",  # otherwise it reads proxies from the environment, and a bad one raises
            version=where.version,
        )
        client._transport.close()  # noqa: SLF001
        client._transport = _Recorder()  # noqa: SLF001
        return client


def _without_nulls(content: bytes | None) -> bytes | None:
    """Leave out what was not given: the library writes null for it, which Amazon's models do not allow."""
    if content is None or b"null" not in content:
        return content
    return json.dumps(_given(json.loads(content)), ensure_ascii=False).encode()


def _given(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _given(inner) for name, inner in value.items() if inner is not None}
    return [_given(inner) for inner in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class _Marketplace:
    """What the library needs to know about a marketplace."""

    endpoint: str
    marketplace_id: str
    region: str


class _NoTokens:
    """Replaces the library's token client; the gate sets our own tokens."""

    access_token = "unused"  # noqa: S105

    def __init__(self, **_: Any) -> None:
        pass

    def get_auth(self) -> "_NoTokens":
        return self


class _Recorder:
    """Replaces the library's transport: records each request and returns an empty answer."""

    recorded: Prepared

    def request(self, method: str, url: str, **parts: Any) -> "_Nothing":
        content = parts.get("content")
        self.recorded = Prepared(
            method, urlsplit(url).path, dict(parts.get("params") or {}), content.encode() if content else None
        )
        return _Nothing()

    def close(self) -> None:
        """There is nothing to close."""


class _Nothing:
    status_code = 200
    headers: dict[str, str] = {}  # noqa: RUF012

    def json(self) -> dict[str, Any]:
        return {"payload": {}}
