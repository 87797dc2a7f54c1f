"""Walks through the pages of any operation: handles tokens, expired tokens and repeated pages, and always ends.

It knows neither the operations nor the meaning of their records.
"""

import hashlib
import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xpert_pipeline.spapi.errors import BadAnswer, BadRequest, EndlessPages, PageTokenExpired, RepeatedPage
from xpert_pipeline.spapi.json_path import value_at
from xpert_pipeline.spapi.sending.confirming import Doubts
from xpert_pipeline.spapi.session import SellerApi

RESTARTS = 2
"""How often a walk starts over after Amazon has refused a page token twice."""
MOST_EMPTY_PAGES = 100
"""Amazon may send empty pages before full ones; after this many in a row the walk stops."""
MOST_PAGES_BEYOND_COUNT = 10
"""After Amazon's own count of records has arrived, the walk stops after this many further pages."""
TOKEN_DOUBTS = Doubts((BadRequest,))
"""A refused page token is sent once more before it is believed."""
_TOKEN_PATHS = (
    "pagination.nextToken",
    "nextToken",
    "payload.nextToken",
    "payload.pagination.nextToken",
    "payload.NextToken",
)

logger = logging.getLogger("xpert_pipeline.spapi")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of records.

    Attributes:
        records: The records in Amazon's shape; may be empty.
        answer: The whole answer with these records.
        is_first: Whether this page begins a walk. If another first page comes, the walk has started over: drop the
            records collected so far, because they will come again.
        total: Amazon's own count of all records of the walk; None if the operation has none.
    """

    records: list[Any]
    answer: dict[str, Any]
    is_first: bool
    total: int | None = None


@dataclass(frozen=True)
class PagedOperation:
    """An operation that answers in pages.

    Attributes:
        name: Amazon's name of the operation.
        records: Dotted path of the list of records in an answer.
        identity: Dotted paths, within a record, of the values that identify it. We use them to detect repeated pages.
        token: The parameter for the next page's token.
        total: Dotted path of Amazon's own count of all records, if the answer has one.
        longest: The most pages in a walk; after that it raises EndlessPages.
        token_alone: Whether the token must be the only parameter of a request (getReports).
        on_next: Parameters that differ in a request with a token; None leaves one out (getShipments of v0).
        read_ahead: How many pages to fetch into memory before yielding the first one. This is for tokens that may
            expire while the caller works on a page (after 30 seconds for getInventorySummaries). In a walk of up to
            `read_ahead` + 1 pages no token waits for the caller. In a longer walk, each further token waits while the
            caller works on one page; if that takes too long, the token expires and the walk starts over.
    """

    name: str
    records: str
    identity: Sequence[str]
    token: str = "nextToken"  # noqa: S105  the name of a parameter
    total: str | None = None
    longest: int = 5_000
    token_alone: bool = False
    on_next: Mapping[str, str | None] = field(default_factory=dict)
    read_ahead: int = 0

    def pages(self, api: SellerApi, *path: str, **params: Any) -> Iterator[Page]:
        """Walk all pages. Every request has the same parameters, except the token.

        When Amazon refuses a page token, the same request is sent once more. If it is refused again, the walk starts
        over with a page whose `is_first` is True, at most twice.

        Args:
            api: The seller.
            path: Path parameters.
            params: Query parameters, by Amazon's names.

        Raises:
            RepeatedPage: Amazon sent a page or a token twice.
            EndlessPages: The walk is longer than `longest`, too many empty pages came in a row, or too many pages came
                after all records that Amazon counts.
            PageTokenExpired: Amazon kept refusing tokens.
            BadAnswer: An answer has no list of records, or a token that is not a string.
        """
        for restart in range(RESTARTS + 1):
            try:
                yield from self._ahead(self._walk(api, path, params))
            except PageTokenExpired:
                if restart == RESTARTS:
                    raise
                logger.info(
                    "%s for seller %s: the page token is no longer accepted; reading from the first page again",
                    self.name,
                    api.seller_id,
                )
            else:
                return

    def _ahead(self, pages: Iterator[Page]) -> Iterator[Page]:
        waiting: deque[Page] = deque()
        for page in pages:
            waiting.append(page)
            if len(waiting) > self.read_ahead:
                yield waiting.popleft()
        yield from waiting

    def _walk(self, api: SellerApi, path: Sequence[str], params: dict[str, Any]) -> Iterator[Page]:
        guard = PageGuard(self.name, api.seller_id)
        token: str | None = None
        bounds = _Bounds()
        for number in range(self.longest):
            answer = self._call(api, path, params, token)
            records: list[Any] = value_at(answer, self.records)
            token = next_token(answer, operation=self.name, seller=api.seller_id)
            guard.check(token, (self._identify(record) for record in records))
            total = self._total_of(answer)
            yield Page(records, answer, is_first=number == 0, total=total)
            if token is None:
                return
            if problem := bounds.passed_by(len(records), total):
                raise self._endless(api, problem)
        raise self._endless(api, f"there are more than {self.longest:,} pages")

    def _call(
        self, api: SellerApi, path: Sequence[str], params: Mapping[str, Any], token: str | None
    ) -> dict[str, Any]:
        expects = {self.records: list}
        if token is None:
            return api.call(self.name, *path, expects=expects, **params)
        try:
            changed = {**params, **self.on_next}
            others = {} if self.token_alone else {name: value for name, value in changed.items() if value is not None}
            return api.call(self.name, *path, expects=expects, doubts=TOKEN_DOUBTS, **{**others, self.token: token})
        except PageTokenExpired:
            raise
        except BadRequest as error:  # Amazon accepted the other parameters on the first page, so it rejects the token
            raise PageTokenExpired(error.message, **error.facts()) from error

    def _total_of(self, answer: dict[str, Any]) -> int | None:
        total = value_at(answer, self.total) if self.total else None
        return total if isinstance(total, int) else None

    def _identify(self, record: Any) -> str:
        """Return the record's identity as text, or all of its content if it has none."""
        values = [value_at(record, path) for path in self.identity]
        return str(record) if all(value is None for value in values) else " ".join(str(value) for value in values)

    def _endless(self, api: SellerApi, message: str) -> EndlessPages:
        return EndlessPages(message, operation=self.name, seller=api.seller_id)


