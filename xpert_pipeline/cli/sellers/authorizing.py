"""`xpert sellers authorize`: a seller consents on Amazon's page, and its refresh token is verified and stored."""

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

import click

from xpert_pipeline.cli.authorization_page import CALLBACK, HOST, AuthorizationPage
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.onboarding import add_seller
from xpert_pipeline.cli.options import LABEL, data_dir_option, sandbox_option
from xpert_pipeline.cli.sellers.book import chosen_marketplaces, find_seller, first_sync
from xpert_pipeline.cli.services import free_port
from xpert_pipeline.cli.verification import verify_seller
from xpert_pipeline.cli.workplace import Workplace, open_workplace
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.sandbox.option_types import Finite
from xpert_pipeline.settings import Settings
from xpert_pipeline.spapi.authorization import Consent, OAuthClient, consent_url, exchange_code, seller_central
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.marketplaces import Marketplace
from xpert_pipeline.spapi.sending.transport import Transport, is_loopback

SANDBOX_APP = "amzn1.sp.solution.sandbox"


@click.command()
@click.option(
    "--marketplace",
    "marketplaces",
    multiple=True,
    required=True,
    metavar="IN,GB",
    help="The marketplaces to sync, all of one region, as country codes or ids; the first one's Seller Central asks.",
)
@click.option("--name", type=LABEL, help="Name for people (default: the id).")
@click.option("--draft", is_flag=True, help="The application is still a draft in Seller Central (version=beta).")
@click.option("--wait-minutes", type=Finite(0.1, 1440), default=15.0, show_default=True, help="How long to wait.")
@sandbox_option
@data_dir_option
def authorize(
    marketplaces: tuple[str, ...],
    name: str | None,
    wait_minutes: float,
    data_dir: str | None,
    *,
    draft: bool,
    force_sandbox: bool,
) -> None:
    """Let a seller authorize your application in the browser, and store its refresh token.

    It needs AMAZON_APP_ID, AMAZON_CLIENT_ID and AMAZON_CLIENT_SECRET. Open the printed address in the browser of the
    seller. Without Amazon's credentials, the sandbox stands in for Seller Central.
    """
    chosen = chosen_marketplaces(marketplaces)
    with open_workplace(data_dir, force_sandbox=force_sandbox) as place:
        app_id = SANDBOX_APP if place.uses_sandbox else place.settings.app_id
        if app_id is None:
            raise PreconditionError(
                "AMAZON_APP_ID is not set: it is the application's id in Seller Central, Develop Apps "
                "(amzn1.sp.solution.…). An application of your own account needs no consent: "
                "authorize it there, and add the seller with `xpert sellers add`"
            )
        page = _page(place, chosen, app_id, name=name, is_draft=draft)
        click.echo(f"Open http://{HOST}:{page.port} in the seller's browser on this machine. Ctrl-C stops.")
        if page.pastes:
            where = urlsplit(place.settings.redirect_uri or "").netloc
            click.echo(f"Amazon will send the browser to {where}: paste the address that it shows there into the page.")
        message = page.serve(wait_minutes * 60)
    if message is None:
        raise PreconditionError(f"no consent came within {wait_minutes:g} minutes: run the command again")
    click.echo(message)


def _page(
    place: Workplace, chosen: Sequence[Marketplace], app_id: str, *, name: str | None, is_draft: bool
) -> AuthorizationPage:
    """Return the page for this request."""
    settings = place.settings
    uri = None if place.uses_sandbox else settings.redirect_uri
    own = urlsplit(uri) if uri and is_loopback(uri) else None
    port = (own.port or 80) if own else free_port()
    callback = (own.path or "/") if own else CALLBACK
    if callback in ("/", "/paste"):
        raise PreconditionError(f"AMAZON_REDIRECT_URI needs a path of its own, such as {HOST}{CALLBACK}")
    redirect_uri = uri or f"http://{HOST}:{port}{CALLBACK}"
    state = secrets.token_urlsafe(32)
    base = place.sandbox["endpoint"] if place.sandbox else settings.seller_central_url or seller_central(chosen[0])
    link = consent_url(base, application_id=app_id, state=state, redirect_uri=redirect_uri, is_draft=is_draft)

    def accept(consent: Consent) -> str:
        return _connect(place, chosen, consent, redirect_uri, name)

    return AuthorizationPage(port, callback, link, state, accept, pastes=not is_loopback(redirect_uri))


def _connect(
    place: Workplace, chosen: Sequence[Marketplace], consent: Consent, redirect_uri: str, name: str | None
) -> str:
    """Exchange, verify and store; return what to tell people.

    Raises:
        PreconditionError: Amazon or the database refused; nothing was stored.
    """
    transport = Transport()
    try:
        token = exchange_code(_client(place.settings), consent, redirect_uri, transport)
        doubts = verify_seller(place.pool, place.settings, consent.seller_id, chosen, token)
        ids = [marketplace.id for marketplace in chosen]
        known = find_seller(place.book, consent.seller_id)
        seller = add_seller(
            place.book,
            consent.seller_id,
            ids,
            name=name or (known.name if known else None),
            is_sandbox=place.uses_sandbox,
            refresh_token=token,
        )
    except (SpApiError, DatabaseError) as error:
        raise PreconditionError(f"seller {consent.seller_id} was not stored. {error}") from error
    finally:
        transport.close()
    domains = ", ".join(marketplace.domain for marketplace in chosen)
    notes = "".join(f" Note: {doubt}" for doubt in doubts)
    return (
        f"Seller {consent.seller_id} ({domains}) authorized the application, and Amazon confirmed the account.{notes} "
        + (
            "It was known already; its new refresh token is used from now on."
            if known
            else first_sync(seller, place.home, place.settings)
        )
    )


def _client(settings: Settings) -> OAuthClient:
    if settings.client_id is None or settings.client_secret is None:
        raise PreconditionError("AMAZON_CLIENT_ID and AMAZON_CLIENT_SECRET are not set: `.env.example` explains them")
    return OAuthClient(settings.client_id, settings.client_secret.get_secret_value(), settings.token_url)
