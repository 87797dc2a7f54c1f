"""Login with Amazon: POST /auth/o2/token."""

import secrets
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from xpert_pipeline.sandbox.faults import TOKEN_REQUEST
from xpert_pipeline.sandbox.serving.fault_kinds import TOKEN
from xpert_pipeline.sandbox.serving.state import State

NEEDED = {"refresh_token": "refresh_token", "client_credentials": "scope", "authorization_code": "code"}
"""Types of grant, each with the parameter that it needs."""
INVALID_GRANT = (
    "The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission."
)


async def token_endpoint(request: Request) -> Response:
    """Answer one token request and count it."""
    state: State = request.app.state.sandbox
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    seller_id = state.access_tokens.seller_of(form["refresh_token"]) if "refresh_token" in form else None
    if "code" in form:
        seller_id = state.codes.redeem(form["code"], form.get("redirect_uri"))
    response = _answer(state, request.headers.get("content-type", ""), form, seller_id)
    state.statistics.count(TOKEN_REQUEST, seller_id, response.status_code, state.pace.now())
    response.headers["x-amzn-RequestId"] = secrets.token_hex(16)
    return response


def _answer(state: State, content_type: str, form: dict[str, str], seller_id: str | None) -> Response:
    fault = state.faults.first(TOKEN, TOKEN_REQUEST, seller_id)
    if fault == "lwa-503-html":
        return Response("<html><body><h1>Service Unavailable</h1></body></html>", 503, media_type="text/html")
    if fault == "lwa-invalid-client":
        return _error(401, "invalid_client", "Client authentication failed")
    if fault == "lwa-invalid-grant":
        return _error(400, "invalid_grant", INVALID_GRANT)
    refusal = _refusal(content_type, form)
    if refusal is None and form["grant_type"] == "authorization_code" and seller_id is None:
        return _error(400, "invalid_grant", "The request has an invalid grant parameter : code")
    return refusal or _token(state, form, seller_id)


def _refusal(content_type: str, form: dict[str, str]) -> Response | None:
    if not content_type.startswith("application/x-www-form-urlencoded"):
        return _error(400, "invalid_request", "The Content-Type must be application/x-www-form-urlencoded")
    grant = form.get("grant_type")
    if grant is not None and grant not in NEEDED:
        reason = "The authorization grant type is not supported by the authorization server"
        return _error(400, "unsupported_grant_type", reason)
    for name in ("grant_type", NEEDED[grant or "refresh_token"], "client_id", "client_secret"):
        if not form.get(name):
            return _error(400, "invalid_request", f"The request is missing a required parameter : {name}")
    return None


def _token(state: State, form: dict[str, str], seller_id: str | None) -> Response:
    tokens = state.access_tokens
    answer = {"access_token": tokens.issue(seller_id), "token_type": "bearer", "expires_in": tokens.seconds}
    if form["grant_type"] == "refresh_token":
        answer["refresh_token"] = form["refresh_token"]
    elif seller_id is not None:
        answer["refresh_token"] = tokens.refresh_token(seller_id)
    return JSONResponse(answer)


def _error(status: int, error: str, description: str) -> Response:
    body = {"error": error, "error_description": description, "request_id": secrets.token_hex(16)}
    return JSONResponse(body, status)