class _Bounds:
    """Counts the records and pages of one walk, and notices when its pages do not come to an end."""

    def __init__(self) -> None:
        self._records = self._empty = self._beyond = 0

    def passed_by(self, records: int, total: int | None) -> str:
        """Count a page that has a next page; return why there should be no further one, or an empty text.

        Args:
            records: Number of its records.
            total: Amazon's latest count of all records, if it has one.
        """
        self._records += records
        self._empty = 0 if records else self._empty + 1
        is_beyond = total is not None and self._records >= total
        self._beyond = self._beyond + 1 if is_beyond else 0
        if self._empty == MOST_EMPTY_PAGES:
            return f"{MOST_EMPTY_PAGES} pages in a row were empty, each with a new page token"
        if self._beyond > MOST_PAGES_BEYOND_COUNT:
            return f"Amazon counts {total:,} records, but sent {MOST_PAGES_BEYOND_COUNT} further pages after these"
        return ""


class PageGuard:
    """Remembers the tokens and pages of one walk, and rejects those that come twice."""

    def __init__(self, operation: str, seller: str) -> None:
        self._operation, self._seller = operation, seller
        self._tokens: set[str] = set()
        self._pages: set[bytes] = set()

    def check(self, token: str | None, ids: Iterable[object]) -> None:
        """Remember a page, by the ids of its records, and the token of the page after it.

        Raises:
            RepeatedPage: The page or the token has come before.
        """
        texts = [str(record_id) for record_id in ids]
        page = hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).digest()
        if texts and page in self._pages:
            raise self._repeated(f"the page beginning with {texts[0][:100]} came twice")
        if token is not None and token in self._tokens:
            raise self._repeated("the same page token came twice")
        self._pages.add(page)
        if token is not None:
            self._tokens.add(token)

    def _repeated(self, message: str) -> RepeatedPage:
        return RepeatedPage(message, operation=self._operation, seller=self._seller)


def next_token(answer: Mapping[str, Any], *, operation: str = "", seller: str = "") -> str | None:
    """Return the next page's token from any of the places where Amazon's APIs put it; None on the last page.

    Raises:
        BadAnswer: The token is not a string.
    """
    for path in _TOKEN_PATHS:
        token = value_at(answer, path)
        if token and not isinstance(token, str):
            message = f"the next page's token is not a string but {type(token).__name__}"
            raise BadAnswer(message, operation=operation, seller=seller)
        if token:
            return str(token)
    return None
