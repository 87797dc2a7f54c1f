"""Page tokens: they name a place, are bound to the other parameters of the request, and grow old."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.serving.pace import PAGE_TOKEN_SECONDS, Pace


class StaleTokenError(Exception):
    """The token is foreign, of another request, or too old."""


@dataclass(slots=True)
class PageTokens:
    """Issues tokens and reads them back."""

    pace: Pace
    key: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def issue(self, place: Any, binding: str) -> str:
        """A token for a place (anything that JSON can hold) in the results of a request."""
        text = json.dumps([place, binding, self.pace.now(), secrets.token_hex(4)])
        body = text.encode()
        return base64.urlsafe_b64encode(self._signature(body) + body).decode().rstrip("=")

    def read(self, token: str, binding: str) -> Any:
        """The place that a token names.

        Raises:
            StaleTokenError: It may not be used for this request.
        """
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise StaleTokenError from None
        signature, body = raw[:16], raw[16:]
        if not hmac.compare_digest(signature, self._signature(body)):
            raise StaleTokenError
        place, bound, issued, _ = json.loads(body)
        if bound != binding or self.pace.now() - issued > self.pace.life(PAGE_TOKEN_SECONDS, 60):
            raise StaleTokenError
        return place

    def _signature(self, body: bytes) -> bytes:
        return hmac.new(self.key, body, hashlib.sha256).digest()[:16]


def binding(query: QueryParams, seller_id: str, *free: str) -> str:
    """What must stay the same from page to page: every parameter except the free ones."""
    fixed = sorted((name, value) for name, value in query.multi_items() if name not in free)
    return hashlib.sha256(json.dumps([seller_id, fixed]).encode()).hexdigest()[:16]
