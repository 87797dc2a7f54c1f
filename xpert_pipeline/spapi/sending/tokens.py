"""One seller's access token: one thread at a time fetches it from Login with Amazon, and renews it before it expires.

There is no retry here: a temporary failure raises Transient, and the gate retries. A refusal is believed when a second
request, a moment later, meets it again.
"""

import threading
import time
from urllib.parse import urlencode

from xpert_pipeline.spapi.errors import BadAnswer, RedirectRefused, SpApiError, Transient, Unconfirmed
from xpert_pipeline.spapi.sending.classification import parse_json, token_refusal
from xpert_pipeline.spapi.sending.clock import ServerClock
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.sending.transport import Answer, NetworkFailure, Transport

RENEW_SECONDS = 120.0
TOKEN_SECONDS = 30.0
_OPERATION = "token exchange"


class AccessTokens:
    """Provides a valid access token for one seller; safe for many threads.

    Args:
        credentials: The application's credentials and the seller's refresh token.
        token_url: The address of Login with Amazon.
        transport: Sends the request.
        clock: Learns Amazon's time from the answers.
        confirm_seconds: How long to wait after a first refusal before a second request may confirm it.
    """

    def __init__(
        self,
        credentials: Credentials,
        token_url: str,
        transport: Transport,
        clock: ServerClock,
        *,
        confirm_seconds: float,
    ) -> None:
        self._credentials = credentials
        self._url = token_url
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0
        self._refusal: SpApiError | None = None
        self._unconfirmed: tuple[SpApiError, float] | None = None
        self._confirm_seconds = confirm_seconds
        self.exchanges = 0

    def current(self) -> str:
        """Return a token that stays valid for some time; fetch one if necessary.

        Raises:
            ReauthRequired: The seller's consent is gone. Later calls raise this again without a request.
            AppCredentialsRefused: Amazon refused the application's own credentials. Later calls raise this again, too.
            Unconfirmed: Login with Amazon refused once; call this again after `confirm_seconds`.
            Transient: Login with Amazon does not answer properly at the moment.
        """
        with self._lock:
            if self._refusal is not None:
                raise self._refusal
            if self._unconfirmed is not None and time.monotonic() < self._unconfirmed[1]:
                raise Unconfirmed(self._unconfirmed[0])
            if time.monotonic() >= self._renew_at:
                self._fetch()
            return self._token

    def drop(self, token: str) -> None:
        """Have the next call renew a token that Amazon refused, unless another thread has already renewed it."""
        with self._lock:
            if token == self._token:
                self._renew_at = 0.0

    def _fetch(self) -> None:
        self.exchanges += 1
        answer = self._exchange()
        self._clock.observe(answer.headers)
        facts = {"operation": _OPERATION, "seller": self._credentials.seller_id}
        if 300 <= answer.status < 400:
            raise RedirectRefused("the token endpoint redirects", status=answer.status, **facts)
        token = _token_of(answer, self._credentials.seller_id)
        if token is None:
            error = token_refusal(answer, facts, self._credentials.redact)
            if isinstance(error, Transient):
                raise error
            if self._unconfirmed is None:
                self._unconfirmed = error, time.monotonic() + 0.9 * self._confirm_seconds
                raise Unconfirmed(error)
            self._refusal = error
            raise error
        self._unconfirmed = None
        self._token, seconds = token
        self._renew_at = time.monotonic() + seconds - min(RENEW_SECONDS, seconds / 2)

    def _exchange(self) -> Answer:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._credentials.refresh_token,
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret,
        }
        try:
            return self._transport.send(
                "POST",
                self._url,
                headers={"content-type": "application/x-www-form-urlencoded;charset=UTF-8"},
                content=urlencode(form).encode(),
                seconds=TOKEN_SECONDS,
                max_bytes=1_000_000,
            )
        except NetworkFailure as exc:
            facts = {"operation": _OPERATION, "seller": self._credentials.seller_id}
            raise Transient(str(exc), ambiguous=False, **facts) from exc


def _token_of(answer: Answer, seller: str) -> tuple[str, float] | None:
    """Return the token and its lifetime in seconds from a successful answer; None for any other answer."""
    try:
        content = parse_json(answer.body)
    except ValueError:
        return None
    if answer.status != 200 or not isinstance(content, dict):
        return None
    token, seconds = content.get("access_token"), content.get("expires_in", 3600)
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        return None
    try:
        return token, max(1.0, float(seconds))
    except (TypeError, ValueError):
        raise BadAnswer("expires_in is not a number", operation=_OPERATION, seller=seller) from None
