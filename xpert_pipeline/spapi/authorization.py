"""The consent of a seller to an application: Amazon's page for it, and the exchange of its code for a refresh token.

Facts from Amazon's "Website Authorization Workflow" and "Seller Central URLs" pages.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from xpert_pipeline.spapi.errors import BadAnswer, ReauthRequired, RedirectRefused, SpApiError, Transient
from xpert_pipeline.spapi.marketplaces import TOKEN_URL, Marketplace
from xpert_pipeline.spapi.sending.classification import parse_json, token_refusal
from xpert_pipeline.spapi.sending.credentials import redact
from xpert_pipeline.spapi.sending.transport import NetworkFailure, Transport

EUROPE = "https://sellercentral-europe.amazon.com"
SHARED = dict.fromkeys(("ES", "GB", "FR", "DE", "IT"), EUROPE)
"""Countries that share a Seller Central; every other has one at its marketplace's own domain."""
SELLER_ID = re.compile("[A-Za-z0-9]{1,64}")
CONSENT_PATH = "/apps/authorize/consent"
EXCHANGE_SECONDS = 30.0
_OPERATION = "authorization code exchange"


class ConsentRefused(ValueError):
    """What came back from Amazon's page is no consent to this request; the message says why."""


class CodeRefused(SpApiError):
    """Amazon refused an authorization code: it was used, is too old, or belongs to another application."""

    what_to_do = (
        "A code is valid for five minutes and once: begin again. If it is refused again, compare AMAZON_CLIENT_ID, "
        "AMAZON_CLIENT_SECRET and AMAZON_REDIRECT_URI with the application in Seller Central."
    )


@dataclass(frozen=True, slots=True)
class Consent:
    """A seller's consent, as Amazon's page hands it over. The code is valid for five minutes and once."""

    seller_id: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The application at Login with Amazon.

    Attributes:
        client_id: LWA client id.
        client_secret: LWA client secret.
        token_url: Address of the token endpoint; None for Amazon's.
    """

    client_id: str
    client_secret: str = field(repr=False)
    token_url: str | None = None


def seller_central(marketplace: Marketplace) -> str:
    """Return the address of a marketplace's Seller Central."""
    domain = marketplace.domain.lower()
    return SHARED.get(marketplace.country, f"https://sellercentral.{domain}")


def consent_url(base: str, *, application_id: str, state: str, redirect_uri: str | None, is_draft: bool) -> str:
    """Return the address of Amazon's consent page.

    Args:
        base: Address of Seller Central.
        application_id: Amazon's id of the application (amzn1.sp.solution.…).
        state: A random text that Amazon's page hands back.
        redirect_uri: Where the page sends the browser; None for the first one that the application registered.
        is_draft: Whether the application is still a draft (`version=beta`).
    """
    values = {"application_id": application_id, "state": state}
    if redirect_uri:
        values["redirect_uri"] = redirect_uri
    if is_draft:
        values["version"] = "beta"
    return f"{base.rstrip('/')}{CONSENT_PATH}?{urlencode(values)}"


def parse_consent(address: str) -> tuple[Consent, str]:
    """Read the address to which Amazon's page sent the browser; return the consent and the state in it.

    Raises:
        ConsentRefused: It contains no consent.
    """
    try:
        values = {name: found[0] for name, found in parse_qs(urlsplit(address.strip()).query).items()}
    except ValueError:
        raise ConsentRefused("that is no address: copy it from the browser's address bar") from None
    missing = [name for name in ("state", "selling_partner_id", "spapi_oauth_code") if not values.get(name)]
    if missing:
        raise ConsentRefused(
            f"the address lacks {', '.join(missing)}: give the whole address that the browser shows after the consent"
        )
    if not SELLER_ID.fullmatch(values["selling_partner_id"]):
        raise ConsentRefused("selling_partner_id in the address is no merchant id")
    return Consent(values["selling_partner_id"], values["spapi_oauth_code"]), values["state"]


def exchange_code(client: OAuthClient, consent: Consent, redirect_uri: str | None, transport: Transport) -> str:
    """Exchange the code of a consent for the seller's refresh token.

    Raises:
        SpApiError: Login with Amazon refused, or did not answer; the message contains no secret.
    """
    form = {
        "grant_type": "authorization_code",
        "code": consent.code,
        **({"redirect_uri": redirect_uri} if redirect_uri else {}),
        "client_id": client.client_id,
        "client_secret": client.client_secret,
    }
    facts = {"operation": _OPERATION, "seller": consent.seller_id}
    try:
        answer = transport.send(
            "POST",
            client.token_url or TOKEN_URL,
            headers={"content-type": "application/x-www-form-urlencoded;charset=UTF-8"},
            content=urlencode(form).encode(),
            seconds=EXCHANGE_SECONDS,
            max_bytes=1_000_000,
        )
    except NetworkFailure as error:
        raise Transient(str(error), ambiguous=False, **facts) from error
    if 300 <= answer.status < 400:
        raise RedirectRefused("the token endpoint redirects", status=answer.status, **facts)

    def clean(text: str) -> str:
        return redact(text, client.client_secret, consent.code)

    if answer.status != 200:
        refused = token_refusal(answer, facts, clean)
        raise CodeRefused(refused.message, **refused.facts()) if isinstance(refused, ReauthRequired) else refused
    try:
        token = parse_json(answer.body)["refresh_token"]
    except (ValueError, KeyError, TypeError):
        token = None
    if not isinstance(token, str) or not token:
        raise BadAnswer("the answer contains no refresh token", operation=_OPERATION, seller=consent.seller_id)
    return token
