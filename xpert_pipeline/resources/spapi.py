"""SpApiResource: Amazon's Selling Partner API as Dagster sees it, one client per seller, quota in Postgres."""

from dataclasses import dataclass, field

import dagster as dg

from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.progress import ProgressListener
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.spapi.credentials import Credentials
from xpert_pipeline.spapi.errors import ReauthRequired
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.session import SellerApi

LIVE, BACKFILL = 0, 1


@dataclass(frozen=True)
class Application:
    """The LWA application, and where it finds Amazon (None: the region's own addresses)."""

    client_id: str
    client_secret: str = field(repr=False)
    endpoint: str | None = None
    token_url: str | None = None


def connect(app: Application, seller: Seller, token: str | None, pool: Pool, priority: int = LIVE) -> SellerApi:
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
        listener=ProgressListener(who),
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
    """

    postgres: dg.ResourceDependency[PostgresResource]
    client_id: str
    client_secret: str
    env_seller_id: str | None = None
    env_refresh_token: str | None = None
    endpoint: str | None = None
    token_url: str | None = None

    def client(self, seller: Seller, *, priority: int = LIVE) -> SellerApi:
        """A client for one seller's first marketplace.

        Raises:
            ReauthRequired: If no refresh token of this seller is known.
        """
        known = {self.env_seller_id: self.env_refresh_token} if self.env_seller_id else {}
        token = known.get(seller.amazon_seller_id) or self.postgres.sellers.refresh_token(seller.id)
        app = Application(self.client_id, self.client_secret, self.endpoint, self.token_url)
        return connect(app, seller, token, self.postgres.pool, priority)
