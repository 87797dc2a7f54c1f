"""What a sync checks before it starts: a seller that would spoil it does not take part, the others do."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

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

AT_A_TIME = 8
DEADLINE_SECONDS = 60.0
"""For all sellers together."""


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
    fit: list[Seller] = []
    fresh: list[str] = []
    for seller, problems in zip(sellers, _ask_all(place, sellers, fresh), strict=True):
        if problems:
            reason = "; ".join(problems)
            place.left_out.append(f"seller {seller.amazon_seller_id} was left out: {reason}")
            log_refusal(place.pool, seller, reason)
        else:
            fit.append(seller)
    place.home.note(*fresh)
    if not fit:
        raise PreconditionError("no sync was started. " + " | ".join(place.left_out))
    return fit


def _ask_all(place: Workplace, sellers: Sequence[Seller], fresh: list[str]) -> list[list[str]]:
    """The problems of each seller, some asked at a time; those asked and found well are added to `fresh`."""
    asked: dict[Seller, SellerApi] = {}
    executor = ThreadPoolExecutor(AT_A_TIME)
    try:
        answers = [executor.submit(_problems, place, seller, asked, fresh) for seller in sellers]
        wait(answers, timeout=DEADLINE_SECONDS)
        for api in list(asked.values()):
            api.stop()
        return [_told(answer, seller, asked) for answer, seller in zip(answers, sellers, strict=True)]
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _told(answer: Future[list[str]], seller: Seller, asked: Mapping[Seller, SellerApi]) -> list[str]:
    """What was found; a seller whose turn did not come takes part, as its own run will tell."""
    if answer.done():
        return answer.result()
    if seller in asked:
        return [f"no answer within {DEADLINE_SECONDS:.0f} s. Run again later."]
    return []


def _problems(place: Workplace, seller: Seller, asked: dict[Seller, SellerApi], fresh: list[str]) -> list[str]:
    subject = f"verified:{seller.amazon_seller_id}:{','.join(seller.marketplace_ids)}"
    try:
        with client_of(place, seller) as api:
            asked[seller] = api
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
        fresh.append(subject)
    return problems
