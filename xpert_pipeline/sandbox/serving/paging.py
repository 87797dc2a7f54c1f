"""Pages: how an operation declares them, the tokens that lead from one to the next, and the faults of further pages."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import ApiError, invalid
from xpert_pipeline.sandbox.serving.pace import Pace

DAY_SECONDS = 86_400
Record = TypeVar("Record")


class StaleTokenError(Exception):
    """The token was not issued here, belongs to another request, or is too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How an operation returns its records in pages.

    Attributes:
        parameter: The parameter for the next page's token.
        refusal: The answer to an invalid token.
        most: The most records on a page.
        default: Records on a page if the request does not say.
        size_parameter: Parameter with the number of records on a page; None if the request cannot choose it.
        size_may_change: Whether the size may differ from page to page. Every other parameter must stay the same.
        carries: Parameters that the token contains; a request with a token must not repeat them.
        is_nested: Whether the next token is inside `pagination`; otherwise it is at the top level of the answer.
        seconds: How long a token is valid, at Amazon's own pace.
    """

    parameter: str
    refusal: Callable[[], ApiError]
    most: int
    default: int
    size_parameter: str | None = "pageSize"
    size_may_change: bool = False
    carries: tuple[str, ...] = ()
    is_nested: bool = True
    seconds: int = DAY_SECONDS

    def binding(self, query: QueryParams, seller_id: str) -> str:
        """Return a hash of everything that must stay the same from page to page."""
        if self.carries:
            return binding(seller_id)
        free = {self.parameter, self.size_parameter} if self.size_may_change else {self.parameter}
        return binding(seller_id, sorted((name, value) for name, value in query.multi_items() if name not in free))


def binding(*fixed: Any) -> str:
    """Return a hash of the values to which a token is bound."""
    return hashlib.sha256(json.dumps(fixed).encode()).hexdigest()[:16]


@dataclass(slots=True)
class PageTokens:
    """Issues tokens and reads them back."""

    pace: Pace
    key: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def issue(self, place: Any, binding: str) -> str:
        """Issue a token for a position (any JSON value) in the results of a request."""
        body = json.dumps([place, binding, self.pace.now(), secrets.token_hex(4)]).encode()
        return base64.urlsafe_b64encode(self._signature(body) + body).decode().rstrip("=")

    def read(self, token: str, binding: str, seconds: int = DAY_SECONDS) -> Any:
        """Return the position that a token contains.

        Args:
            token: The token.
            binding: What the token must be bound to.
            seconds: How long it is valid, at Amazon's own pace.

        Raises:
            StaleTokenError: The token is not valid for this request.
        """
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise StaleTokenError from None
        signature, body = raw[:16], raw[16:]
        if not hmac.compare_digest(signature, self._signature(body)):
            raise StaleTokenError
        place, bound, issued, _ = json.loads(body)
        life = self.pace.life(seconds, min(60, seconds / 30))
        if bound != binding or self.pace.now() - issued > life:
            raise StaleTokenError
        return place

    def _signature(self, body: bytes) -> bytes:
        return hmac.new(self.key, body, hashlib.sha256).digest()[:16]


@dataclass(frozen=True, slots=True)
class Page:
    """The page that a call asks for.

    Attributes:
        query: The request's parameters; those of the first page if the token contains them.
        size: The most records on the page.
        start: Index of its first record among all records.
        memory: What the first page has fixed for all pages.
        faults: Faults that strike this page.
    """

    paging: Paging
    tokens: PageTokens
    seller_id: str
    token: str | None
    query: QueryParams
    size: int
    start: int
    memory: Any
    faults: Sequence[str]

    def cut(self, records: Sequence[Record]) -> Sequence[Record]:
        """Return the page's part of all records."""
        if "endless-pages" in self.faults:
            return records[:0]
        start = 0 if "repeated-page" in self.faults else self.start
        return records[start : start + self.size]

    def pagination(self, total: int) -> dict[str, Any]:
        """Return the part of the answer with the next page's token; empty on the last page."""
        end = self.start if "endless-pages" in self.faults else self.start + self.size
        if end >= total and "endless-pages" not in self.faults:
            return {}
        token = self.token if "repeated-token" in self.faults else self._next_token(end)
        return {"pagination": {"nextToken": token}} if self.paging.is_nested else {"nextToken": token}

    def _next_token(self, start: int) -> str:
        carried = self.query.multi_items() if self.paging.carries else None
        return self.tokens.issue([start, self.memory, carried], self.paging.binding(self.query, self.seller_id))


def open_page(
    paging: Paging,
    tokens: PageTokens,
    query: QueryParams,
    seller_id: str,
    *,
    memory: Any = None,
    faults: Callable[[], Sequence[str]],
) -> Page:
    """Read the page that a request asks for.

    Args:
        paging: How the operation returns pages.
        tokens: The sandbox's page tokens.
        query: The request's parameters.
        seller_id: The caller.
        memory: Any JSON value that the first page fixes for all pages.
        faults: Counts the request and returns the faults that strike it; not called for a first page.

    Raises:
        ApiError: 400 for an invalid token, or a page size out of bounds.
    """
    token = parameters.text(query, paging.parameter)
    if token is None:
        return Page(paging, tokens, seller_id, None, query, _size(paging, query), 0, memory, ())
    if any(name in query for name in paging.carries):
        raise invalid(f"{paging.parameter}: must be the only parameter.")
    size = _size(paging, query)
    names = faults()
    if "expired-page-token" in names:
        raise paging.refusal()
    try:
        start, memory, carried = tokens.read(token, paging.binding(query, seller_id), paging.seconds)
    except StaleTokenError:
        raise paging.refusal() from None
    if carried is not None:
        query = QueryParams([(name, value) for name, value in carried])
        size = _size(paging, query)
    return Page(paging, tokens, seller_id, token, query, size, start, memory, names)


def _size(paging: Paging, query: QueryParams) -> int:
    if paging.size_parameter is None:
        return paging.default
    return parameters.count(query, paging.size_parameter, paging.default, paging.most)
