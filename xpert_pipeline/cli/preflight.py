"""Checks the sellers before a sync starts. A seller that cannot be synced is left out; the others are synced."""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.findings import FAIL
from xpert_pipeline.cli.seller_checks import NOT_VERIFIED, check_identity
from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.fact_stream import log_refusal
from xpert_pipeline.postgres.encryption import EncryptionKeyWrong
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.spapi import LIVE, Application, connect
from xpert_pipeline.spapi.errors import ReauthRequired, SpApiError
from xpert_pipeline.spapi.session import SellerApi

AT_A_TIME = 8
DEADLINE_SECONDS = 60.0
"""Time for the checks of all sellers together."""


def client_of(place: Workplace, seller: Seller, priority: int = LIVE) -> SellerApi:
    """Make a client for a seller, as a run would use it.

    Raises:
        PreconditionError: The application's credentials are not set.
        SpApiError: There is no refresh token, or the marketplaces belong to several regions.
    """
    settings = place.settings
    if settings.client_id is None or settings.client_secret is None:
        raise PreconditionError("AMAZON_CLIENT_ID and AMAZON_CLIENT_SECRET are not set: `.env.example` explains them")
    app = Application(
        settings.client_id, settings.client_secret.get_secret_value(), settings.endpoint, settings.token_url
    )
    return connect(app, seller, _token_of(place, seller), place.pool, priority)


def _token_of(place: Workplace, seller: Seller) -> str | None:
    settings = place.settings
    if settings.refresh_token and seller.amazon_seller_id == settings.seller_id:
        return settings.refresh_token.get_secret_value()
    return place.book.refresh_token(seller.id)


def fit_sellers(place: Workplace, sellers: Sequence[Seller]) -> list[Seller]:
    """Return the sellers whose sync may start; the others go to `left_out` and to the event log, with the reason.

    Raises:
        PreconditionError: No seller can be synced.
    """
    fit: list[Seller] = []
    verified: list[str] = []
    for seller, problems in zip(sellers, _check_all(place, sellers, verified), strict=True):
        if problems:
            reason = "; ".join(problems)
            place.left_out.append(f"seller {seller.amazon_seller_id} was left out: {reason}")
            log_refusal(place.pool, seller, reason)
        else:
            fit.append(seller)
    place.home.remember(*verified)
    if not fit:
        raise PreconditionError("no sync was started. " + " | ".join(place.left_out))
    return fit


def _check_all(place: Workplace, sellers: Sequence[Seller], verified: list[str]) -> list[list[str]]:
    """Return the problems of each seller; add what Amazon confirmed to `verified`."""
    clients: dict[Seller, SellerApi] = {}
    executor = ThreadPoolExecutor(AT_A_TIME)
    try:
        checks = [executor.submit(_problems, place, seller, clients, verified) for seller in sellers]
        wait(checks, timeout=DEADLINE_SECONDS)
        for api in list(clients.values()):
            api.stop()
        return [_result(check, seller, clients) for check, seller in zip(checks, sellers, strict=True)]
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _result(check: Future[list[str]], seller: Seller, clients: Mapping[Seller, SellerApi]) -> list[str]:
    """The problems of one seller; none if its check has not begun, because its run will find them."""
    if check.done():
        return check.result()
    if seller in clients:
        return [f"no answer within {DEADLINE_SECONDS:.0f} s. Run again later."]
    return []


def _problems(place: Workplace, seller: Seller, clients: dict[Seller, SellerApi], verified: list[str]) -> list[str]:
    try:
        with client_of(place, seller) as api:
            clients[seller] = api
            api.check_token()
            subject = _subject(seller, _token_of(place, seller) or "")
            if place.home.remembers(subject):
                return []
            findings = list(check_identity(seller, api))
    except ReauthRequired as error:
        place.book.require_reauthorization(seller.id, error.message)
        return [str(error)]
    except (SpApiError, EncryptionKeyWrong) as error:
        return [str(error)]
    problems = [f"{finding.check}: {finding.detail}. {finding.advice}" for finding in findings if finding.state == FAIL]
    is_verified = not any(finding.detail.startswith(NOT_VERIFIED) for finding in findings)
    if not problems and is_verified:
        verified.append(subject)
    return problems


def _subject(seller: Seller, token: str) -> str:
    """What Amazon confirms: the token belongs to the account, and sells in these marketplaces."""
    digest = hashlib.sha256(token.encode()).hexdigest()[:12]
    return f"verified:{seller.amazon_seller_id}:{','.join(seller.marketplace_ids)}:{digest}"
