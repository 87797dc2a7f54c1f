"""One seller's token buckets: which a request needs, taking their tokens, and learning from Amazon's answers."""

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

ASK_AGAIN_SECONDS = 5.0  # a long wait asks again: the rate may have risen, and a display counts down
_RATE_HEADER = "x-amzn-RateLimit-Limit"
_RATE_STATUSES = (400, 404)


def slowest_first(operations: Sequence[str]) -> list[UsagePlan]:
    """The plans that a request needs a token of, in one order for every caller: what is awaited longest comes first."""
    found = {operation: usage_plans.plan(operation) for operation in operations}
    return sorted(found.values(), key=lambda plan: (plan.rate, plan.burst, plan.operation))


class Buckets:
    """The buckets of one seller's requests; safe for many threads.

    Args:
        identity: Whose.
        quota: Shared with every other caller of the application.
        meter: Counts what is waited.
        pause: Sleeps for an operation, unless stopped.
    """

    def __init__(self, identity: Identity, quota: Quota, meter: Meter, pause: Callable[[str, float], None]) -> None:
        self._identity = identity
        self._quota = quota
        self._meter = meter
        self._pause = pause
        self._odd_rates: set[str] = set()

    def key(self, operation: str) -> QuotaKey:
        """Name the token bucket of an operation."""
        scope = "*" if usage_plans.plan(operation).scope == "app" else self._identity.seller
        return QuotaKey(self._identity.app, scope, self._identity.region, operation)

    def rate(self, operation: str) -> float:
        """The rate that Amazon told any process last, else the published one."""
        plan, key = usage_plans.plan(operation), self.key(operation)
        return self._quota.rate(key.app, key.scope, key.region, key.operation) or plan.rate

    def level(self, operation: str) -> float:
        """Tokens that this caller may take of an operation at once; below 0 if so many must come first."""
        plan, key = usage_plans.plan(operation), self.key(operation)
        level = self._quota.level(key.app, key.scope, key.region, key.operation, plan.rate, plan.burst)
        return level - kept_for_live_work(plan.burst, self._identity.priority)

    def throttled(self, plans: Sequence[UsagePlan]) -> None:
        """Amazon answered 429: of several buckets the slowest is taken for empty; waiting for it refills the others."""
        key = self.key(plans[0].operation)
        self._quota.throttled(key.app, key.scope, key.region, key.operation)

    def take(self, operation: str, plans: Sequence[UsagePlan]) -> None:
        """Take a token of every bucket, sleeping as long as the quota says.

        Raises:
            Stopped: while waiting.
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
        return LINES.first(self.key(operation), who.seller, who.priority, lambda: self._pause(operation, 0))

    @contextmanager
    def _waited(self, operation: str) -> Iterator[None]:
        """Count the time that the block takes as waiting for quota."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._meter.waited(operation, time.monotonic() - start)

    def follow_rate(self, operation: str, answer: Answer) -> None:
        """Adapt the bucket to the rate that Amazon tells; a value that is no rate is reported once.

        Amazon's sandbox tells a rate of its own, 5 a second for every operation: nothing is learnt there, where the
        application's buckets are those of its real work.
        """
        told = answer.headers.get(_RATE_HEADER)
        if told is None or not (answer.status < 300 or answer.status in _RATE_STATUSES):
            return
        if self._identity.is_at_amazons_sandbox:
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
