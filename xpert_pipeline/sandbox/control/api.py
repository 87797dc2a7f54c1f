"""The sandbox's own endpoints for statistics, truth, sellers, faults and usage plans. Amazon has nothing like them."""

import json
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from xpert_pipeline.sandbox.domain import Declarations
from xpert_pipeline.sandbox.faults import FaultRule
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.state import State


def control_routes(declarations: Declarations) -> list[Route]:
    """Routes under `/_sandbox`."""

    async def truth(request: Request) -> Response:
        return _truth(request, declarations)

    return [
        Route("/_sandbox/stats", stats),
        Route("/_sandbox/sellers", sellers),
        Route("/_sandbox/truth/{table}", truth),
        Route("/_sandbox/plans", plans, methods=["GET", "POST"]),
        Route("/_sandbox/faults", faults, methods=["GET", "POST", "DELETE"]),
    ]


async def stats(request: Request) -> Response:
    """Calls since the start."""
    return JSONResponse(_state(request).statistics.as_json())


async def sellers(request: Request) -> Response:
    """The sellers in order, with their refresh tokens."""
    state = _state(request)
    return JSONResponse(
        [
            {
                "seller_id": seller_id,
                "refresh_token": state.access_tokens.refresh_token(seller_id),
                "marketplace_id": state.worlds.marketplace_ids(seller_id)[0],
                "marketplace_ids": list(state.worlds.marketplace_ids(seller_id)),
                "name": state.worlds.name(seller_id),
            }
            for seller_id in state.worlds
        ]
    )


def _truth(request: Request, declarations: Declarations) -> Response:
    """The rows of one table as JSON lines: all of them, or those for `?seller=` and `?marketplace=`."""
    state, table = _state(request), request.path_params["table"]
    seller, marketplace = (request.query_params.get(name) for name in ("seller", "marketplace"))
    if table not in declarations.truth:
        tables = ", ".join(sorted(declarations.truth))
        return JSONResponse({"error": f"there is no truth about {table}; the tables are: {tables}"}, 404)
    if seller is not None and seller not in state.worlds:
        return JSONResponse({"error": f"there is no seller {seller}"}, 404)
    if marketplace is not None and marketplace not in STORES:
        known = ", ".join(STORES)
        return JSONResponse({"error": f"there is no marketplace {marketplace}; the sandbox has {known}"}, 404)

    def lines() -> Iterator[str]:
        for seller_id in [seller] if seller else list(state.worlds):
            faults, denied = state.faults.in_world(seller_id), state.options.denied_roles
            for row in declarations.rows(table, state.worlds[seller_id], faults, denied):
                if marketplace in (None, row["marketplace_id"]):
                    yield json.dumps(row, ensure_ascii=False) + "\n"

    return StreamingResponse(_batched(lines()), media_type="application/x-ndjson")


async def plans(request: Request) -> Response:
    """GET: the usage plans in force; POST: change one from now on."""
    state = _state(request)
    if request.method == "POST":
        try:
            _change_plan(state, json.loads(await request.body()))
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)
    return JSONResponse(state.buckets.as_json())


def _change_plan(state: State, plan: object) -> None:
    fields = {"operation", "rate", "burst", "seller"}
    if not isinstance(plan, dict) or not {"operation", "rate"} <= plan.keys() <= fields:
        raise TypeError('a plan must be {"operation", "rate", "burst"?, "seller"?}')
    seller = plan.get("seller")
    if seller is not None and seller not in state.worlds:
        raise ValueError(f"there is no seller {seller}")
    state.buckets.change(str(plan["operation"]), plan["rate"], plan.get("burst"), seller)


async def faults(request: Request) -> Response:
    """GET: the faults that are on; POST: switch one on; DELETE: switch all off."""
    state = _state(request)
    if request.method == "POST":
        try:
            state.faults.add(_rule(json.loads(await request.body()), state.options.seed))
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)
    elif request.method == "DELETE":
        state.faults.clear()
    return JSONResponse(state.faults.state())


def _rule(fault: object, seed: int) -> FaultRule:
    if not isinstance(fault, dict) or not isinstance(fault.get("name"), str):
        raise TypeError('a fault must be {"name", "count"?, "operation"?, "seller"?, "skip"?, "chance"?}')
    if unknown := fault.keys() - {"name", "count", "operation", "seller", "skip", "chance"}:
        raise ValueError(f"a fault has no field {', '.join(sorted(unknown))}")
    return FaultRule(
        fault["name"],
        left=fault.get("count"),
        operation=fault.get("operation"),
        seller=fault.get("seller"),
        skip=fault.get("skip", 0),
        chance=fault.get("chance", 1.0),
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
