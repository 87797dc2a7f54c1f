"""The faults that can strike calls of any operation, and the places where they strike."""

from xpert_pipeline.sandbox.faults import FaultKind

TOKEN, CALL, HEADER, PAGE, TITLES = "token", "call", "header", "page", "titles"
"""Places: the token request, any call, the rate header of a successful answer, a call for a further page, and anything
with titles."""

FAULTS = (
    FaultKind("lwa-invalid-grant", TOKEN, "the refresh token was revoked"),
    FaultKind("lwa-invalid-client", TOKEN, "the client secret is wrong or was rotated"),
    FaultKind("lwa-503-html", TOKEN, "the token endpoint is down: 503 with an HTML page"),
    FaultKind("token-expired", CALL, "403: the access token has expired"),
    FaultKind("token-revoked", CALL, "403: the access token is revoked, malformed or invalid"),
    FaultKind("access-denied", CALL, "403 without details, as for a missing role"),
    FaultKind("bad-request", CALL, "400 InvalidInput, although the request is right"),
    FaultKind("not-found", CALL, "404, although Amazon has just returned the id"),
    FaultKind("throttle-with-header", CALL, "429 with the rate header, although the bucket had a token"),
    FaultKind("throttle-without-header", CALL, "429 from the gateway, without the rate header and without a body"),
    FaultKind("500-json", CALL, "500 InternalFailure"),
    FaultKind("502-html", CALL, "502 with an HTML page"),
    FaultKind("503-empty", CALL, "503 without a body"),
    FaultKind("504-json", CALL, "504 from the gateway, without `errors`"),
    FaultKind("200-html", CALL, "200 with an HTML page, as from a captive portal"),
    FaultKind("truncated-json", CALL, "200 with half of the JSON"),
    FaultKind("slow-drip", CALL, "the answer comes in small pieces, half a second apart"),
    FaultKind("connection-reset", CALL, "the connection is reset in the middle of the answer"),
    FaultKind("rate-header-zero", HEADER, "the rate header is 0"),
    FaultKind("rate-header-negative", HEADER, "the rate header is -1"),
    FaultKind("rate-header-text", HEADER, "the rate header is not a number"),
    FaultKind("rate-header-missing", HEADER, "there is no rate header"),
    FaultKind("expired-page-token", PAGE, "400: the page token is no longer valid"),
    FaultKind("repeated-token", PAGE, "a further page returns its own token as the next one"),
    FaultKind("repeated-page", PAGE, "a further page contains the first page's records again"),
    FaultKind("endless-pages", PAGE, "a further page contains no records, but a new token for one more page"),
    FaultKind(
        "nul-in-title", TITLES, "a title contains a NUL (in XML: a character outside the Basic Multilingual Plane)"
    ),
    FaultKind("emoji-in-title", TITLES, "a title contains emoji, a joiner and Hindi"),
)
