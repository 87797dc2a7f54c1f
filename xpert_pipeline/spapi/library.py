"""python-amazon-sp-api, used for paths and parameters only.

Its transport, tokens, retries and parsing are not used: they hide failures. A recorder stands where the
library would send, by the seams it documents, and the recorded request goes through our own gate. One
library client per thread, because its clients keep state between call and answer.
"""

import os
import ssl
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from xpert_pipeline.spapi.quota import usage_plans

_STRAY = ("MarketplaceId", "MarketplaceIds", "marketplace_ids", "marketplaceIds")


@dataclass(frozen=True, slots=True)
class Operation:
    """Where the library builds an operation's request."""

    client: str
    method: str
    version: str


OPERATIONS = {
    "searchOrders": Operation("Orders", "search_orders", "2026-01-01"),
    "searchListingsItems": Operation("ListingsItems", "search_listings_items", "2021-08-01"),
    "searchCatalogItems": Operation("CatalogItems", "search_catalog_items", "2022-04-01"),
    "getOrderMetrics": Operation("Sales", "get_order_metrics", "v1"),
    "getMarketplaceParticipations": Operation("Sellers", "get_marketplace_participation", "v1"),
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
    """Builds requests; holds no socket and no secret.

    Raises:
        PlanMissing: an operation here has no usage plan, so its calls could not be paced.
    """

    def __init__(self, marketplace_id: str, region: str) -> None:
        usage_plans.require(OPERATIONS)
        os.environ.pop("SP_API_DEFAULT_MARKETPLACE", None)  # would override the marketplace given in code
        self._marketplace = _Marketplace("https://unused.invalid", marketplace_id, region)
        self._local = threading.local()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # shared by clients that never connect

    def prepare(self, operation: str, *args: Any, **params: Any) -> Prepared:
        """Let the library build the request of an operation."""
        where = OPERATIONS[operation]
        client = self._client(where)
        getattr(client, where.method)(*args, **params)
        recorded: Prepared = client._transport.recorded  # noqa: SLF001  the library's documented seam
        stray = {name: value for name, value in recorded.params.items() if name in _STRAY and name not in params}
        kept = {name: value for name, value in recorded.params.items() if name not in stray}
        return Prepared(recorded.method, recorded.path, kept, recorded.content)

    def _client(self, where: Operation) -> Any:
        clients: dict[str, Any] = self._local.__dict__.setdefault("clients", {})
        if where.client not in clients:
            clients[where.client] = self._build(where)
        return clients[where.client]

    def _build(self, where: Operation) -> Any:
        import sp_api.api as library  # noqa: PLC0415  half a second that not every importer should pay
        from sp_api.base.credential_provider import FromCodeCredentialProvider  # noqa: PLC0415

        client = getattr(library, where.client)(
            self._marketplace,
            credentials={"lwa_app_id": "unused", "lwa_client_secret": "unused"},
            credential_providers=(FromCodeCredentialProvider,),
            auth_token_client_class=_NoTokens,
            verify=self._tls,
            proxies="http://unused.invalid",  # else the environment's proxies are read, and an odd one raises
            version=where.version,
        )
        client._transport.close()  # noqa: SLF001
        client._transport = _Recorder()  # noqa: SLF001
        return client


@dataclass(frozen=True, slots=True)
class _Marketplace:
    """What the library wants of a marketplace."""

    endpoint: str
    marketplace_id: str
    region: str


class _NoTokens:
    """Stands where the library would fetch tokens; ours are set by the gate."""

    access_token = "unused"  # noqa: S105

    def __init__(self, **_: Any) -> None:
        pass

    def get_auth(self) -> "_NoTokens":
        return self


class _Recorder:
    """Stands where the library would send, and answers nothing."""

    recorded: Prepared

    def request(self, method: str, url: str, **parts: Any) -> "_Nothing":
        content = parts.get("content")
        self.recorded = Prepared(
            method, urlsplit(url).path, dict(parts.get("params") or {}), content.encode() if content else None
        )
        return _Nothing()

    def close(self) -> None:
        """Nothing is open."""


class _Nothing:
    status_code = 200
    headers: dict[str, str] = {}  # noqa: RUF012

    def json(self) -> dict[str, Any]:
        return {"payload": {}}
