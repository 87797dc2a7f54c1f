"""One seller's token buckets: finds those that a request needs, takes tokens, and learns from Amazon's answers."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from uuid import UUID, uuid4

from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.quota.lines import LINES
from xpert_pipeline.spapi.quota.quota import Quota, QuotaKey, kept_for_live_work
from xpert_pipeline.spapi.quota.usage_plans import UsagePlan
from xpert_pipeline.spapi.sending.identity import Identity
from xpert_pipeline.spapi.sending.listener import Meter, logger
from xpert_pipeline.spapi.sending.transport import Answer

ASK_AGAIN_SECONDS = 5.0  # during a long wait the rate may rise, and a display must count down
_RATE_HEADER = "x-amzn-RateLimit-Limit"
_RATE_STATUSES = (400, 404)


def slowest_first(operations: Sequence[str]) -> list[UsagePlan]:
    """Return the plans from which a request needs a token, slowest first, so that every caller has the same order."""
    plans = {operation: usage_plans.plan(operation) for operation in operations}
    return sorted(plans.values(), key=lambda plan: (plan.rate, plan.burst, plan.operation))


class Buckets:
    """The buckets of one seller's requests; safe for many threads.

    Args:
        identity: Who sends the requests.
        quota: Shared with every other caller of the application.
        meter: Counts the seconds waited.
        pause: Sleeps for an operation, unless stopped.
    """

    def __init__(self, identity: Identity, quota: Quota, meter: Meter, pause: Callable[[str, float], None]) -> None:
        self._identity = identity
        self._quota = quota
        self._meter = meter
        self._pause = pause
        self._odd_rates: set[str] = set()

    def key(self, operation: str) -> QuotaKey:
        """Return the name of an operation's token bucket."""
        scope = "*" if usage_plans.plan(operation).scope == "app" else self._identity.seller
        return QuotaKey(self._identity.app, scope, self._identity.region, operation)

    def rate(self, operation: str) -> float:
        """Return the rate in Amazon's last answer to any process, or the published rate."""
        plan, key = usage_plans.plan(operation), self.key(operation)
        return self._quota.rate(key.app, key.scope, key.region, key.operation) or plan.rate

    def level(self, operation: str) -> float:
        """Return the tokens that this caller may take at once; negative while others are queueing ahead of it."""
        plan, key = usage_plans.plan(operation), self.key(operation)
        level = self._quota.level(key.app, key.scope, key.region, key.operation, plan.rate, plan.burst)
        return level - kept_for_live_work(plan.burst, self._identity.priority)

    def throttled(self, plans: Sequence[UsagePlan]) -> None:
        """Record that Amazon answered 429.

        If the request used several buckets, only the slowest counts as empty; the others refill while we wait for it.
        """
        key = self.key(plans[0].operation)
        self._quota.throttled(key.app, key.scope, key.region, key.operation)

    def take(self, operation: str, plans: Sequence[UsagePlan]) -> None:
        """Take a token from every bucket; sleep as long as the quota says.

        Raises:
            Stopped: The client was stopped while waiting.
        """
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
                announced = announced or self._meter.announce(awaited, seconds, "Amazon's quota")
                self._meter.waiting(awaited, seconds, "quota")
                with self._waited(operation):
                    self._pause(operation, min(seconds, ASK_AGAIN_SECONDS))

    def _ask(self, plans: Sequence[UsagePlan], waiter: UUID) -> tuple[float, str]:
        """Try once to take the tokens; return the seconds to sleep, and the bucket that makes us wait."""
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
        """Return this seller's line for a bucket that all sellers share."""
        who = self._identity
        return LINES.first(self.key(operation), who.seller, who.priority, lambda: self._pause(operation, 0))

    @contextmanager
    def _waited(self, operation: str) -> Iterator[None]:
        """Count the time in the block as waiting for quota."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._meter.waited(operation, time.monotonic() - start)

    def follow_rate(self, operation: str, answer: Answer) -> None:
        """Adapt the bucket to the rate in Amazon's answer; log an invalid rate, once for each operation.

        Amazon's sandbox always answers with 5 a second. It uses the same buckets as the application's real requests,
        so its rate is ignored.
        """
        header = answer.headers.get(_RATE_HEADER)
        if header is None or not (answer.status < 300 or answer.status in _RATE_STATUSES):
            return
        if self._identity.is_at_amazons_sandbox:
            return
        try:
            rate = float(header)
        except ValueError:
            rate = math.nan
        if math.isfinite(rate) and rate > 0:
            key = self.key(operation)
            self._quota.observed_rate(key.app, key.scope, key.region, key.operation, rate)
        elif operation not in self._odd_rates:
            self._odd_rates.add(operation)
            logger.warning("%s: %s %.40r is not a rate, so it is ignored", operation, _RATE_HEADER, header)
