"""Named faults: what can go wrong at Amazon, each switched on by name for a number of requests.

Which fault is due is decided here; what it does to an answer stands where the answer is made.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

from xpert_pipeline.sandbox.serving.usage_plans import PLANS

TOKEN, CALL, PAGE, ORDERS, TITLES, CONTENT, XML, DOCUMENT, REPORT = (
    "token", "call", "page", "orders", "titles", "content", "xml", "document", "report",
)  # fmt: skip
"""Where a fault strikes: the token endpoint, any API call, a call for a further page, a page or report of orders,
anything with titles, a report's content, an XML report's content, a document on its way, a report's fate."""
HEADER, AGAIN, QUERY, LINES, WORLD = "header", "again", "query", "lines", "world"
"""And: the rate header of a good answer, a report that is asked for again, a query that is asked, the lines of a
query's document on their way; or the world itself, as long as the fault is on."""

DOWNLOAD, TOKEN_REQUEST = "downloadDocument", "requestAccessToken"
"""What faults and statistics call the two requests that are no operation of the API. A report's content and bytes
belong to the download; call faults strike a download only where it is named."""
OPERATIONS = (*PLANS, DOWNLOAD, TOKEN_REQUEST)

FAULTS: dict[str, tuple[str, str]] = {
    "lwa-invalid-grant": (TOKEN, "the refresh token was revoked"),
    "lwa-invalid-client": (TOKEN, "the client secret is wrong or was rotated"),
    "lwa-503-html": (TOKEN, "the token endpoint is down and says so in HTML"),
    "token-expired": (CALL, "403: the access token has expired"),
    "token-revoked": (CALL, "403: the access token is revoked, malformed or invalid"),
    "throttle-with-header": (CALL, "429 with the rate header, though a token was due"),
    "throttle-without-header": (CALL, "429 of the front door: no header, no body"),
    "500-json": (CALL, "500 InternalFailure"),
    "502-html": (CALL, "502 with an HTML page"),
    "503-empty": (CALL, "503 without a body"),
    "504-json": (CALL, "504 of the gateway, without `errors`"),
    "200-html": (CALL, "200 with an HTML page, as captive portals send"),
    "truncated-json": (CALL, "200 with half of the JSON"),
    "slow-drip": (CALL, "the answer comes in small pieces, half a second apart"),
    "connection-reset": (CALL, "the connection is reset in the middle of the answer"),
    "repeated-token": (PAGE, "a further page names its own token as the next one"),
    "repeated-page": (PAGE, "a further page holds the first page's records once more"),
    "expired-page-token": (PAGE, "400: the page token is not valid any more"),
    "order-without-price": (ORDERS, "an order has no proceeds"),
    "unknown-status": (ORDERS, "an order has a status that no document names"),
    "unknown-field": (ORDERS, "an order has a field that no document names"),
    "missing-required-field": (ORDERS, "an order lacks its creation time"),
    "nul-in-title": (TITLES, "a title holds a NUL (in XML: a character beyond the first plane)"),
    "emoji-in-title": (TITLES, "a title holds emoji, a joiner and Hindi"),
    "truncated-gzip": (DOCUMENT, "the document ends in the middle"),
    "multi-member-gzip": (DOCUMENT, "the document is two gzip members, one after the other"),
    "double-gzip": (DOCUMENT, "the document is packed twice, once as Content-Encoding"),
    "expired-document-url": (DOCUMENT, "403 of the storage: the address has expired"),
    "doctype-xml": (XML, "the XML begins with a DOCTYPE and an entity"),
    "cp1252-report": (CONTENT, "the document is in windows-1252, and its Content-Type says so"),
    "item-id-mismatch": (XML, "AmazonOrderItemCode of the XML is another id than orderItemId"),
    "report-fatal": (REPORT, "a report ends FATAL, with a document that gives the reason"),
    "report-cancelled": (REPORT, "a report ends CANCELLED though there are data"),
    "report-stuck": (REPORT, "a report stays IN_QUEUE"),
    "report-slow": (REPORT, "a report takes ten times as long"),
    "report-too-often": (AGAIN, "a report ends CANCELLED because an equal one was DONE before"),
    "rate-header-zero": (HEADER, "the rate header says 0"),
    "rate-header-negative": (HEADER, "the rate header says -1"),
    "rate-header-text": (HEADER, "the rate header is no number"),
    "rate-header-missing": (HEADER, "there is no rate header"),
    "query-fatal": (QUERY, "a query ends FATAL, with a document that gives the reason"),
    "query-stuck": (QUERY, "a query stays IN_QUEUE"),
    "query-500": (QUERY, "500 InternalFailure to createQuery, which says no more"),
    "kiosk-null-entries": (QUERY, "lists of a query's records begin with null, a few are null, and so is one line"),
    "kiosk-lag": (QUERY, "a query does not see the last three days yet"),
    "kiosk-gzip": (LINES, "a query's document is gzip, announced as Content-Encoding"),
    "malformed-jsonl": (LINES, "one line of a query's document is cut off"),
    "economics-restated": (WORLD, "charges of the last seven days are higher as long as it is on; so is the truth"),
}
"""Name → (where it strikes, what happens)."""


