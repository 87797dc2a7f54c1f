"""Which answer means which error: status, code, message and details, decided before a body is believed.

Pure functions over an answer's parts; the gate acts on what they return.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.sending.credentials import redact
from xpert_pipeline.spapi.sending.transport import Answer

_TOKEN_DETAILS = ("access token", "token is missing", "revoked, malformed")
_PAGE_TOKEN = ("paginationtoken you have submitted is not valid", "next token is invalid", "nexttoken")
_NOTHING_DONE = (429, 503)  # answers that were given instead of acting on the request
_SUSPENDED = ("deactivated", "suspended", "account is not active")
_LWA_ERRORS: dict[str, type[SpApiError]] = {
    "invalid_grant": errors.ReauthRequired,
    "unauthorized_client": errors.ReauthRequired,
    "invalid_client": errors.AppCredentialsRefused,
}


def parse_json(body: bytes) -> Any:
    """Read JSON with money as Decimal.

    Raises:
        ValueError: when it is truncated, no JSON, not Unicode, holds NaN, or is nested beyond reason.
    """
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def refusal(answer: Answer, facts: Mapping[str, str]) -> SpApiError | None:
    """Name the error that an API answer means; None for a good status (its body is judged by `payload`).

    Args:
        answer: the answer, of any status.
        facts: operation and seller, for the message.
    """
    status, headers, body = answer.status, answer.headers, answer.body
    if 200 <= status < 300:
        return None
    first = _first_error(body)
    told = {
        "status": status,
        "code": first.get("code"),
        "details": first.get("details") or None,
        "request_id": headers.get("x-amzn-RequestId"),
        **facts,
    }
    message = first.get("message") or describe(body)
    error = _error_of(status, f"{message} {first.get('details', '')}".lower())(message, **told)
    if isinstance(error, errors.Transient):
        error.ambiguous = status not in _NOTHING_DONE
    return error


def payload(body: bytes, expects: Mapping[str, type], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object of a good answer.

    Args:
        body: the raw body.
        expects: keys that a good answer holds, with their types.
        told: operation, seller, status and request id, for the message.

    Raises:
        BadAnswer: when the body is no such object, or carries errors beside its data.
    """
    try:
        answer = parse_json(body)
    except ValueError as exc:
        raise errors.BadAnswer(f"the body is no complete JSON ({describe(body)})", **told) from exc
    if not isinstance(answer, dict):
        raise errors.BadAnswer(f"the body is a {type(answer).__name__}, not an object", **told)
    if answer.get("errors"):
        first = _first_error(body)
        raise errors.BadAnswer(f"errors beside the data: {first.get('message')}", code=first.get("code"), **told)
    wrong = [name for name, kind in expects.items() if not isinstance(answer.get(name), kind)]
    if wrong:
        raise errors.BadAnswer(f"the answer lacks {', '.join(wrong)} ({describe(body)})", **told)
    return answer


def token_refusal(answer: Answer, facts: Mapping[str, str], clean: Callable[[str], str] = redact) -> SpApiError:
    """Name the error that an answer of Login with Amazon means, when it is not a token.

    Args:
        answer: the answer, of any status.
        facts: operation and seller, for the message.
        clean: removes the seller's secrets from a text.
    """
    status, headers, body = answer.status, answer.headers, answer.body
    try:
        told = parse_json(body)
    except ValueError:
        told = None
    about = {"status": status, "request_id": headers.get("x-amzn-RequestId"), **facts}
    code = told.get("error") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(code, str) or status >= 500 or status == 429:
        kind = errors.BadAnswer if status == 200 else errors.Transient
        return kind(f"no token: {clean(describe(body))}", **about)
    message = clean(str(told.get("error_description", "")))[:300]
    return _LWA_ERRORS.get(code, errors.BadRequest)(message, code=clean(code)[:60], **about)


def describe(body: bytes) -> str:
    """Say in a few words what a body is, without repeating it at length."""
    if not body.strip():
        return "empty body"
    text = body[:2000].decode("utf-8", "replace").strip()
    if text[:1] == "<":
        return "HTML or XML instead of JSON"
    return redact(" ".join(text.split()))[:160]


def _error_of(status: int, reason: str) -> type[SpApiError]:
    if status == 429:
        return errors.Throttled
    if status >= 500 or status == 408:
        return errors.Transient
    if 300 <= status < 400:
        return errors.RedirectRefused
    by_status = {401: errors.TokenRefused, 404: errors.NotFound}
    if status == 403:
        return _forbidden(reason)
    if status == 400 and any(words in reason for words in _PAGE_TOKEN):
        return errors.PageTokenExpired
    return by_status.get(status, errors.BadRequest)


def _forbidden(reason: str) -> type[SpApiError]:
    """A 403 has many causes; the details tell them apart, and without details it is the role."""
    if "lwa secret" in reason:
        return errors.AppCredentialsRefused
    if "not valid for region" in reason:
        return errors.WrongRegion
    if any(words in reason for words in _TOKEN_DETAILS):
        return errors.TokenRefused
    if any(words in reason for words in _SUSPENDED):
        return errors.SellerSuspended
    return errors.NotGranted


def _first_error(body: bytes) -> dict[str, str]:
    """Take the first error of Amazon's envelope, redacted; empty when there is none."""
    try:
        answer = parse_json(body)
    except ValueError:
        return {}
    found = answer.get("errors", answer.get("message")) if isinstance(answer, dict) else answer
    if isinstance(found, list):
        found = found[0] if found else None
    if isinstance(found, str):
        return {"message": redact(found)[:300]}
    if not isinstance(found, dict):
        return {}
    return {name: redact(str(found[name]))[:300] for name in ("code", "message", "details") if found.get(name)}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
