"""The sandbox about itself: statistics, truth, sellers, faults. Nothing that Amazon has."""

import json
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from xpert_pipeline.sandbox.faults import FaultRule
from xpert_pipeline.sandbox.state import State
from xpert_pipeline.sandbox.truth import TABLES


async def stats(request: Request) -> Response:
    """Calls since the start."""
    return JSONResponse(_state(request).statistics.as_json())


async def sellers(request: Request) -> Response:
    """The sellers, first to last, with the refresh tokens that mean them."""
    state = _state(request)
    return JSONResponse(
        [
            {
                "seller_id": world.seller_id,
                "refresh_token": state.access_tokens.refresh_token(world.seller_id),
                "marketplace_id": world.marketplace_ids[0],
                "name": world.name,
            }
            for world in state.worlds.values()
        ]
    )


async def truth(request: Request) -> Response:
    """Rows of one table, as JSON lines: of all sellers, or of `?seller=`."""
    state, table = _state(request), request.path_params["table"]
    wanted = request.query_params.get("seller")
    if table not in TABLES:
        return JSONResponse({"error": f"there is no truth about {table}; there is about {', '.join(TABLES)}"}, 404)
    if wanted is not None and wanted not in state.worlds:
        return JSONResponse({"error": f"there is no seller {wanted}"}, 404)
    worlds = [state.worlds[wanted]] if wanted else list(state.worlds.values())

    def lines() -> Iterator[str]:
        for world in worlds:
            for row in TABLES[table](world):
                yield json.dumps(row, ensure_ascii=False) + "\n"

    return StreamingResponse(_batched(lines()), media_type="application/x-ndjson")


async def faults(request: Request) -> Response:
    """GET: what is on; POST: switch one on; DELETE: all off."""
    state = _state(request)
    if request.method == "POST":
        try:
            state.faults.add(_rule(json.loads(await request.body()), state.options.seed))
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)
    elif request.method == "DELETE":
        state.faults.clear()
    return JSONResponse(state.faults.state())


def _rule(asked: object, seed: int) -> FaultRule:
    if not isinstance(asked, dict) or not isinstance(asked.get("name"), str):
        raise TypeError('a fault is {"name", "count", "operation"?, "seller"?, "skip"?, "chance"?}')
    if unknown := asked.keys() - {"name", "count", "operation", "seller", "skip", "chance"}:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    return FaultRule(
        asked["name"],
        left=asked.get("count"),
        operation=asked.get("operation"),
        seller=asked.get("seller"),
        skip=asked.get("skip", 0),
        chance=asked.get("chance", 1.0),
        seed=seed,
    )


def _batched(lines: Iterator[str]) -> Iterator[str]:
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == 1000:
            yield "".join(batch)
            batch.clear()
    yield "".join(batch)


def _state(request: Request) -> State:
    state: State = request.app.state.sandbox
    return state


ROUTES = [
    Route("/_sandbox/stats", stats),
    Route("/_sandbox/sellers", sellers),
    Route("/_sandbox/truth/{table}", truth),
    Route("/_sandbox/faults", faults, methods=["GET", "POST", "DELETE"]),
]
