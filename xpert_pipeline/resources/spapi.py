"""SpApiResource: Amazon's Selling Partner API as Dagster sees it, one client per seller, quota in Postgres."""

import dagster as dg

from xpert_pipeline.progress import ProgressListener
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.spapi.credentials import Credentials
from xpert_pipeline.spapi.errors import ReauthRequired
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.session import SellerApi

LIVE, BACKFILL = 0, 1


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
        return SellerApi(
            Credentials(self.client_id, self.client_secret, self._refresh_token(seller), seller.amazon_seller_id),
            by_id(seller.marketplace_ids[0]),
            PostgresQuota(self.postgres.pool),
            endpoint=self.endpoint,
            token_url=self.token_url,
            priority=priority,
            listener=ProgressListener(seller.amazon_seller_id),
        )

    def _refresh_token(self, seller: Seller) -> str:
        if self.env_refresh_token and seller.amazon_seller_id == self.env_seller_id:
            return self.env_refresh_token
        token = self.postgres.sellers.refresh_token(seller.id)
        if token is None:
            raise ReauthRequired(
                f"seller {seller.amazon_seller_id} has no refresh token: "
                f"give one with `xpert sellers add {seller.amazon_seller_id}` or AMAZON_REFRESH_TOKEN"
            )
        return token
