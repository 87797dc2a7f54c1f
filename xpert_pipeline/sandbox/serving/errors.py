"""Error answers in Amazon's envelope: one status, one code, a message, and the reason in `details`."""

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
    """403. Without details: a role is missing, or the path is unknown."""
    return ApiError(403, "Unauthorized", "Access to requested resource is denied.", details)


def wrong_region() -> ApiError:
    """403 for a marketplace in another region."""
    return denied("The marketplaces you provided are not valid for region.")


def not_found(details: str = "") -> ApiError:
    """404 for an unknown id."""
    return ApiError(404, "NotFound", "Resource not found", details)


def bad_content_type() -> ApiError:
    """415 for a body that is not declared as JSON."""
    return ApiError(415, "UnsupportedMediaType", "The request's Content-Type header is invalid.")


def throttled() -> ApiError:
    """429 for an empty bucket."""
    return ApiError(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")


def server_error() -> ApiError:
    """500 for no reason."""
    return ApiError(500, "InternalFailure", "We encountered an internal error. Please try again.")


def bad_pagination_token() -> ApiError:
    """400 for a `paginationToken` that belongs to other parameters or is too old."""
    return invalid(
        "",
        "The paginationToken you have submitted is not valid. All parameters must match the original request "
        "except maxResultsPerPage.",
    )


def bad_next_token() -> ApiError:
    """400 for a next token that belongs to other parameters or is too old."""
    return invalid("", "Next token is invalid or expired")


def bad_query(details: str) -> ApiError:
    """400 for an invalid Data Kiosk query."""
    return invalid(details, "The provided query is invalid")
