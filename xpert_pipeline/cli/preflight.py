"""What a sync checks before it starts: a seller that would spoil it does not take part, the others do."""

from collections.abc import Sequence

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.findings import FAIL
from xpert_pipeline.cli.seller_checks import check_identity
from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.fact_stream import log_refusal
from xpert_pipeline.postgres.encryption import EncryptionKeyWrong
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.spapi import LIVE, Application, connect
from xpert_pipeline.spapi.errors import ReauthRequired, SpApiError
from xpert_pipeline.spapi.session import SellerApi


def client_of(place: Workplace, seller: Seller, priority: int = LIVE) -> SellerApi:
    """A client of the seller, as a run would get it."""
    settings = place.settings
    if settings.client_id is None or settings.client_secret is None:
        raise PreconditionError("AMAZON_CLIENT_ID and AMAZON_CLIENT_SECRET are not set: `.env.example` explains them")
    app = Application(
        settings.client_id, settings.client_secret.get_secret_value(), settings.endpoint, settings.token_url
    )
    if settings.refresh_token and seller.amazon_seller_id == settings.seller_id:
        return connect(app, seller, settings.refresh_token.get_secret_value(), place.pool, priority)
    return connect(app, seller, place.book.refresh_token(seller.id), place.pool, priority)


def fit_sellers(place: Workplace, sellers: Sequence[Seller]) -> list[Seller]:
    """The sellers whose sync may start; the others are noted in `left_out` and in the event log, with the reason.

    Raises:
        PreconditionError: If none may.
    """
    fit = []
    for seller in sellers:
        problems = _problems(place, seller)
        if problems:
            reason = "; ".join(problems)
            place.left_out.append(f"seller {seller.amazon_seller_id} was left out: {reason}")
            log_refusal(place.pool, seller, reason)
        else:
            fit.append(seller)
    if not fit:
        raise PreconditionError("no sync was started. " + " | ".join(place.left_out))
    return fit


def _problems(place: Workplace, seller: Seller) -> list[str]:
    subject = f"verified:{seller.amazon_seller_id}:{','.join(seller.marketplace_ids)}"
    try:
        with client_of(place, seller) as api:
            api.check_token()
            if place.home.lately(subject):
                return []
            found = list(check_identity(seller, api))
    except ReauthRequired as error:
        place.book.set_status(seller.id, "reauth_required", error.message)
        return [str(error)]
    except (SpApiError, EncryptionKeyWrong) as error:
        return [str(error)]
    problems = [f"{finding.check}: {finding.detail}. {finding.advice}" for finding in found if finding.state == FAIL]
    if not problems:
        place.home.note(subject)
    return problems
