"""SpApiResource: Amazon's Selling Partner API as Dagster sees it, one client per seller, quota in Postgres."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

import dagster as dg
from pydantic import PrivateAttr

from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.progress import ProgressListener
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.spapi.errors import ReauthRequired, SpApiError
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.quota.quota import kept_for_live_work
from xpert_pipeline.spapi.quota.usage_plans import plan as usage_plan
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline.spapi.session import SellerApi

LIVE, BACKFILL = 0, 1
LONGEST_LIVE_DAYS = 31
"""A run of more days is a backfill, also when today is among them: it leaves quota for live work."""
IMPATIENT = RetryPolicy(attempts=2, deadline_seconds=60)
"""For a seller that answered nothing but errors before in the same run, whose slot others wait for."""


def priority_of(days: Collection[date], today: date) -> int:
    """How urgent a run of these marketplace-local days is: LIVE, or BACKFILL for past days and for very many."""
    return LIVE if today in days and len(days) <= LONGEST_LIVE_DAYS else BACKFILL


@dataclass(frozen=True)
class Application:
    """The LWA application, and where it finds Amazon (None: the region's own addresses)."""

    client_id: str
    client_secret: str = field(repr=False)
    endpoint: str | None = None
    token_url: str | None = None


def connect(
    app: Application,
    seller: Seller,
    token: str | None,
    pool: Pool,
    priority: int = LIVE,
    policy: RetryPolicy | None = None,
) -> SellerApi:
    """A client for a seller's first marketplace, its quota shared through the database.

    Raises:
        ReauthRequired: If there is no refresh token.
    """
    who = seller.amazon_seller_id
    if token is None:
        raise ReauthRequired("no refresh token is stored", operation="authorization", seller=who)
    return SellerApi(
        Credentials(app.client_id, app.client_secret, token, who),
        by_id(seller.marketplace_ids[0]),
        PostgresQuota(pool),
        endpoint=app.endpoint,
        token_url=app.token_url,
        priority=priority,
        policy=policy,
        listener=ProgressListener(who),
    )


class SellerOfOtherKind(SpApiError):
    """A sandbox seller with Amazon's address, or a real seller with the sandbox's."""

    what_to_do = (
        "Invented orders never meet real ones: sync real sellers with Amazon's credentials, sandbox sellers without."
    )


class SpApiResource(dg.ConfigurableResource):
    """The application's credentials and endpoints; a seller's refresh token comes from the database or the environment.

    Attributes:
        client_id: LWA client id of the application.
        client_secret: LWA client secret.
        env_seller_id: Seller whose token the environment holds.
        env_refresh_token: That seller's refresh token.
        endpoint: SP-API endpoint instead of the region's own.
        token_url: LWA token endpoint instead of Amazon's.
        is_sandbox: Whether the endpoint is the sandbox that the command line started.
        report_patience_seconds: How long a run waits for a report, from asking for it, before it leaves it to the next.
    """

    postgres: dg.ResourceDependency[PostgresResource]
    client_id: str
    client_secret: str
    env_seller_id: str | None = None
    env_refresh_token: str | None = None
    endpoint: str | None = None
    token_url: str | None = None
    is_sandbox: bool = False
    report_patience_seconds: float = 1800.0
    _tried_in_vain: set[str] = PrivateAttr(default_factory=set)
    _began: dict[str, float] = PrivateAttr(default_factory=dict)

    def age_seconds(self, amazon_seller_id: str) -> float:
        """How long the run has been at work for a seller; each run has a resource of its own."""
        now = time.monotonic()
        return now - self._began.setdefault(amazon_seller_id, now)

    def lose_patience(self, amazon_seller_id: str) -> None:
        """From now on, in this run, requests of the seller are tried but twice: five tries have just failed."""
        self._tried_in_vain.add(amazon_seller_id)

    def client(self, seller: Seller, *, priority: int = LIVE) -> SellerApi:
        """A client for one seller's first marketplace.

        Raises:
            ReauthRequired: If no refresh token of this seller is known.
            SellerOfOtherKind: For a real seller at the sandbox, or a sandbox seller at Amazon.
        """
        if seller.is_sandbox != self.is_sandbox:
            kinds = ("a sandbox seller", "Amazon") if seller.is_sandbox else ("a real seller", "the sandbox")
            who = seller.amazon_seller_id
            raise SellerOfOtherKind(f"{kinds[0]} would be read from {kinds[1]}", operation="sync", seller=who)
        known = {self.env_seller_id: self.env_refresh_token} if self.env_seller_id else {}
        token = known.get(seller.amazon_seller_id) or self.postgres.sellers.refresh_token(seller.id)
        app = Application(self.client_id, self.client_secret, self.endpoint, self.token_url)
        policy = IMPATIENT if seller.amazon_seller_id in self._tried_in_vain else None
        return connect(app, seller, token, self.postgres.pool, priority, policy)

    def tokens(self, seller: Seller, operation: str) -> float:
        """Requests that a seller's bucket holds now; below 0 while callers wait. Asks nobody but the database."""
        plan, quota = usage_plan(operation), PostgresQuota(self.postgres.pool)
        scope = "*" if plan.scope == "app" else seller.amazon_seller_id
        return quota.level(self.client_id, scope, seller.region, operation, plan.rate, plan.burst)

    def kept_for_others(self, operation: str) -> int:
        """Requests that work nobody waits for leaves in a bucket."""
        return kept_for_live_work(usage_plan(operation).burst, BACKFILL)
