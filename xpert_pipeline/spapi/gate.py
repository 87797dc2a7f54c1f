"""The one way out: quota, token, transport, checks, retry, classification, for every request of a seller."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from xpert_pipeline.spapi import classification, usage_plans
from xpert_pipeline.spapi.clock import ServerClock
from xpert_pipeline.spapi.deadline import Deadline
from xpert_pipeline.spapi.errors import StaleToken, Stopped, Throttled, TokenRefused, Transient
from xpert_pipeline.spapi.library import Prepared
from xpert_pipeline.spapi.lines import LINES
from xpert_pipeline.spapi.listener import Meter, logger
from xpert_pipeline.spapi.quota import Quota, QuotaKey, kept_for_live_work
from xpert_pipeline.spapi.retry import RetryPolicy, with_retries
from xpert_pipeline.spapi.tokens import AccessTokens
from xpert_pipeline.spapi.transport import Answer, NetworkFailure, Transport
from xpert_pipeline.spapi.usage_plans import UsagePlan

ASK_AGAIN_SECONDS = 5.0  # a long wait asks again: the rate may have risen, and a display counts down
_RATE_HEADER = "x-amzn-RateLimit-Limit"
_RATE_STATUSES = (400, 404)


@dataclass(frozen=True, slots=True)
class Identity:
    """For whom requests are sent, and where to."""

    app: str
    seller: str
    region: str
    endpoint: str
    priority: int


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
        self._quota = quota
        self._tokens = tokens
        self._transport = transport
        self._clock = clock
        self._meter = meter
        self._policy = policy
        self._stop = threading.Event()
        self._odd_rates: set[str] = set()

    def call(
        self,
        operation: str,
        request: Prepared,
        expects: Mapping[str, type],
        settle: Callable[[], dict[str, Any] | None] | None = None,
        also: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Send a request and return the JSON object of its good answer.

        Args:
            operation: names the usage plan.
            request: what to send.
            expects: keys, with types, that a good answer holds.
            settle: see `retry.with_retries`; needed by requests that must not run twice.
            also: further usage plans that the request needs a token of.

        Raises:
            SpApiError: named by what to do next.
        """
        renewed = False
        plans = _slowest_first((operation, *also))

        def attempt(deadline: Deadline) -> dict[str, Any]:
            nonlocal renewed
            try:
                return self._attempt(operation, plans, request, expects, deadline)
            except TokenRefused as error:
                if renewed:
                    raise
                renewed = True
                raise StaleToken(error.message, ambiguous=False, **error.facts()) from error

        return with_retries(
            attempt, self._policy, lambda seconds, error: self._back_off(operation, seconds, error), settle
        )

    def check_token(self) -> None:
        """Have an access token at hand, retried like any request; raises what the seller must mend."""
        operation = "token exchange"
        with_retries(
            lambda _deadline: self._tokens.current(),
            self._policy,
            lambda seconds, error: self._back_off(operation, seconds, error),
        )

    def stop(self) -> None:
        """Wake every waiting request; each leaves with Stopped."""
        self._stop.set()

    def pause(self, operation: str, seconds: float) -> None:
        """Sleep, unless stopped.

        Raises:
            Stopped: when `stop` was called.
        """
        if self._stop.wait(seconds):
            raise Stopped("stopped while waiting", operation=operation, seller=self._identity.seller)

    def key(self, operation: str) -> QuotaKey:
        """Name the token bucket of an operation."""
        scope = "*" if usage_plans.plan(operation).scope == "app" else self._identity.seller
        return QuotaKey(self._identity.app, scope, self._identity.region, operation)

    def rate(self, operation: str) -> float:
        """The rate that Amazon told any process last, else the published one."""
        plan, key = usage_plans.plan(operation), self.key(operation)
        return self._quota.rate(key.app, key.scope, key.region, key.operation) or plan.rate

    def level(self, operation: str) -> float:
        """Tokens in the bucket of an operation that this caller may take at once."""
        plan, key = usage_plans.plan(operation), self.key(operation)
        level = self._quota.level(key.app, key.scope, key.region, key.operation, plan.rate, plan.burst)
        return max(0.0, level - kept_for_live_work(plan.burst, self._identity.priority))

    def _attempt(
        self,
        operation: str,
        plans: Sequence[UsagePlan],
        request: Prepared,
        expects: Mapping[str, type],
        deadline: Deadline,
    ) -> dict[str, Any]:
        self._tokens.current()  # a refusal is known before minutes are spent waiting for quota
        with deadline.paused():
            self._take(operation, plans)
        token = self._tokens.current()
        answer = self._send(operation, request, token, deadline)
        self._clock.observe(answer.headers)
        self._follow_rate(operation, answer)
        facts = {"operation": operation, "seller": self._identity.seller}
        error = classification.refusal(answer, facts)
        if error is None:
            told = {"status": answer.status, "request_id": answer.headers.get("x-amzn-RequestId"), **facts}
            return classification.payload(answer.body, expects, told)
        if isinstance(error, Throttled):
            key = self.key(plans[0].operation)  # of several, the slowest: waiting for it refills the others
            self._quota.throttled(key.app, key.scope, key.region, key.operation)
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

    def _take(self, operation: str, plans: Sequence[UsagePlan]) -> None:
        """Take a token of every bucket, sleeping as long as the quota says."""
        waiter, announced = uuid4(), False
        with ExitStack() as lines:
            for plan in plans:
                if plan.scope == "app":
                    with self._waited(operation):
                        lines.enter_context(self._line(plan.operation))
            while True:
                seconds, awaited = self._ask(plans, waiter)
                if seconds <= 0:
                    return
                if not announced:
                    self._meter.announce(awaited, seconds, "Amazon's quota")
                    announced = True
                self._meter.waiting(awaited, seconds, "quota")
                with self._waited(operation):
                    self.pause(operation, min(seconds, ASK_AGAIN_SECONDS))

    def _ask(self, plans: Sequence[UsagePlan], waiter: UUID) -> tuple[float, str]:
        """Ask for the tokens once: seconds to sleep, and for which bucket."""
        who, priority = self._identity, self._identity.priority
        if len(plans) > 1:
            buckets = [(self.key(plan.operation).scope, plan.operation, plan.rate, plan.burst) for plan in plans]
            return self._quota.take_all(who.app, who.region, buckets, waiter, priority)
        (plan,) = plans
        key = self.key(plan.operation)
        seconds, _ = self._quota.take(
            key.app, key.scope, key.region, key.operation, plan.rate, plan.burst, waiter, priority
        )
        return seconds, plan.operation

    def _line(self, operation: str) -> AbstractContextManager[None]:
        """This seller's line before a bucket that all sellers share."""
        who = self._identity
        return LINES.first(self.key(operation), who.seller, who.priority, lambda: self.pause(operation, 0))

    @contextmanager
    def _waited(self, operation: str) -> Iterator[None]:
        """Count the time that the block takes as waiting for quota."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._meter.waited(operation, time.monotonic() - start)

    def _back_off(self, operation: str, seconds: float, error: Transient) -> None:
        logger.info("%s; retried in %.1f s", error, seconds)
        self._meter.waiting(operation, seconds, "retry")
        self.pause(operation, seconds)

    def _follow_rate(self, operation: str, answer: Answer) -> None:
        """Adapt the bucket to the rate that Amazon tells; a value that is no rate is reported once."""
        told = answer.headers.get(_RATE_HEADER)
        if told is None or not (answer.status < 300 or answer.status in _RATE_STATUSES):
            return
        try:
            rate = float(told)
        except ValueError:
            rate = math.nan
        if math.isfinite(rate) and rate > 0:
            key = self.key(operation)
            self._quota.observed_rate(key.app, key.scope, key.region, key.operation, rate)
        elif operation not in self._odd_rates:
            self._odd_rates.add(operation)
            logger.warning("%s: %s %.40r is no rate and is ignored", operation, _RATE_HEADER, told)


def _slowest_first(operations: Sequence[str]) -> list[UsagePlan]:
    """The plans that a request needs a token of, in one order for every caller: what is awaited longest comes first."""
    found = {operation: usage_plans.plan(operation) for operation in operations}
    return sorted(found.values(), key=lambda plan: (plan.rate, plan.burst, plan.operation))
