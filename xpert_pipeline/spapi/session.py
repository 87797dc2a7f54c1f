"""One seller's access to the API: credentials, marketplaces and quota behind one `call`.

Operations are functions in `operations` and `jobs` that take a `SellerApi`; this module does not know their parameters.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from xpert_pipeline.spapi.gate import Gate
from xpert_pipeline.spapi.library import Library
from xpert_pipeline.spapi.marketplaces import Marketplace
from xpert_pipeline.spapi.quota.quota import Quota
from xpert_pipeline.spapi.sending.clock import ServerClock
from xpert_pipeline.spapi.sending.confirming import NO_DOUBTS, Doubts
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.sending.identity import Identity
from xpert_pipeline.spapi.sending.listener import Listener, Meter, Spent
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline.spapi.sending.tokens import AccessTokens
from xpert_pipeline.spapi.sending.transport import Transport, is_loopback


class SellerApi:
    """The Selling Partner API for one seller in one region; safe for many threads. Close it when done.

    Args:
        credentials: The credentials of the application and the seller.
        marketplaces: The seller's marketplaces, all in one region; at least one.
        quota: Token buckets, shared with all other callers of the application.
        endpoint: Where to send requests; the region's own address by default.
        token_url: Where to exchange tokens; Amazon's own address by default.
        priority: 0 for live work, 1 for a backfill, which leaves part of each burst for live work.
        listener: Receives calls and waits.
        policy: How often and how long to try one request.

    Attributes:
        seller_id: Amazon's id of the seller.
        region: The region of all marketplaces: na, eu or fe.
        marketplaces: The seller's marketplaces, in the given order.
        endpoint: Where requests are sent.
        policy: How often and how long to try one request.
        transport: The connection pool, also for downloads.

    Raises:
        ValueError: There is no marketplace, they are in several regions, or an address is not encrypted.
    """

    def __init__(
        self,
        credentials: Credentials,
        marketplaces: Sequence[Marketplace],
        quota: Quota,
        *,
        endpoint: str | None = None,
        token_url: str | None = None,
        priority: int = 0,
        listener: Listener | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.seller_id = credentials.seller_id
        self.marketplaces = tuple(marketplaces)
        self.region = _only_region(self.marketplaces)
        self.endpoint = _checked_address(endpoint or self.marketplaces[0].endpoint)
        self.policy = policy or RetryPolicy()
        token_url = _checked_address(token_url or self.marketplaces[0].token_url)
        self.transport = Transport(use_proxies=not is_loopback(self.endpoint))
        self._clock = ServerClock()
        self._meter = Meter(self.seller_id, listener)
        self._library = Library(self.region)
        self._gate = Gate(
            Identity(credentials.client_id, self.seller_id, self.region, self.endpoint, priority),
            quota=quota,
            tokens=AccessTokens(
                credentials, token_url, self.transport, self._clock, confirm_seconds=self.policy.base_seconds
            ),
            transport=self.transport,
            clock=self._clock,
            meter=self._meter,
            policy=self.policy,
        )

    def call(
        self,
        operation: str,
        *args: Any,
        expects: Mapping[str, type],
        settle: Callable[[], dict[str, Any] | None] | None = None,
        also: Sequence[str] = (),
        doubts: Doubts = NO_DOUBTS,
        **params: Any,
    ) -> dict[str, Any]:
        """Send one request and return Amazon's JSON object; numbers with a fraction are Decimal.

        Args:
            operation: Amazon's name of the operation.
            args: Path parameters.
            expects: What a successful answer must contain: dotted paths of values, with their types.
            settle: For requests that must not be sent twice: looks up whether Amazon did the work although its answer
                was lost.
            also: Further usage plans from which the request needs a token, such as a report type's own
                (`usage_plans.report_plans`).
            doubts: Refusals of this request that must be repeated before they are believed, besides those that always
                must, such as a missing role.
            params: Query or body parameters, by Amazon's names.

        Raises:
            SpApiError: The request failed; the class says what to do next.
        """
        request = self._library.prepare(operation, *args, **params)
        return self._gate.call(operation, request, expects, settle, also, doubts)

    def server_now(self) -> datetime:
        """Return Amazon's time in UTC, based on its last answer; if there was none, fetch a token to learn the time."""
        if self._clock.now() is None:
            self._gate.check_token()
        return self._clock.now() or datetime.now(UTC)

    def check_token(self) -> None:
        """Fetch an access token, unless we have a valid one.

        Raises:
            ReauthRequired: The seller must authorize again.
            AppCredentialsRefused: The client id or secret is wrong.
            Transient: Login with Amazon does not answer, even after retries.
        """
        self._gate.check_token()

    @property
    def calls(self) -> dict[str, int]:
        """Requests sent so far, by operation, including retries."""
        return dict(self._meter.spent().calls_by_operation)

    @property
    def waited_seconds(self) -> dict[str, float]:
        """Seconds slept for quota so far, by operation."""
        return dict(self._meter.spent().waited_by_operation)

    def spent(self) -> Spent:
        """Return the calls and the seconds slept for quota so far."""
        return self._meter.spent()

    def bill(self) -> Spent:
        """Return what was spent since the last bill, so that each call and each second is on exactly one load."""
        return self._meter.bill()

    def carry(self, spent: Spent) -> None:
        """Add costs to the next bill that another client, or an earlier part of this one, has already billed."""
        self._meter.carry(spent)

    def rate(self, operation: str) -> float:
        """Return the requests per second that Amazon allows, from its last answer or its published plan."""
        return self._gate.buckets.rate(operation)

    def level(self, operation: str) -> float:
        """Return how many requests may be sent at once; negative while other requests are queueing ahead."""
        return self._gate.buckets.level(operation)

    def pause(self, operation: str, seconds: float, reason: str) -> None:
        """Sleep for a reason other than quota, and report the wait to the listener; `stop` ends the sleep."""
        self._meter.waiting(operation, seconds, reason)
        self._gate.pause(operation, seconds)

    def announce(self, operation: str, seconds: float, reason: str) -> bool:
        """If `seconds` is long, log that a wait may take up to that time. Return whether it was logged."""
        return self._meter.announce(operation, seconds, reason, at_most=True)

    def at_waits(self, do: Callable[[], None]) -> AbstractContextManager[None]:
        """Within the block, call a function every few seconds while requests wait."""
        return self._meter.at_waits(do)

    def stop(self) -> None:
        """Make every waiting request raise Stopped, and every later request that would have to wait."""
        self._gate.stop()

    def close(self) -> None:
        """Close all connections."""
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _only_region(marketplaces: Sequence[Marketplace]) -> str:
    regions = sorted({marketplace.region for marketplace in marketplaces})
    if not regions:
        raise ValueError("a seller needs at least one marketplace")
    if len(regions) > 1:
        raise ValueError(f"the marketplaces are in regions {', '.join(regions)}: use one client for each region")
    return regions[0]


def _checked_address(url: str) -> str:
    """Reject an address to which we would send tokens unencrypted."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)):
        return url.rstrip("/")
    raise ValueError(f"{parts.scheme}://{parts.netloc} is neither https nor this machine: correct the address")
