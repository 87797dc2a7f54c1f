"""The proxy in front of Dagster's UI, with the real nginx in front of a server that answers everything."""

import base64
import contextlib
import http.client
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

TEMPLATE = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf.template"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
HOST = "pipeline.example:8080"
LOGIN = {"Authorization": "Basic " + base64.b64encode(b"operator:correct").decode()}
OWN = {"Host": HOST, **LOGIN}

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


class Everything(BaseHTTPRequestHandler):
    """Answers every request with what arrived."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = f"reached {self.command} {self.path} {self.headers.get('Authorization')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815  names that http.server calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the tests' output clean."""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home = tmp_path_factory.mktemp("nginx")
    port, health = free_port(), free_port()
    users = home / "users"
    users.write_text("operator:{PLAIN}correct\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), Everything) as upstream:
        thread = threading.Thread(target=upstream.serve_forever, daemon=True)
        thread.start()
        text = TEMPLATE.read_text()
        for old, new in {
            "${XPERT_UI_HOST}": HOST,
            "${XPERT_WEBSERVER}": f"127.0.0.1:{upstream.server_address[1]}",
            "listen 8080;": f"listen 127.0.0.1:{port};",
            "listen 127.0.0.1:8081;": f"listen 127.0.0.1:{health};",
            "/run/secrets/ui_users": str(users),
        }.items():
            assert old in text
            text = text.replace(old, new)
        (home / "server.conf").write_text(text)
        temporary = "".join(
            f"{kind}_temp_path {home}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (home / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {home}/pid; error_log stderr; events {{}}\n"
            f"http {{ access_log off; {temporary} include {home}/server.conf; }}\n"
        )
        assert NGINX
        with (home / "log").open("wb") as log:
            command = [NGINX, "-p", str(home), "-e", "stderr", "-c", str(home / "nginx.conf")]
            process = subprocess.Popen(command, stderr=log)
        try:
            wait_for(port, process, home / "log")
            yield port
        finally:
            process.terminate()
            process.wait()
            upstream.shutdown()
            thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail(f"nginx did not start: {log.read_text()}")


def ask(port: int, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if method == "POST":
            connection.putheader("Content-Length", "0")
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {}),
        ("GET", "/runs/1?tab=logs", {"Sec-Fetch-Site": "same-origin"}),
        ("GET", "/assets", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}),
        ("POST", "/graphql", {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}),
        ("POST", "/graphql?op=x", {"Origin": f"https://{HOST}"}),
        ("GET", "/graphql", {"Origin": f"http://{HOST}", "Connection": "upgrade", "Upgrade": "websocket"}),
    ],
)
def test_a_logged_in_page_of_this_address_reaches_the_ui(proxy: int, method: str, path: str, headers: dict[str, str]):
    status, body = ask(proxy, method, path, {**OWN, **headers})
    assert (status, body) == (200, f"reached {method} {path} None")


@pytest.mark.parametrize("login", [{}, {"Authorization": "Basic " + base64.b64encode(b"operator:wrong").decode()}])
def test_without_the_right_password_nothing_is_shown(proxy: int, login: dict[str, str]):
    status, body = ask(proxy, "GET", "/", {"Host": HOST, **login})
    assert status == 401
    assert "reached" not in body


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        ("GET", "/", {"Host": "attacker.example"}, 421),
        ("POST", "/graphql", {"Host": "attacker.example"}, 421),
        ("POST", "/graphql", {"Origin": "https://attacker.example"}, 403),
        ("POST", "/graphql", {"Origin": "null"}, 403),
        ("POST", "/graphql", {"Origin": f"http://{HOST}.attacker.example"}, 403),
        ("POST", "/graphql", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ("GET", "/assets", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ("GET", "/graphql", {"Origin": "https://attacker.example", "Upgrade": "websocket"}, 403),
        ("GET", "/graphql?query=mutation{wipeAssets}", {}, 403),
        ("GET", "/graphql/?query=mutation{wipeAssets}", {}, 403),
        ("GET", "/%67raphql?query=mutation{wipeAssets}", {}, 403),
        ("GET", "//graphql?query=mutation{wipeAssets}", {}, 403),
        ("HEAD", "/graphql?query=mutation{wipeAssets}", {}, 403),
    ],
)
def test_a_foreign_page_can_neither_read_nor_change_anything(
    proxy: int, method: str, path: str, headers: dict[str, str], expected: int
):
    status, body = ask(proxy, method, path, {**OWN, **headers})
    assert status == expected
    assert "reached" not in body
