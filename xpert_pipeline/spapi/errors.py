"""What can go wrong with the Selling Partner API: one class for each remedy.

No message contains a secret or a URL signature. `sending.classification` decides which answer means which error.
"""

from typing import Any, ClassVar


class SpApiError(Exception):
    """A request that failed; `what_to_do` says how to continue."""

    what_to_do: ClassVar[str] = "Read the reason above."

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        seller: str = "",
        status: int | None = None,
        code: str | None = None,
        details: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.seller = seller
        self.status = status
        self.code = code
        self.details = details
        self.request_id = request_id

    def facts(self) -> dict[str, Any]:
        """Return what is known about the request, to pass it on to another error."""
        names = ("operation", "seller", "status", "code", "details", "request_id")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        if not self.operation:
            return f"{self.message.rstrip('.')}. {self.what_to_do}"
        who = f"{self.operation} for seller {self.seller}" if self.seller else self.operation
        facts = " ".join(str(fact) for fact in (self.status, self.code) if fact)
        reason = f"{self.message} ({self.details})" if self.details else self.message
        trace = f" [request {self.request_id}]" if self.request_id else ""
        text = f"{who}: {facts + ': ' if facts else ''}{reason}{trace}"
        return f"{text.rstrip('.')}. {self.what_to_do}"


class Transient(SpApiError):
    """A temporary failure of Amazon or the network; the gate has already retried the request."""

    what_to_do = "Nothing is lost: run it again later."
    paced: ClassVar[bool] = True  # whether to pause before a retry
    jittered: ClassVar[bool] = True  # whether that pause is shortened at random

    def __init__(self, message: str, *, ambiguous: bool = True, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.ambiguous = ambiguous  # whether Amazon may have acted on the request despite the error


class Throttled(Transient):
    """Amazon answered 429 several times, although every try had waited for its token."""

    what_to_do = "Another program uses this seller's quota, or Amazon lowered it: run it again later."
    paced = False  # the next try waits for its token


class StaleToken(Transient):
    """The access token had expired or was revoked; the next try fetches another one."""

    paced = False


class Unconfirmed(Transient):
    """A refusal that is not believed yet: the same request is sent again after a short pause.

    Attributes:
        refusal: What Amazon answered. It is raised if Amazon repeats it.
    """

    what_to_do = "It is believed only if Amazon repeats it"
    jittered = False

    def __init__(self, refusal: SpApiError) -> None:
        super().__init__(refusal.message, ambiguous=False, **refusal.facts())
        self.refusal = refusal


class BadAnswer(Transient):
    """A success status with an invalid body: truncated, HTML, or without the required values."""

    what_to_do = "Look for a proxy or captive portal in between; if there is none, run it again later."


class TokenRefused(SpApiError):
    """Amazon refused a fresh access token."""

    what_to_do = "Check that the refresh token belongs to this seller and region, then authorize the app again."


class ReauthRequired(SpApiError):
    """The seller's refresh token is revoked, has expired, or belongs to another application."""

    what_to_do = "The seller must authorize the application again; store the new refresh token."


class AppCredentialsRefused(SpApiError):
    """Amazon refused the application's own client id or secret."""

    what_to_do = "Correct the client id and secret, or no seller can be synced. A secret expires after 180 days."


class NotGranted(SpApiError):
    """The application lacks the role for this operation, or this region does not have the operation."""

    what_to_do = "Grant the role in Seller Central's developer console and have the seller authorize again."


class SellerSuspended(SpApiError):
    """Amazon has deactivated or suspended the seller's account."""

    what_to_do = "Pause this seller until the account is active again."


class WrongRegion(SpApiError):
    """This endpoint's region does not serve the requested marketplaces."""

    what_to_do = "Correct the seller's marketplace ids or region."


class BadRequest(SpApiError):
    """Amazon rejects the request; sending it again will not help."""

    what_to_do = "The request itself is wrong, not the network: correct it before you run it again."


class PageTokenExpired(BadRequest):
    """Amazon no longer accepts a page token."""

    what_to_do = "Read the window from its first page again."


class NotFound(SpApiError):
    """The requested object does not exist, or is past its retention."""

    what_to_do = "Amazon may have deleted it; request it again."


class NotYetKnown(SpApiError):
    """Amazon does not know an id that it returned a short time ago, although it was asked several times."""

    what_to_do = "Nothing is lost: the id is kept, and the next run asks for it again."


class AnotherJob(NotFound):
    """Amazon answered for a report or query with another one."""


class RedirectRefused(SpApiError):
    """The server redirected the request, which the API never does; the token was not sent to the other address."""

    what_to_do = "Check the endpoint's address, and look for a proxy or captive portal in between."


class RepeatedPage(SpApiError):
    """Amazon sent a page or a page token twice; continuing would loop or lose records."""

    what_to_do = "Run the window again; if it happens again, report the request to Amazon."


class EndlessPages(BadAnswer):
    """The pages of an operation do not end: there are too many, or too many empty ones in a row."""

    what_to_do = "Run it again with a shorter window; if it happens again, report the request to Amazon."


class Stopped(SpApiError):
    """The caller stopped the client while the request waited."""

    what_to_do = "Start it again when needed."


class ReportError(SpApiError):
    """A report has no document; `report_id` is Amazon's id for the report."""

    def __init__(self, message: str, *, report_id: str, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.report_id = report_id


class ReportFailed(ReportError):
    """Amazon could not create the report (FATAL); the message contains Amazon's reason."""

    what_to_do = "If the reason names the window, options or role, correct it; the next run requests the report again."


class ReportCancelled(ReportError):
    """Amazon cancelled the report; usually there is no data in its window."""

    what_to_do = "Treat the window as empty; if data is expected, request it again later."


class DocumentRefused(SpApiError):
    """A document that is not safe to read: on a foreign host, too large, or compressed too much."""

    what_to_do = "Do not load it; look at the report in Seller Central."


class DocumentBroken(Transient):
    """A document whose bytes are incomplete or damaged."""

    what_to_do = "Run it again; if it stays broken, look at the report in Seller Central."


class DocumentExpired(Transient):
    """A document's address is no longer valid; it expires after five minutes."""

    what_to_do = "Request the document again."
