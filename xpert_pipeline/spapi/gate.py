"""The gate through which every request of a seller passes: quota, token, transport, checks, classification, retry.

It combines `sending`, `quota` and `library`; it does not know the parameters of operations.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from xpert_pipeline.spapi.errors import SpApiError, StaleToken, Stopped, Throttled, TokenRefused, Transient, Unconfirmed
from xpert_pipeline.spapi.library import Prepared
from xpert_pipeline.spapi.quota.buckets import Buckets, slowest_first
from xpert_pipeline.spapi.quota.quota import Quota
from xpert_pipeline.spapi.quota.usage_plans import UsagePlan
from xpert_pipeline.spapi.sending import classification
from xpert_pipeline.spapi.sending.clock import ServerClock
from xpert_pipeline.spapi.sending.confirming import NO_DOUBTS, Confirmations, Doubts
from xpert_pipeline.spapi.sending.deadline import Deadline
from xpert_pipeline.spapi.sending.identity import Identity
from xpert_pipeline.spapi.sending.listener import Meter, logger
from xpert_pipeline.spapi.sending.retry import RetryPolicy, with_retries
from xpert_pipeline.spapi.sending.tokens import AccessTokens
from xpert_pipeline.spapi.sending.transport import Answer, NetworkFailure, Transport

T = TypeVar("T")


class Gate:
    """Sends prepared requests for one seller; safe for many threads."""

    def __init__(
        self,
        identity: Identity,
        *,
        quota: Quota,
        tokens: AccessTokens,
        transport: Transport,
        clock: ServerClock,
        meter: Meter,
        policy: RetryPolicy,
    ) -> None:
        self._identity = identity
        self._tokens = tokens
        self._transport = transport
        self._clock = clock
        self._meter = meter
        self._policy = policy
        self._stop = threading.Event()
        self._confirmations = Confirmations()
        self.buckets = Buckets(identity, quota, meter, self.pause)

    def call(
        self,
        operation: str,
        request: Prepared,
        expects: Mapping[str, type],
        settle: Callable[[], dict[str, Any] | None] | None = None,
        also: Sequence[str] = (),
        doubts: Doubts = NO_DOUBTS,
    ) -> dict[str, Any]:
        """Send a request and return the JSON object of the successful answer.

        Args:
            operation: The operation, which also decides the usage plan.
            request: What to send.
            expects: What a successful answer must contain: dotted paths of values, with their types.
            settle: See `retry.with_retries`; for requests that must not be sent twice.
            also: Further usage plans from which the request needs a token.
            doubts: Refusals of this request that must be repeated before they are believed, in addition to those that
                always must (`confirming.STANDING`).

        Raises:
            SpApiError: The request failed; the class says what to do next.
        """
        is_renewed = False
        refusals = 0
        plans = slowest_first((operation, *also))

        def attempt(deadline: Deadline) -> dict[str, Any]:
            nonlocal is_renewed, refusals
            try:
                answer = self._attempt(operation, plans, request, expects, deadline)
            except TokenRefused as error:
                if is_renewed:
                    raise
                is_renewed = True
                raise StaleToken(error.message, ambiguous=False, **error.facts()) from error
            except Transient:
                raise
            except SpApiError as error:
                if self._confirmations.is_believed(operation, error, refusals, doubts):
                    raise
                refusals += 1
                raise Unconfirmed(error) from error
            self._confirmations.succeeded(operation)
            return answer

        return self._with_retries(operation, attempt, settle)

    def check_token(self) -> None:
        """Make sure that there is a valid access token; retried like any request.

        Raises:
            SpApiError: There is no valid token; the class says what to do next.
        """
        self._with_retries("token exchange", lambda _deadline: self._tokens.current())

    def stop(self) -> None:
        """Wake every waiting request; each raises Stopped."""
        self._stop.set()

    def pause(self, operation: str, seconds: float) -> None:
        """Sleep, unless stopped.

        Raises:
            Stopped: `stop` was called.
        """
        if self._stop.wait(seconds):
            raise Stopped("stopped while waiting", operation=operation, seller=self._identity.seller)

    def _with_retries(
        self, operation: str, attempt: Callable[[Deadline], T], settle: Callable[[], T | None] | None = None
    ) -> T:
        """Run the retry loop. A refusal that there was no time to confirm is not believed: it stays a passing failure.

        Only where the policy allows no second try, the refusal is raised as Amazon worded it.
        """
        try:
            return with_retries(
                attempt, self._policy, lambda seconds, error: self._back_off(operation, seconds, error), settle
            )
        except Unconfirmed as error:
            if self._policy.attempts > 1:
                raise
            raise error.refusal from None

    def _attempt(
        self,
        operation: str,
        plans: Sequence[UsagePlan],
        request: Prepared,
        expects: Mapping[str, type],
        deadline: Deadline,
    ) -> dict[str, Any]:
        self._tokens.current()  # notice a refusal before waiting minutes for quota
        with deadline.paused():
            self.buckets.take(operation, plans)
        token = self._tokens.current()
        answer = self._send(operation, request, token, deadline)
        self._clock.observe(answer.headers)
        self.buckets.follow_rate(operation, answer)
        facts = {"operation": operation, "seller": self._identity.seller}
        error = classification.refusal(answer, facts)
        if error is None:
            about = {"status": answer.status, "request_id": answer.headers.get("x-amzn-RequestId"), **facts}
            return classification.payload(answer.body, expects, about)
        if isinstance(error, Throttled):
            self.buckets.throttled(plans)
        if isinstance(error, TokenRefused):
            self._tokens.drop(token)
        raise error

    def _send(self, operation: str, request: Prepared, token: str, deadline: Deadline) -> Answer:
        start = time.monotonic()
        status = 0
        headers = {"x-amz-access-token": token, "accept": "application/json"}
        if request.content is not None:
            headers["content-type"] = "application/json"
        try:
            answer = self._transport.send(
                request.method,
                self._identity.endpoint + request.path,
                params=request.params,
                content=request.content,
                headers=headers,
                seconds=min(self._policy.attempt_seconds, deadline.remaining()),
            )
            status = answer.status
        except NetworkFailure as exc:
            raise Transient(str(exc), ambiguous=exc.sent, operation=operation, seller=self._identity.seller) from exc
        finally:
            self._meter.called(operation, status, time.monotonic() - start)
        return answer

    def _back_off(self, operation: str, seconds: float, error: Transient) -> None:
        logger.info("%s; trying again in %.1f s", error, seconds)
        self._meter.waiting(operation, seconds, "retry")
        self.pause(operation, seconds)