@dataclass(slots=True)
class FaultRule:
    """A fault that is switched on.

    Attributes:
        name: One of `FAULTS`.
        left: How many times it will strike; None = until switched off.
        operation: Only this operation.
        seller: Only this seller id.
        skip: Requests that it lets pass first.
        chance: Share of the requests that it strikes, drawn from the seed.
        seed: Of the draw.
    """

    name: str
    left: int | None = None
    operation: str | None = None
    seller: str | None = None
    skip: int = 0
    chance: float = 1.0
    seed: int = 1
    struck: int = 0
    draw: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.name not in FAULTS:
            raise ValueError(f"there is no fault {self.name!r}; there are: {', '.join(FAULTS)}")
        if self.operation is not None and self.operation not in OPERATIONS:
            raise ValueError(f"there is no operation {self.operation!r}; there are: {', '.join(OPERATIONS)}")
        if (self.left is not None and self.left < 1) or self.skip < 0 or not 0 < self.chance <= 1:
            raise ValueError(f"fault {self.name}: count must be at least 1, skip at least 0, chance above 0 up to 1")
        self.draw = Random(f"{self.seed}/{self.name}")  # noqa: S311  a repeatable draw is wanted

    @classmethod
    def parse(cls, word: str, sellers: Sequence[str] | None = None) -> Self:
        """`NAME`, then what is wanted of `@PLACE` (among the sellers, from 1), `+SKIP` and `:COUNT`, in this order.

        Args:
            word: The fault.
            sellers: The ids that places mean; None if the word is only to be checked.

        Raises:
            ValueError: For an unknown name, a place without a seller, or a number that is none.
        """
        rest, counts, count = word.partition(":")
        rest, skips, skip = rest.partition("+")
        name, places, place = rest.partition("@")
        told = (("count", counts, count, ":"), ("skip", skips, skip, "+"), ("place", places, place, "@"))
        for what, is_told, number, sign in told:
            if is_told and not number.isdecimal():
                raise ValueError(f"fault {word!r}: the {what} must be a number, as in {name}{sign}3")
        if place and (int(place) < 1 or (sellers is not None and int(place) > len(sellers))):
            raise ValueError(f"fault {word!r}: there is no seller {place}")
        seller = sellers[int(place) - 1] if place and sellers else None
        return cls(name, int(count) if count else None, seller=seller, skip=int(skip or 0))

    def fits(self, operation: str, seller: str | None) -> bool:
        """Whether a request is one of those it may strike."""
        return self.operation in (None, operation) and self.seller in (None, seller)

    def strikes(self) -> bool:
        """Count a fitting request; True if the fault strikes it."""
        if self.skip:
            self.skip -= 1
            return False
        if self.left == 0 or (self.chance < 1 and self.draw.random() >= self.chance):
            return False
        self.struck += 1
        if self.left is not None:
            self.left -= 1
        return True


@dataclass(slots=True)
class Faults:
    """All faults that are on; safe to ask from several threads."""

    rules: list[FaultRule] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, rule: FaultRule) -> None:
        """Switch one on, beside those that are."""
        with self.lock:
            self.rules.append(rule)

    def clear(self) -> None:
        """Switch all off."""
        with self.lock:
            self.rules.clear()

    def due(self, place: str, operation: str, seller: str | None) -> list[str]:
        """Names of the faults that strike a request now, first come first."""
        with self.lock:
            if not self.rules:
                return []
            return [
                rule.name
                for rule in self.rules
                if FAULTS[rule.name][0] == place and rule.fits(operation, seller) and rule.strikes()
            ]

    def first(self, place: str, operation: str, seller: str | None, *, by_name: bool = False) -> str | None:
        """The one fault that strikes a request, where only one can; the others wait for the next.

        Args:
            place: Where it strikes.
            operation: Of the request.
            seller: Of the request.
            by_name: Only faults that were switched on for this very operation.
        """
        with self.lock:
            for rule in self.rules:
                if by_name and rule.operation != operation:
                    continue
                if FAULTS[rule.name][0] == place and rule.fits(operation, seller) and rule.strikes():
                    return rule.name
        return None

    def is_on(self, name: str, seller: str | None) -> bool:
        """Whether a fault is on for a seller; asking does not count as a request."""
        with self.lock:
            return any(rule.name == name and rule.seller in (None, seller) and rule.left != 0 for rule in self.rules)

    def state(self) -> list[dict[str, Any]]:
        """What is on, what is left of it and how often it struck."""
        with self.lock:
            return [
                {
                    "name": rule.name,
                    "left": rule.left,
                    "operation": rule.operation,
                    "seller": rule.seller,
                    "struck": rule.struck,
                }
                for rule in self.rules
            ]
