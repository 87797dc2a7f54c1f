"""One seller's access to the API: credentials, marketplace and quota joined into `call`.

Operations are functions over a `SellerApi`, in `operations` and `reports`; nothing here knows their parameters.
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
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.sending.identity import Identity
from xpert_pipeline.spapi.sending.listener import Listener, Meter, Spent
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline.spapi.sending.tokens import AccessTokens
from xpert_pipeline.spapi.sending.transport import Transport, is_loopback


class SellerApi:
    """The Selling Partner API as one seller in one marketplace; safe for many threads. Close it when done."""

    def __init__(
        self,
        credentials: Credentials,
        marketplace: Marketplace,
        quota: Quota,
        *,
        endpoint: str | None = None,
        token_url: str | None = None,
        priority: int = 0,
        listener: Listener | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.seller_id = credentials.seller_id
        self.marketplace = marketplace
        self.endpoint = _checked_address(endpoint or marketplace.endpoint)
        self.policy = policy or RetryPolicy()
        token_url = _checked_address(token_url or marketplace.token_url)
        self.transport = Transport(use_proxies=not is_loopback(self.endpoint))
        self._clock = ServerClock()
        self._meter = Meter(self.seller_id, listener)
        self._library = Library(marketplace.id, marketplace.region)
        self._gate = Gate(
            Identity(credentials.client_id, self.seller_id, marketplace.region, self.endpoint, priority),
            quota=quota,
            tokens=AccessTokens(credentials, token_url, self.transport, self._clock),
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
        **params: Any,
    ) -> dict[str, Any]:
        """Ask Amazon and return its JSON object, money as Decimal.

        Args:
            operation: Amazon's name of the operation.
            args: path parameters.
            expects: keys, with types, that a good answer holds.
            settle: looks whether Amazon did the work after all, for requests that must not run twice.
            also: further usage plans that the request needs a token of, such as a report type's own
                (`usage_plans.report_plans`).
            params: query or body parameters, by Amazon's names.

        Raises:
            SpApiError: named by what to do next.
        """
        return self._gate.call(operation, self._library.prepare(operation, *args, **params), expects, settle, also)

    def server_now(self) -> datetime:
        """Amazon's time, in UTC, from its last answer; asks for a token if there was none yet."""
        if self._clock.now() is None:
            self._gate.check_token()
        return self._clock.now() or datetime.now(UTC)

    def check_token(self) -> None:
        """Fetch an access token if none is at hand.

        Raises:
            ReauthRequired: the seller must authorize again.
            AppCredentialsRefused: client id or secret are wrong.
            Transient: Login with Amazon does not answer, retries included.
        """
        self._gate.check_token()

    @property
    def calls(self) -> dict[str, int]:
        """Requests sent so far, by operation, retries included."""
        return dict(self._meter.spent().calls_by_operation)

    @property
    def waited_seconds(self) -> dict[str, float]:
        """Seconds slept for quota so far, by operation."""
        return dict(self._meter.spent().waited_by_operation)

    def spent(self) -> Spent:
        """Calls and seconds slept for quota so far."""
        return self._meter.spent()

    def bill(self) -> Spent:
        """Calls and seconds slept since the last bill: loads share out all that was spent, planning included."""
        return self._meter.bill()

    def carry(self, spent: Spent) -> None:
        """Put what another client, or an earlier part of this one, was billed on the next bill."""
        self._meter.carry(spent)

    def rate(self, operation: str) -> float:
        """Requests per second that Amazon allows: what it told last, else its published plan."""
        return self._gate.buckets.rate(operation)

    def level(self, operation: str) -> float:
        """Requests that may be sent at once; below 0 if tokens for so many must come first."""
        return self._gate.buckets.level(operation)

    def pause(self, operation: str, seconds: float, reason: str) -> None:
        """Sleep for something other than quota, shown to the listener; `stop` ends it."""
        self._meter.waiting(operation, seconds, reason)
        self._gate.pause(operation, seconds)

    def announce(self, operation: str, seconds: float, reason: str) -> bool:
        """Log a wait of so many seconds at most, if it is a long one. Tells whether it was."""
        return self._meter.announce(operation, seconds, reason, at_most=True)

    def at_waits(self, do: Callable[[], None]) -> AbstractContextManager[None]:
        """Have something done every few seconds for which requests wait meanwhile."""
        return self._meter.at_waits(do)

    def stop(self) -> None:
        """Make every waiting and coming request leave with Stopped."""
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


def _checked_address(url: str) -> str:
    """Refuse an address over which tokens would travel in the clear."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)):
        return url.rstrip("/")
    raise ValueError(f"{parts.scheme}://{parts.netloc} is neither https nor this machine: correct the address")
