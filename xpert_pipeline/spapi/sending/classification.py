"""Decides which error an answer means, from its status, code, message and details, before its data is used.

These are pure functions over the parts of an answer; the gate acts on their results.
"""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from xpert_pipeline.garbage import collector_paused
from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.json_path import value_at
from xpert_pipeline.spapi.sending.credentials import redact
from xpert_pipeline.spapi.sending.transport import Answer

_TOKEN_DETAILS = ("access token", "token is missing", "revoked, malformed")
_PAGE_TOKEN = ("paginationtoken you have submitted is not valid", "next token is invalid", "nexttoken")
_NOTHING_DONE = (429, 503)  # with these statuses Amazon has not acted on the request
_SUSPENDED = ("deactivated", "suspended", "account is not active")
_LWA_ERRORS: dict[str, type[SpApiError]] = {
    "invalid_grant": errors.ReauthRequired,
    "unauthorized_client": errors.ReauthRequired,
    "invalid_client": errors.AppCredentialsRefused,
}


MOST_DIGITS = 1_000
"""Longer numbers, and those with such an exponent, are infinite."""
_ABSURD = re.compile(rb"\d{%d}|\d[eE][+-]?\d{3}" % (MOST_DIGITS // 2))
"""Finds each body that can contain such a number. In the others, numbers are read without being checked one by one.

A body with NUL bytes is UTF-16 or UTF-32, where digits are not adjacent; it is always checked.
"""
BARE_LIST = "(list)"
"""The name in `expects` under which an operation's answer is returned if it is a list without an object around it."""
NO_CONTENT = "(no content)"
"""The name in `expects` of an operation that answers 204 without a body if there is nothing to tell."""
NOTHING = 204


def parse_json(body: bytes) -> Any:
    """Read JSON; numbers with a fraction become Decimal.

    A number that no column could hold, such as an integer of 5,000 digits, becomes an infinite Decimal, which every row
    contract refuses: one such number must not cost the whole answer, nor minutes of computing.

    Raises:
        ValueError: The body is truncated, not JSON or not Unicode, contains NaN, or is nested too deeply.
    """
    checks = (
        {"parse_int": _whole, "parse_float": _fraction}
        if b"\0" in body or _ABSURD.search(body)
        else {"parse_float": Decimal}
    )
    try:
        with collector_paused():
            return json.loads(body, parse_constant=_refuse_constant, **checks)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= MOST_DIGITS else _infinite(text)


def _fraction(text: str) -> Decimal:
    number = Decimal(text)
    return number if -MOST_DIGITS < number.adjusted() < MOST_DIGITS and len(text) <= MOST_DIGITS else _infinite(text)


def _infinite(text: str) -> Decimal:
    return Decimal("-Infinity" if text.startswith("-") else "Infinity")


def refusal(answer: Answer, facts: Mapping[str, str]) -> SpApiError | None:
    """Return the error that an API answer means; None for a success status (`payload` checks its body).

    Args:
        answer: An answer with any status.
        facts: Operation and seller, for the message.
    """
    status, headers, body = answer.status, answer.headers, answer.body
    if 200 <= status < 300:
        return None
    first = _first_error(body)
    message = first.get("message") or describe(body)
    kind = _error_of(status, f"{message} {first.get('details', '')}".lower())
    error = kind(
        message,
        status=status,
        code=first.get("code"),
        details=first.get("details") or None,
        request_id=headers.get("x-amzn-RequestId"),
        **facts,
    )
    if isinstance(error, errors.Transient):
        error.ambiguous = status not in _NOTHING_DONE
    return error


def payload(body: bytes, expects: Mapping[str, type], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object in the body of a success answer.

    Args:
        body: The raw body.
        expects: What the object must contain: dotted paths of values, with their types. With `BARE_LIST` alone, the
            answer must be a list; it is returned under that name. With `NO_CONTENT`, a 204 is an empty object.
        facts: Operation, seller, status and request id, for the message.

    Raises:
        BadAnswer: The body is not such an object, or contains errors besides its data.
    """
    if NO_CONTENT in expects and facts.get("status") == NOTHING:
        return {}
    try:
        answer = parse_json(body)
    except ValueError as exc:
        raise errors.BadAnswer(f"the body is not complete JSON ({describe(body)})", **facts) from exc
    if BARE_LIST in expects and isinstance(answer, list):
        return {BARE_LIST: answer}
    if not isinstance(answer, dict):
        raise errors.BadAnswer(f"the body is a {type(answer).__name__}, not an object", **facts)
    if answer.get("errors"):
        first = _first_error(body)
        raise errors.BadAnswer(f"errors besides the data: {first.get('message')}", code=first.get("code"), **facts)
    needed = {path: kind for path, kind in expects.items() if path != NO_CONTENT}
    missing = [path for path, kind in needed.items() if not isinstance(value_at(answer, path), kind)]
    if missing:
        raise errors.BadAnswer(f"the answer lacks {', '.join(missing)} ({describe(body)})", **facts)
    return answer


def token_refusal(answer: Answer, facts: Mapping[str, str], clean: Callable[[str], str] = redact) -> SpApiError:
    """Return the error for an answer from Login with Amazon that contains no token.

    Args:
        answer: An answer with any status.
        facts: Operation and seller, for the message.
        clean: Removes the seller's secrets from a text.
    """
    status, headers, body = answer.status, answer.headers, answer.body
    try:
        content = parse_json(body)
    except ValueError:
        content = None
    about = {"status": status, "request_id": headers.get("x-amzn-RequestId"), **facts}
    code = content.get("error") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(code, str) or status >= 500 or status == 429:
        kind = errors.BadAnswer if status == 200 else errors.Transient
        return kind(f"no token: {clean(describe(body))}", **about)
    message = clean(str(content.get("error_description", "")))[:300]
    return _LWA_ERRORS.get(code, errors.BadRequest)(message, code=clean(code)[:60], **about)


def describe(body: bytes) -> str:
    """Describe a body in a few words."""
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
    """Distinguish the causes of a 403 by its details; without details, a role is missing."""
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
    """Return the first error of Amazon's envelope, redacted; empty if there is none."""
    try:
        answer = parse_json(body)
    except ValueError:
        return {}
    content = answer.get("errors", answer.get("message")) if isinstance(answer, dict) else answer
    if isinstance(content, list):
        content = content[0] if content else None
    if isinstance(content, str):
        return {"message": redact(content)[:300]}
    if not isinstance(content, dict):
        return {}
    return {name: redact(str(content[name]))[:300] for name in ("code", "message", "details") if content.get(name)}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
