"""Pre-signed addresses of documents: they need no token, and expire after five minutes."""

import hashlib
import hmac
import secrets
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.serving.state import State

DOCUMENT_URL_SECONDS = 300
_KEY = secrets.token_bytes(16)


def document_url(state: State, document_id: str, *, encoded: bool) -> str:
    """Make a new address.

    Args:
        state: Has the sandbox's own address and its pace.
        document_id: Id of the document.
        encoded: Whether the download declares its compression as Content-Encoding.
    """
    end = state.pace.now() + state.pace.life(DOCUMENT_URL_SECONDS, 1)
    query = {"X-Amz-Expires": f"{end:.3f}"} | ({"response-content-encoding": "gzip"} if encoded else {})
    query["X-Amz-Signature"] = _signature(document_id, query)
    return f"{state.endpoint}/documents/{document_id}?{urlencode(query)}"


def is_signed(document_id: str, query: QueryParams) -> bool:
    """Return whether an address was signed here."""
    fields = {name: value for name, value in query.items() if name != "X-Amz-Signature"}
    return hmac.compare_digest(_signature(document_id, fields), query.get("X-Amz-Signature", ""))


def _signature(document_id: str, query: dict[str, str]) -> str:
    text = f"{document_id}?{urlencode(sorted(query.items()))}"
    return hmac.new(_KEY, text.encode(), hashlib.sha256).hexdigest()
