"""The page on this machine that sends a seller to Amazon's consent page and takes the answer in."""

import html
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.spapi.authorization import Consent, ConsentRefused, parse_consent

HOST = "127.0.0.1"
CALLBACK = "/callback"
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "referrer-policy": "no-referrer",  # the address contains the code
    "cache-control": "no-store",
}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#1b1b1b}}
body{{background:#fafafa}}
main{{background:#fff;border:1px solid #ddd;border-radius:10px;padding:1.5rem 2rem}}
h1{{font-size:1.4rem}} h2{{font-size:1.05rem;margin-top:2rem}}
a.button,button{{display:inline-block;font:inherit;padding:.55rem 1.2rem;border:0;border-radius:6px;background:#0b63c5;
color:#fff;text-decoration:none;cursor:pointer}}
textarea{{box-sizing:border-box;width:100%;font:14px/1.4 monospace;margin:.5rem 0}}
.error{{border-left:4px solid #b3261e;padding-left:1rem}}
</style></head><body><main>{body}</main></body></html>"""

PASTE = (
    "<h2>After the consent</h2><p>Amazon sends the browser to the application's own site. Copy the whole address from "
    "the browser's address bar, paste it here, and press the button within five minutes.</p>"
    '<form method="post" action="/paste"><textarea name="address" rows="3" aria-label="Address after the consent">'
    "</textarea><button>Use this address</button></form>"
)


@dataclass
class AuthorizationPage:
    """A web server on this machine that lives until a consent was taken in.

    Attributes:
        port: Its port.
        callback: Path to which Amazon's page sends the browser.
        link: Address of Amazon's consent page.
        state: The random text that must come back; it is valid for one consent.
        accept: Takes a consent and returns what to tell the seller; a PreconditionError refuses it.
        pastes: Whether Amazon sends the browser elsewhere, so that the address must be pasted.
    """

    port: int
    callback: str
    link: str
    state: str
    accept: Callable[[Consent], str]
    pastes: bool = False
    done: threading.Event = field(default_factory=threading.Event)
    message: str = ""
    _taking: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, seconds: float) -> str | None:
        """Serve the page until a consent was accepted; return what `accept` said, None if none came in time.

        Raises:
            PreconditionError: The port is in use.
        """
        listener = _listener(self.port)
        config = uvicorn.Config(LocalOnly(self._app(), self.port), log_level="error", access_log=False, lifespan="off")
        config.timeout_graceful_shutdown = 2
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="authorization", daemon=True)
        thread.start()
        try:
            came = self.done.wait(seconds)
        finally:
            server.should_exit = True
            thread.join(5)
            listener.close()
        return self.message if came else None

    def _app(self) -> ASGIApp:
        return Starlette(
            routes=[
                Route("/", self._start),
                Route(self.callback, self._returned),
                Route("/paste", self._pasted, methods=["POST"]),
            ]
        )

    def _start(self, _: Request) -> Response:
        body = (
            "<p>Amazon will ask you to sign in to Seller Central and to let this pipeline read the account's data.</p>"
            f'<p><a class="button" rel="noreferrer" href="{html.escape(self.link)}">Continue to Amazon</a></p>'
        )
        return _page("Connect a selling account", body + (PASTE if self.pastes else ""))

    def _returned(self, request: Request) -> Response:
        return self._take(str(request.url))

    async def _pasted(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        return await run_in_threadpool(self._take, form.get("address", [""])[0])

    def _take(self, address: str) -> Response:
        """Check the state of a consent and hand it on; each state is used up by the first consent."""
        try:
            with self._taking:
                self.message = self.accept(self._checked(address))
                self.done.set()
        except (ConsentRefused, PreconditionError) as error:
            reason = error.message if isinstance(error, PreconditionError) else str(error)
            return _page(
                "The account was not connected",
                f'<p class="error">{html.escape(reason)}</p><p><a class="button" href="/">Begin again</a></p>',
                400,
            )
        return _page("The account is connected", f"<p>{html.escape(self.message)}</p><p>You can close this page.</p>")

    def _checked(self, address: str) -> Consent:
        consent, state = parse_consent(address)
        if self.done.is_set():
            raise ConsentRefused("a consent was taken in already: run the command again for another one")
        if not secrets.compare_digest(state.encode(), self.state.encode()):
            raise ConsentRefused("it does not belong to this request: begin again on the first page")
        return consent


class LocalOnly:
    """Answers only requests that were meant for this server: no other name may lead a browser here."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
        self.origins = {f"http://{host}" for host in self.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a foreign Host, and forms of other pages."""
        headers = {name.decode(): value.decode("latin-1") for name, value in scope.get("headers", ())}
        origin = headers.get("origin")
        is_foreign = origin is not None and origin not in self.origins
        if headers.get("host") not in self.hosts or (scope.get("method") == "POST" and is_foreign):
            await PlainTextResponse("refused: not meant for this page", 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _page(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(PAGE.format(title=title, body=f"<h1>{title}</h1>{body}"), status, headers=HEADERS)


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PreconditionError(
            f"port {port} is in use ({error.strerror}): stop the program that uses it, or register another redirect URI"
        ) from error
    listener.listen()
    return listener
