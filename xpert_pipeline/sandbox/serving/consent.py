"""Stands in for Seller Central's consent page: it shows the sellers and hands out authorization codes."""

import html
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from xpert_pipeline.sandbox.serving.pace import Pace

PATH = "/apps/authorize/consent"
CODE_SECONDS = 300
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Seller Central (sandbox)</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem;color:#111}}
main{{border:1px solid #ccc;border-radius:8px;padding:1.5rem}}small{{color:#555}}label{{display:block;margin:.3rem 0}}
button{{font:inherit;padding:.5rem 1.2rem;margin-top:1rem;border:1px solid #a88734;border-radius:4px}}
button{{background:#f0c14b}}
</style><main>{body}</main></html>"""


@dataclass(slots=True)
class Codes:
    """Authorization codes that were handed out: seller, redirect URI and time of expiry by code."""

    pace: Pace
    issued: dict[str, tuple[str, str, float]] = field(default_factory=dict)

    def issue(self, seller_id: str, redirect_uri: str) -> str:
        """Hand out a code, valid for five minutes and once."""
        code = "AN" + secrets.token_hex(9)
        self.issued[code] = (seller_id, redirect_uri, self.pace.now() + self.pace.life(CODE_SECONDS, 60))
        return code

    def redeem(self, code: str, redirect_uri: str | None) -> str | None:
        """Return the seller of a code, None if it is not valid; it is valid no more afterwards."""
        seller_id, uri, end = self.issued.pop(code, ("", "", 0.0))
        return seller_id if seller_id and self.pace.now() < end and redirect_uri in (None, uri) else None


async def consent_page(request: Request) -> Response:
    """Show the sellers that may consent (GET), and send the browser back with a code (POST)."""
    state = request.app.state.sandbox
    query = request.query_params
    problem = _problem(query.get("application_id", ""), query.get("state", ""), query.get("redirect_uri", ""))
    if problem:
        return HTMLResponse(PAGE.format(body=f"<h1>Error</h1><p>{problem}</p>"), 400)
    if request.method == "GET":
        return HTMLResponse(
            _page(query.get("application_id", ""), list(state.worlds), is_draft=query.get("version") == "beta")
        )
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    seller_id = form.get("seller", [""])[0]
    if seller_id not in state.worlds:
        return HTMLResponse(PAGE.format(body="<h1>Error</h1><p>Choose an account.</p>"), 400)
    redirect_uri = query["redirect_uri"]
    values = {
        "state": query["state"],
        "selling_partner_id": seller_id,
        "spapi_oauth_code": state.codes.issue(seller_id, redirect_uri),
    }
    return RedirectResponse(f"{redirect_uri}?{urlencode(values)}", 302)


def _problem(application_id: str, state: str, redirect_uri: str) -> str | None:
    if not application_id.startswith("amzn1.sp.solution."):
        return "MD1000: there is no application with this id."
    if not state:
        return "The parameter state is missing."
    if not _is_address(redirect_uri):
        return "MD5101: the redirect URI does not match one of those of the application."
    return None


def _is_address(text: str) -> bool:
    try:
        return urlsplit(text).scheme in ("http", "https")
    except ValueError:  # such as http://[
        return False


def _page(application_id: str, sellers: list[str], *, is_draft: bool) -> str:
    choices = "".join(
        f'<label><input type="radio" name="seller" value="{seller}"{"" if number else " checked"}> {seller}</label>'
        for number, seller in enumerate(sellers)
    )
    draft = " (draft)" if is_draft else ""
    body = (
        f"<h1>Authorize an application</h1><p>The application <code>{html.escape(application_id)}</code>{draft} "
        f'asks for access to the data of your selling account.</p><form method="post">{choices}'
        "<button>Confirm</button></form><p><small>This page of the sandbox stands in for Seller Central. "
        "The accounts are invented.</small></p>"
    )
    return PAGE.format(body=body)
