"""Answers to calls that a fault strikes: either a replacement, or the real answer in a damaged form."""

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from xpert_pipeline.sandbox.serving.errors import ApiError, denied, invalid, not_found, server_error, throttled

HTML = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
PIECES, PAUSE_SECONDS = 60, 0.5


def whole(fault: str) -> Response | None:
    """Return the answer for a fault that replaces the real answer; None for other faults."""
    answer = _WHOLE.get(fault)
    return answer() if answer else None


def broken(fault: str, response: Response) -> Response:
    """Return the real answer, damaged by a fault."""
    if fault == "truncated-json":
        body = bytes(response.body)
        return _like(response, body[: len(body) // 2])
    if fault == "slow-drip":
        return DrippingResponse(bytes(response.body), response.status_code, dict(response.headers))
    if fault == "connection-reset":
        return ResetResponse(bytes(response.body), response.status_code, dict(response.headers))
    return response


class DrippingResponse(Response):
    """Sends its body in small pieces, with pauses."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the pieces."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = bytes(self.body)
        size = max(1, len(body) // PIECES)
        for start in range(0, len(body), size):
            await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
            await asyncio.sleep(PAUSE_SECONDS)
        await send({"type": "http.response.body", "body": b""})


class ResetResponse(Response):
    """Sends half of its body, then resets the connection."""

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send half of the body."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = bytes(self.body)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(0.05)
        transport = scope["sandbox.transport"]
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


def _like(response: Response, body: bytes) -> Response:
    headers = {name: value for name, value in response.headers.items() if name.lower() != "content-length"}
    return Response(body, response.status_code, headers)


def _refusal(make: Callable[[], ApiError]) -> Callable[[], Response]:
    def answer() -> Response:
        error = make()
        return Response(error.body, error.status, media_type="application/json")

    return answer


def _json(status: int, body: Any) -> Callable[[], Response]:
    return lambda: Response(json.dumps(body), status, media_type="application/json")


def _html(status: int, title: str) -> Callable[[], Response]:
    return lambda: Response(HTML.format(title), status, media_type="text/html")


_WHOLE: dict[str, Callable[[], Response]] = {
    "token-expired": _refusal(lambda: denied("The access token you provided has expired.")),
    "token-revoked": _refusal(lambda: denied("The access token you provided is revoked, malformed or invalid.")),
    "access-denied": _refusal(denied),
    "bad-request": _refusal(lambda: invalid("")),
    "not-found": _refusal(not_found),
    "throttle-with-header": _refusal(throttled),
    "throttle-without-header": lambda: Response(b"", 429),
    "500-json": _refusal(server_error),
    "502-html": _html(502, "502 Bad Gateway"),
    "503-empty": lambda: Response(b"", 503),
    "504-json": _json(504, {"message": "Endpoint request timed out"}),
    "200-html": _html(200, "Welcome to the guest network"),
}
