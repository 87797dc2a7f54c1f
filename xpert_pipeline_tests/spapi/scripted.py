"""A loopback HTTP server that answers from a script, for faults that no correct server has."""

import json
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "/auth/o2/token"


@dataclass
class Seen:
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Reply:
    status: int = 200
    body: object = field(default_factory=dict)
    headers: dict = field(default_factory=dict)

    def __call__(self, handler):
        raw = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        handler.send_response(self.status)
        for name, value in {"Content-Length": str(len(raw)), **self.headers}.items():
            if value is not None:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(raw)


def refusal(status, code="Bad", message="no", details="", **headers):
    return Reply(status, {"errors": [{"code": code, "message": message, "details": details}]}, headers)


def reset(handler):
    """Half an answer, then RST."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"half":')
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def cut_without_length(body):
    def reply(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return reply


def drip(seconds, body=b"{" + b" " * 10_000):
    def reply(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        end = time.monotonic() + seconds
        try:
            for byte in body:
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()
                time.sleep(0.02)
                if time.monotonic() > end:
                    break
        except OSError:
            pass
        handler.close_connection = True

    return reply


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self):
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        seen = Seen(
            self.command,
            parts.path,
            parse_qs(parts.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        reply = self.server.script.next_reply(seen)
        try:
            reply(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = _serve  # noqa: N815  http.server's names
    do_POST = _serve  # noqa: N815

    def log_message(self, *args):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


class Scripted:
    """Answers each (method, path) from its own queue; the last reply of a queue repeats."""

    def __init__(self):
        self.seen: list[Seen] = []
        self._replies = defaultdict(list)
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.script = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.on("POST", TOKEN, Reply(200, {"access_token": "Atza|one", "token_type": "bearer", "expires_in": 3600}))

    def on(self, method: str, path: str, *replies: Reply | Callable) -> None:
        self._replies[method, path] = list(replies)

    def next_reply(self, seen: Seen) -> Callable:
        with self._lock:
            self.seen.append(seen)
            queue = self._replies.get((seen.method, seen.path))
            if not queue:
                return refusal(404, "NotFound", f"nothing scripted for {seen.method} {seen.path}")
            return queue.pop(0) if len(queue) > 1 else queue[0]

    def calls(self, path: str, method: str = "GET") -> list[Seen]:
        return [request for request in self.seen if (request.method, request.path) == (method, path)]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
