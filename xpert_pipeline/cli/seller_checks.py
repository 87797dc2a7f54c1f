"""Checks of one seller by real calls to Amazon: token, marketplaces and clock; `source_findings` asks the sources."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.findings import FAIL, OK, WARN, Finding
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.sources.run import market_of
from xpert_pipeline.spapi.errors import (
    AppCredentialsRefused,
    ReauthRequired,
    SellerSuspended,
    SpApiError,
    TokenRefused,
    Transient,
    WrongRegion,
)
from xpert_pipeline.spapi.marketplaces import MARKETPLACES, by_id
from xpert_pipeline.spapi.operations.sellers import is_own_account, marketplace_participations
from xpert_pipeline.spapi.session import SellerApi

CLOCK_TOLERANCE = timedelta(minutes=2)
STORES = {marketplace.id for marketplace in MARKETPLACES}
"""Ids of Amazon's stores. Participations also list shadow marketplaces, which hold orders of other shops."""

REFUSED = (AppCredentialsRefused, ReauthRequired, SellerSuspended, TokenRefused, WrongRegion)
"""Answers that every other request of the seller would get as well."""
NOT_VERIFIED = "Amazon did not list the account's marketplaces, so they are not verified"


def check_identity(seller: Seller, api: SellerApi) -> Iterator[Finding]:
    """Check that the credentials work and belong to this seller's marketplaces and region.

    If one of these findings fails, a sync of the seller does not start.
    """
    who = seller.amazon_seller_id
    regions = {by_id(marketplace_id).region for marketplace_id in seller.marketplace_ids}
    if regions != {seller.region}:
        yield Finding(
            "region",
            FAIL,
            f"{_names(seller.marketplace_ids)} belong to region {', '.join(sorted(regions))}, the seller to region "
            f"{seller.region}",
            "correct the marketplaces: Amazon.in is A21TJRUUN4KGV (eu), Amazon.com is ATVPDKIKX0DER (na)",
            who,
        )
        return
    try:
        api.check_token()
    except SpApiError as error:
        yield Finding("authorization", FAIL, error.message, error.what_to_do, who)
        return
    try:
        participations = marketplace_participations(api)
    except REFUSED as error:
        yield Finding("authorization", FAIL, error.message, error.what_to_do, who)
        return
    except SpApiError as error:  # the list only helps to find mistakes: without it the seller can be synced
        if isinstance(error, Transient) and not _answers(seller, api):
            yield Finding("authorization", FAIL, error.message, error.what_to_do, who)
            return
        yield Finding("authorization", OK, "Amazon accepts the refresh token", seller=who)
        yield Finding("marketplaces", WARN, f"{NOT_VERIFIED}: {error.message}", error.what_to_do, who)
        yield _account(seller, api)
        return
    yield Finding("authorization", OK, "Amazon accepts the refresh token", seller=who)
    stores = {entry["marketplace"]["id"]: entry["participation"] for entry in participations}
    stores = {name: facts for name, facts in stores.items() if name in STORES}
    yield from _marketplaces(seller, stores)
    if set(seller.marketplace_ids) <= stores.keys():
        yield _account(seller, api)


def _account(seller: Seller, api: SellerApi) -> Finding:
    """Whether the refresh token belongs to the seller's merchant id."""
    who = seller.amazon_seller_id
    try:
        is_own = is_own_account(api, seller.marketplace_ids[0])
    except SpApiError as error:
        return Finding("merchant id", WARN, f"not verified: {error.message}", error.what_to_do, who)
    if is_own is None:
        advice = "grant the role Product Listing, or compare the id with Account Info in Seller Central"
        return Finding("merchant id", WARN, "not verified: that needs the role Product Listing", advice, who)
    if not is_own:
        return Finding(
            "merchant id",
            FAIL,
            f"the refresh token belongs to another seller than {who}",
            "compare the merchant id with Account Info in Seller Central; if it is right, authorize the application "
            "with this account and store the new refresh token with `xpert sellers add`",
            who,
        )
    return Finding("merchant id", OK, f"the refresh token belongs to {who}", seller=who)


def _answers(seller: Seller, api: SellerApi) -> bool:
    """Return whether Amazon answers any other request of the seller, even by a refusal."""
    now, market = api.server_now(), market_of(seller, seller.marketplace_ids[0], ())
    for source in SOURCES:
        try:
            if source.is_offered_in(market.id) and source.probe(api, market, now) is not None:
                return True
        except Transient:
            return False
        except SpApiError:
            return True
    return True


def _marketplaces(seller: Seller, stores: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Compare the seller's marketplaces with the stores of the account."""
    who, listed = seller.amazon_seller_id, seller.marketplace_ids
    if missing := [marketplace_id for marketplace_id in listed if marketplace_id not in stores]:
        yield Finding(
            "marketplaces",
            FAIL,
            f"the account does not sell on {_names(missing)}; it sells on {_names(sorted(stores)) or 'no marketplace'}",
            "set this account's marketplaces (AMAZON_MARKETPLACE_IDS or `xpert sellers add --marketplace`); "
            "if they are right, the refresh token belongs to another seller",
            who,
        )
        return
    suspended = [marketplace_id for marketplace_id in listed if stores[marketplace_id].get("hasSuspendedListings")]
    if suspended:
        yield Finding("marketplaces", WARN, f"listings are suspended on {_names(suspended)}", "see Account Health", who)
    else:
        yield Finding("marketplaces", OK, f"the account sells on {_names(listed)}", seller=who)
    for marketplace_id, participation in sorted(stores.items()):
        if marketplace_id not in listed and participation.get("isParticipating", True):
            ids = ",".join((*listed, marketplace_id))
            yield Finding(
                "marketplaces",
                WARN,
                f"the account also sells on {_names([marketplace_id])}, which is not listed and therefore not synced",
                f"add it with `xpert sellers add {who} --marketplace {ids}`, or to AMAZON_MARKETPLACE_IDS",
                who,
            )


def check_clock(seller: Seller, api: SellerApi) -> Finding:
    """Compare this machine's clock with Amazon's."""
    skew = datetime.now(UTC) - api.server_now()
    if abs(skew) > CLOCK_TOLERANCE:
        seconds = skew.total_seconds()
        detail = f"this machine's clock differs from Amazon's by {seconds:+.0f} s"
        return Finding("clock", WARN, detail, "set it by NTP", seller.amazon_seller_id)
    return Finding("clock", OK, "this machine's clock agrees with Amazon's", seller=seller.amazon_seller_id)


def _names(marketplace_ids: Sequence[str]) -> str:
    """Marketplaces by domain and id."""
    return ", ".join(f"{by_id(marketplace_id).domain} ({marketplace_id})" for marketplace_id in marketplace_ids)
