"""HTTP requests to Amazon: bounded in time and size, without redirects.

It returns an answer with any status, and raises if the exchange breaks. It does not know tokens, quota or retries.
"""

import functools
import ipaddress
import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from xpert_pipeline.spapi.sending.deadline import Deadline

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
MAX_BODY_BYTES = 64 * 1024 * 1024
USER_AGENT = "xpert-pipeline/0.2 (Language=Python)"


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer, whatever its status."""

    status: int
    headers: httpx.Headers
    body: bytes


class NetworkFailure(Exception):
    """The exchange broke. `sent` is False only if the server cannot have received the request."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Transport:
    """One connection pool, safe for many threads. Close it when done."""

    def __init__(self, *, use_proxies: bool = True, limits: httpx.Limits | None = None) -> None:
        for name in ("httpx", "httpcore"):  # they log signed URLs and, at DEBUG, headers with tokens
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = httpx.Client(
            trust_env=use_proxies,
            verify=_tls_context(),
            follow_redirects=False,
            limits=limits or httpx.Limits(max_connections=32, max_keepalive_connections=8),
            headers={"user-agent": USER_AGENT},
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        seconds: float,
        params: Mapping[str, object] | None = None,
        content: bytes | None = None,
        max_bytes: int = MAX_BODY_BYTES,
    ) -> Answer:
        """Send a request and read its whole answer within `seconds`.

        Raises:
            NetworkFailure: Connecting, sending or reading failed or took too long, or the answer is too large.
        """
        deadline = Deadline(seconds)
        request = {"headers": dict(headers), "params": params, "content": content}
        with self.stream(method, url, deadline=deadline, **request) as response:
            body = bytearray()
            for chunk in timed(response.iter_bytes(), deadline):
                body += chunk
                if len(body) > max_bytes:
                    raise NetworkFailure(f"the answer is larger than {max_bytes:,} bytes", sent=True)
            return Answer(response.status_code, response.headers, bytes(body))

    @contextmanager
    def stream(self, method: str, url: str, *, deadline: Deadline, **request: object) -> Iterator[httpx.Response]:
        """Open an answer for streaming; httpx's exceptions become NetworkFailure."""
        seconds = deadline.remaining()
        timeout = httpx.Timeout(min(READ_SECONDS, seconds), connect=min(CONNECT_SECONDS, seconds))
        try:
            with self._client.stream(method, url, timeout=timeout, **request) as response:  # type: ignore[arg-type]
                yield response
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            raise NetworkFailure(f"cannot connect to {urlsplit(url).netloc}: {_reason(exc)}", sent=False) from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise NetworkFailure(f"{_reason(exc)} from {urlsplit(url).netloc}", sent=True) from exc

    def close(self) -> None:
        """Close every connection."""
        self._client.close()


def timed(chunks: Iterator[bytes], deadline: Deadline) -> Iterator[bytes]:
    """Yield chunks until the deadline, so that a body that arrives very slowly cannot block us forever."""
    for chunk in chunks:
        yield chunk
        if not deadline.remaining():
            raise NetworkFailure("the answer did not end within its deadline", sent=True)


@functools.cache
def _tls_context() -> ssl.SSLContext:
    """Build one context for all pools of the process, because building takes a tenth of a second."""
    context = httpx.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def is_loopback(url: str) -> bool:
    """Return whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(exc: Exception) -> str:
    """Describe a failure without URLs, which may be signed."""
    text = str(exc)
    return type(exc).__name__ if "://" in text or not text else f"{type(exc).__name__}: {text[:120]}"
