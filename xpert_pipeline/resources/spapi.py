"""SpApiResource: the Selling Partner API for Dagster, with one client per seller and the quota in Postgres."""

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
from xpert_pipeline.spapi.marketplaces import Marketplace, by_id
from xpert_pipeline.spapi.quota.quota import kept_for_live_work
from xpert_pipeline.spapi.quota.usage_plans import plan as usage_plan
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline.spapi.session import SellerApi

LIVE, BACKFILL = 0, 1
LONGEST_LIVE_DAYS = 31
"""A run over more days is a backfill, even if it includes today, so that it leaves quota for live work."""
IMPATIENT = RetryPolicy(attempts=2, deadline_seconds=60)
"""For a seller whose requests have all failed earlier in this run: other sellers are waiting for its slot."""


def priority_of(days: Collection[date], today: date) -> int:
    """Return LIVE for a run whose marketplace-local days include today and are few, else BACKFILL."""
    return LIVE if today in days and len(days) <= LONGEST_LIVE_DAYS else BACKFILL


@dataclass(frozen=True)
class Application:
    """The LWA application and Amazon's addresses (None for the region's own)."""

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
    """Make a client for all of a seller's marketplaces; its quota is shared through the database.

    Raises:
        ReauthRequired: There is no refresh token.
        SeveralRegions: The seller's marketplaces are in several regions.
    """
    who = seller.amazon_seller_id
    if token is None:
        raise ReauthRequired("no refresh token is stored", operation="authorization", seller=who)
    return SellerApi(
        Credentials(app.client_id, app.client_secret, token, who),
        marketplaces_of(seller),
        PostgresQuota(pool),
        endpoint=app.endpoint,
        token_url=app.token_url,
        priority=priority,
        policy=policy,
        listener=ProgressListener(who),
    )


def marketplaces_of(seller: Seller) -> list[Marketplace]:
    """Return a seller's marketplaces in the seller's order.

    Raises:
        SeveralRegions: They are in several regions.
    """
    marketplaces = [by_id(marketplace_id) for marketplace_id in seller.marketplace_ids]
    if len({marketplace.region for marketplace in marketplaces}) > 1:
        places = ", ".join(f"{marketplace.id} ({marketplace.region})" for marketplace in marketplaces)
        raise SeveralRegions(
            f"its marketplaces are in several regions: {places}",
            operation="connection",
            seller=seller.amazon_seller_id,
        )
    return marketplaces


class SeveralRegions(SpApiError):
    """A seller has marketplaces in several regions, but each region needs its own account and refresh token."""

    what_to_do = (
        "Keep the marketplaces of one region (AMAZON_MARKETPLACE_IDS, or `xpert sellers add SELLER --marketplace ID`; "
        "Amazon.in is A21TJRUUN4KGV, Amazon.com is ATVPDKIKX0DER), and add the account of each other region as a "
        "separate seller, with its own refresh token."
    )


class SellerOfOtherKind(SpApiError):
    """A sandbox seller with Amazon's address, or a real seller with the sandbox's."""

    what_to_do = (
        "Do not mix sandbox and real data: sync real sellers with Amazon's credentials, sandbox sellers without."
    )


class SpApiResource(dg.ConfigurableResource):
    """The application's credentials and endpoints; a seller's refresh token comes from the database or the environment.

    Attributes:
        client_id: LWA client id of the application.
        client_secret: LWA client secret.
        env_seller_id: The seller whose refresh token is in the environment.
        env_refresh_token: That seller's refresh token.
        endpoint: SP-API endpoint instead of the region's own.
        token_url: LWA token endpoint instead of Amazon's.
        is_sandbox: Whether the endpoint is the sandbox that the command line started.
        report_patience_seconds: How long a run waits for a requested report; after that, the next run collects it.
        fill_pages: The most pages that a run reads to fill what a report lacks.
        reread_days: After how many days a table whose changes are followed is read as a whole again.
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
    fill_pages: int = 10
    reread_days: float = 7.0
    _tried_in_vain: set[str] = PrivateAttr(default_factory=set)
    _began: dict[str, float] = PrivateAttr(default_factory=dict)

    def age_seconds(self, amazon_seller_id: str) -> float:
        """Return how long the run has worked on a seller; each run has its own resource."""
        now = time.monotonic()
        return now - self._began.setdefault(amazon_seller_id, now)

    def lose_patience(self, amazon_seller_id: str) -> None:
        """For the rest of this run, try the seller's requests only twice, because five tries have just failed."""
        self._tried_in_vain.add(amazon_seller_id)

    def client(self, seller: Seller, *, priority: int = LIVE, policy: RetryPolicy | None = None) -> SellerApi:
        """Make a client for all of one seller's marketplaces.

        Args:
            seller: The seller.
            priority: LIVE or BACKFILL.
            policy: How often and how long to try a request, if not as usual.

        Raises:
            ReauthRequired: There is no refresh token for this seller.
            SellerOfOtherKind: A real seller would be read from the sandbox, or a sandbox seller from Amazon.
            SeveralRegions: The seller's marketplaces are in several regions.
        """
        if seller.is_sandbox != self.is_sandbox:
            kind, place = ("a sandbox", "Amazon") if seller.is_sandbox else ("a real", "the sandbox")
            message = f"{kind} seller would be read from {place}"
            raise SellerOfOtherKind(message, operation="sync", seller=seller.amazon_seller_id)
        env_tokens = {self.env_seller_id: self.env_refresh_token} if self.env_seller_id else {}
        token = env_tokens.get(seller.amazon_seller_id) or self.postgres.sellers.refresh_token(seller.id)
        app = Application(self.client_id, self.client_secret, self.endpoint, self.token_url)
        policy = policy or (IMPATIENT if seller.amazon_seller_id in self._tried_in_vain else None)
        return connect(app, seller, token, self.postgres.pool, priority, policy)

    def tokens(self, seller: Seller, operation: str) -> float:
        """Return the tokens in a seller's bucket now, negative while callers are queueing. Reads only the database."""
        plan, quota = usage_plan(operation), PostgresQuota(self.postgres.pool)
        scope = "*" if plan.scope == "app" else seller.amazon_seller_id
        return quota.level(self.client_id, scope, seller.region, operation, plan.rate, plan.burst)

    def kept_for_others(self, operation: str) -> int:
        """Return the tokens that a backfill leaves in an operation's bucket for live work."""
        return kept_for_live_work(usage_plan(operation).burst, BACKFILL)
