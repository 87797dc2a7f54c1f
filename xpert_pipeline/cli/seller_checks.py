"""Preconditions of one seller, asked of Amazon by real calls: token, marketplaces, roles, and whether there is data."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from xpert_pipeline.cli.findings import FAIL, OK, WARN, Finding
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.spapi.errors import NotGranted, SpApiError, Throttled
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.operations.listings import count_listings
from xpert_pipeline.spapi.operations.sales import get_order_metrics
from xpert_pipeline.spapi.operations.sellers import marketplace_participations
from xpert_pipeline.spapi.session import SellerApi

LOOK_BACK = timedelta(days=30)
CLOCK_TOLERANCE = timedelta(minutes=2)


def check_identity(seller: Seller, api: SellerApi) -> Iterator[Finding]:
    """Do the credentials work, and do they belong to this seller's marketplaces and region?

    These findings decide whether a sync of the seller may start.
    """
    who = seller.amazon_seller_id
    regions = {by_id(marketplace).region for marketplace in seller.marketplace_ids}
    if regions != {seller.region}:
        yield Finding(
            "region",
            FAIL,
            f"marketplaces {', '.join(seller.marketplace_ids)} lie in region {', '.join(sorted(regions))}, "
            f"the seller in {seller.region}",
            "correct the marketplace ids: Amazon.in is A21TJRUUN4KGV, ATVPDKIKX0DER is Amazon.com",
            who,
        )
        return
    try:
        api.check_token()
        yield Finding("authorization", OK, "Amazon accepts the refresh token", seller=who)
        found = marketplace_participations(api)
    except SpApiError as error:
        yield Finding("authorization", FAIL, error.message, error.what_to_do, who)
        return
    theirs = {entry["marketplace"]["id"]: entry["participation"] for entry in found}
    if missing := [marketplace for marketplace in seller.marketplace_ids if marketplace not in theirs]:
        yield Finding(
            "marketplaces",
            FAIL,
            f"the account does not sell on {', '.join(missing)}; it sells on {', '.join(sorted(theirs)) or 'none'}",
            "give this account's marketplace ids (AMAZON_MARKETPLACE_IDS or `xpert sellers add --marketplace`); "
            "if they are right, the refresh token belongs to another seller",
            who,
        )
    elif suspended := [m for m in seller.marketplace_ids if theirs[m].get("hasSuspendedListings")]:
        yield Finding(
            "marketplaces", WARN, f"listings are suspended on {', '.join(suspended)}", "see Account Health", who
        )
    elif len(seller.marketplace_ids) > 1:
        first, *others = seller.marketplace_ids
        yield Finding("marketplaces", WARN, f"only {first} is synced, not {', '.join(others)}", "name it first", who)
    else:
        yield Finding("marketplaces", OK, f"the account sells on {', '.join(seller.marketplace_ids)}", seller=who)


def check_sources(seller: Seller, api: SellerApi) -> Iterator[Finding]:
    """Are the roles granted, and is there something to fetch? Costs one call each."""
    who = seller.amazon_seller_id
    marketplace_id = seller.marketplace_ids[0]
    now = api.server_now()
    yield _clock(now, who)

    def orders() -> str:
        (total,) = get_order_metrics(
            api, marketplace_id, now - LOOK_BACK, now, granularity="Total", timezone=seller.timezone
        )
        return str(total["orderCount"])

    def listings() -> str:
        return str(count_listings(api, marketplace_id))

    def reports() -> str:
        api.call("getReports", expects={"reports": list}, reportTypes=["GET_MERCHANT_LISTINGS_ALL_DATA"], pageSize=1)
        return "granted"

    yield _asked(
        "orders", "orders in the last 30 days", orders, "0 means a sync of these days rightly returns 0 records", who
    )
    yield _asked("listings", "listings", listings, "0 means products stays empty: no listing in this marketplace", who)
    yield _asked("reports", "the role for reports", reports, "", who)


def _asked(check: str, what: str, ask: Callable[[], str], if_none: str, who: str) -> Finding:
    try:
        answer = ask()
    except NotGranted as error:
        return Finding(check, WARN, f"not granted: {error.message}", error.what_to_do, who)
    except Throttled as error:
        return Finding(check, WARN, f"throttled: {error.message}", error.what_to_do, who)
    except SpApiError as error:
        return Finding(check, FAIL, error.message, error.what_to_do, who)
    empty = answer == "0"
    return Finding(check, WARN if empty else OK, f"{what}: {answer}", if_none if empty else "", who)


def _clock(server: datetime, who: str) -> Finding:
    skew = datetime.now(UTC) - server
    if abs(skew) > CLOCK_TOLERANCE:
        seconds = skew.total_seconds()
        return Finding("clock", WARN, f"this machine's clock is {seconds:+.0f} s off Amazon's", "set it by NTP", who)
    return Finding("clock", OK, "agrees with Amazon's", seller=who)
