"""Verifies a seller with Amazon before it is stored: its token, its marketplaces, and whose token it is."""

from collections.abc import Sequence
from uuid import uuid4

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.findings import FAIL, WARN, Finding
from xpert_pipeline.cli.seller_checks import check_identity
from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.spapi import Application, connect
from xpert_pipeline.settings import Settings
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.marketplaces import Marketplace


def verify_seller(
    pool: Pool, settings: Settings, seller_id: str, marketplaces: Sequence[Marketplace], refresh_token: str
) -> list[str]:
    """Ask Amazon whether a refresh token belongs to a merchant id and sells in its marketplaces; nothing is stored.

    Args:
        pool: The pipeline's database, for the shared quota.
        settings: The environment, with the application's credentials.
        seller_id: Amazon's merchant id.
        marketplaces: The marketplaces to sync.
        refresh_token: The seller's token.

    Returns:
        What could not be verified, for people.

    Raises:
        PreconditionError: Amazon contradicts, or cannot be asked; the message says what to do.
    """
    if settings.client_id is None or settings.client_secret is None:
        raise PreconditionError(
            "Amazon cannot be asked whether the refresh token belongs to this seller, because AMAZON_CLIENT_ID and "
            "AMAZON_CLIENT_SECRET are not set: set them (`.env.example` explains them), or use --no-check"
        )
    app = Application(
        settings.client_id, settings.client_secret.get_secret_value(), settings.endpoint, settings.token_url
    )
    try:
        with connect(app, _unsaved(seller_id, marketplaces), refresh_token, pool) as api:
            findings = list(check_identity(_unsaved(seller_id, marketplaces), api))
    except SpApiError as error:
        raise PreconditionError(f"seller {seller_id} was not stored. {error}") from error
    if problems := [finding for finding in findings if finding.state == FAIL]:
        raise PreconditionError(f"seller {seller_id} was not stored. " + " ".join(map(_text, problems)))
    return [_text(finding) for finding in findings if finding.state == WARN]


def _unsaved(seller_id: str, marketplaces: Sequence[Marketplace]) -> Seller:
    first, ids = marketplaces[0], tuple(marketplace.id for marketplace in marketplaces)
    return Seller(uuid4(), seller_id, seller_id, first.region, ids, first.timezone, "active", None, False, True)


def _text(finding: Finding) -> str:
    return f"{finding.check}: {finding.detail}: {finding.advice}." if finding.advice else f"{finding.detail}."
