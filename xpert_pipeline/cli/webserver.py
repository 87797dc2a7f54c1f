"""Dagster's web UI behind a guard that accepts only requests from its own pages on this machine.

Dagster's webserver has no login and runs mutations sent by GET from any page that an operator opens. The guard accepts
only requests whose Host is this address and whose Origin, if any, is this page; it accepts GraphQL only by POST.
"""

import sys
from collections.abc import Sequence

import click
import dagster as dg
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class LocalOnly:
    """ASGI guard in front of the UI.

    Args:
        app: The guarded application.
        hosts: Values of the Host header that mean this server, such as `127.0.0.1:3000`.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)
        self.origins = frozenset(f"http://{host}" for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass requests from this server's own pages; refuse all others."""
        if scope["type"] in ("http", "websocket") and (reason := self._refusal(HTTPConnection(scope))):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": reason})
            else:
                await PlainTextResponse(reason, status_code=403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _refusal(self, connection: HTTPConnection) -> str | None:
        headers = connection.headers
        if headers.get("host") not in self.hosts:
            return "refused: this server answers only on its own address"
        origin = headers.get("origin")
        if origin is not None and origin not in self.origins:
            return "refused: the request comes from another page"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and connection.scope.get("path") != "/":
            return "refused: the request comes from another page"
        is_get = connection.scope["type"] == "http" and connection.scope["method"] != "POST"
        if is_get and connection.scope["path"].endswith("/graphql") and connection.query_params:
            return "refused: GraphQL is accepted only by POST"
        return None


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--workspace", required=True, help="workspace.yaml that names the code server.")
def serve(port: int, workspace: str) -> None:
    """Serve the UI on 127.0.0.1 until SIGTERM."""
    hosts = [f"{name}:{port}" for name in ("127.0.0.1", "localhost")]
    with (
        dg.DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, WorkspaceFileTarget(paths=[workspace]), version=dg.__version__) as context,
    ):
        app = create_app_from_workspace_process_context(context)
        uvicorn.run(LocalOnly(app, hosts), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    sys.exit(serve())
