"""A page that an operator happens to open must not be able to wipe assets: Dagster's UI answers its own pages only."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from xpert_pipeline.cli.webserver import LocalOnly

HERE = "http://127.0.0.1:3000"


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


@pytest.fixture
def client():
    async def answer(request):
        return PlainTextResponse("ui")

    routes = [
        Route("/", answer),
        Route("/graphql", answer, methods=["GET", "POST"]),
        Route("/runs", answer),
        WebSocketRoute("/graphql", echo),
    ]
    return TestClient(LocalOnly(Starlette(routes=routes), ["127.0.0.1:3000", "localhost:3000"]), base_url=HERE)


def test_its_own_pages_and_queries_are_served(client):
    assert client.get("/").text == "ui"
    assert (
        client.post("/graphql", json={}, headers={"Origin": HERE, "Sec-Fetch-Site": "same-origin"}).status_code == 200
    )
    assert client.get("/runs", headers={"Host": "localhost:3000"}).status_code == 200


def test_a_mutation_by_get_is_refused(client):
    assert client.get("/graphql?query=mutation{wipeAssets}").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "attacker.example:3000"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:4000"},
        {"Origin": "http://["},
    ],
)
def test_other_pages_and_rebound_names_are_refused(client, headers):
    assert client.post("/graphql", json={}, headers=headers).status_code == 403


def test_a_websocket_of_another_page_is_closed(client):
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/graphql", headers={"Host": "127.0.0.1:3000", "Origin": "https://attacker.example"}),
    ):
        pass


def test_a_websocket_of_its_own_page_is_served(client):
    with client.websocket_connect("/graphql", headers={"Host": "127.0.0.1:3000", "Origin": HERE}) as websocket:
        assert websocket.receive_text() == "hello"
