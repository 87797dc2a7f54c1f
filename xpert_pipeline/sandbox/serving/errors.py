"""Refusals in Amazon's envelope: one status, one code, a message, and the reason in `details`."""

import json


class ApiError(Exception):
    """An answer other than success.

    Attributes:
        status: HTTP status.
        body: The error envelope.
    """

    def __init__(self, status: int, code: str, message: str, details: str | None = "") -> None:
        super().__init__(message)
        self.status = status
        entry = {"code": code, "message": message}
        if details is not None:
            entry["details"] = details
        self.body = json.dumps({"errors": [entry]}).encode()


def invalid(details: str, message: str = "The input you have submitted is not valid.") -> ApiError:
    """400 InvalidInput."""
    return ApiError(400, "InvalidInput", message, details)


def denied(details: str = "") -> ApiError:
    """403; without details it is a missing role or an unknown path."""
    return ApiError(403, "Unauthorized", "Access to requested resource is denied.", details)


def wrong_region() -> ApiError:
    """403 for a marketplace of another region."""
    return denied("The marketplaces you provided are not valid for region.")


def not_found(details: str = "") -> ApiError:
    """404 for an id that is not known."""
    return ApiError(404, "NotFound", "Resource not found", details)


def throttled() -> ApiError:
    """429 of an empty bucket."""
    return ApiError(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")


def bad_page_token() -> ApiError:
    """400 for a page token of other parameters, or one that is too old."""
    return invalid(
        "",
        "The paginationToken you have submitted is not valid. All parameters must match the original request "
        "except maxResultsPerPage.",
    )
