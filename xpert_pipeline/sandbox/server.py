"""Starts and stops the sandbox: in this process until a signal arrives, or in a thread for tests."""

import json
import signal
import socket
import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import uvicorn

from xpert_pipeline.sandbox.app import build_app, build_faults, build_state
from xpert_pipeline.sandbox.jobs.state import JobState
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world.garbage import collect_seldom
from xpert_pipeline.sandbox.world.identity import seller_ids
from xpert_pipeline.sandbox.world.worlds import build_worlds

HOST = "127.0.0.1"


class PortTakenError(Exception):
    """The port is in use; the message says what to do."""


@dataclass(slots=True)
class RunningSandbox:
    """A running sandbox. As a context manager it stops at the end of the block."""

    state: JobState
    server: uvicorn.Server
    thread: threading.Thread

    @property
    def endpoint(self) -> str:
        """Address of the API."""
        return self.state.endpoint

    @property
    def token_url(self) -> str:
        """Address of Login with Amazon."""
        return f"{self.endpoint}/auth/o2/token"

    def ready(self) -> dict[str, Any]:
        """Return the content of the ready line: everything that a client needs."""
        seller_id = next(iter(self.state.worlds))
        return {
            "endpoint": self.endpoint,
            "token_url": self.token_url,
            "client_id": "amzn1.application-oa2-client.sandbox",
            "client_secret": "sandbox",
            "refresh_token": self.state.access_tokens.refresh_token(seller_id),
            "seller_id": seller_id,
            "marketplace_id": self.state.worlds.marketplace_ids(seller_id)[0],
            "marketplace_ids": list(self.state.worlds.marketplace_ids(seller_id)),
        }

    def stop(self) -> None:
        """Stop answering. Open connections are closed after a second."""
        self.server.should_exit = True
        self.thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(options: SandboxOptions) -> RunningSandbox:
    """Build the first worlds, and start a thread that answers calls.

    Raises:
        NotAnOrderReportError: The file cannot be used.
        PortTakenError: The port is in use.
        ValueError: There is no such fault or seller, or a fault would do nothing.
    """
    options = options.fixed()
    faults = build_faults(options.faults, seller_ids(options))
    listener = _listener(options.port)
    try:
        worlds = build_worlds(options)
    except BaseException:
        listener.close()
        raise
    state = build_state(options, worlds, f"http://{HOST}:{listener.getsockname()[1]}", faults)
    config = uvicorn.Config(
        build_app(state), log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=1, backlog=512
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="sandbox", daemon=True)
    thread.start()
    return RunningSandbox(state, server, thread)


def run(options: SandboxOptions, *, as_json: bool) -> None:
    """Answer calls until SIGTERM or SIGINT; print the ready line on stdout as soon as the sandbox is ready."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with start(options) as running:
        collect_seldom()
        sys.stdout.write(json.dumps(running.ready()) + "\n" if as_json else described(running))
        sys.stdout.flush()
        while running.thread.is_alive() and not ended.wait(1):
            pass


def described(running: RunningSandbox) -> str:
    """Return the ready line as text for people."""
    ready = running.ready()
    tokens = running.state.access_tokens
    lines = [f"SP-API sandbox at {ready['endpoint']} (token: {ready['token_url']}); Ctrl-C stops it"]
    for seller_id in running.state.worlds:
        line = f"  seller {seller_id}, refresh token {tokens.refresh_token(seller_id)}"
        world = running.state.worlds.built.get(seller_id)
        lines.append(f"{line}: {len(world.orders):,} orders, {len(world.listings):,} listings" if world else line)
    return "\n".join(lines) + "\n"


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(
            f"port {port} is taken ({error.strerror}): choose another one, or 0 for any free port"
        ) from error
    listener.listen(512)
    return listener
