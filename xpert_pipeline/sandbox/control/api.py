"""The sandbox about itself: statistics, truth, sellers, faults, usage plans. Nothing that Amazon has."""

import json
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from xpert_pipeline.sandbox.catalog.truth import products
from xpert_pipeline.sandbox.faults import FaultRule
from xpert_pipeline.sandbox.finance.truth import economics_daily
from xpert_pipeline.sandbox.orders.truth import Row, order_items, orders
from xpert_pipeline.sandbox.sales.truth import sales_data, traffic_daily
from xpert_pipeline.sandbox.serving.state import State
from xpert_pipeline.sandbox.world.records import World

TABLES = {"products": products, "orders": orders, "order_items": order_items, "sales_data": sales_data}
TOLD = (*TABLES, "economics_daily", "traffic_daily")


async def stats(request: Request) -> Response:
    """Calls since the start."""
    return JSONResponse(_state(request).statistics.as_json())


async def sellers(request: Request) -> Response:
    """The sellers, first to last, with the refresh tokens that mean them."""
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


async def truth(request: Request) -> Response:
    """Return the rows of one table as JSON lines, limited to `?seller=` and `?marketplace=` where they are given."""
    state, table = _state(request), request.path_params["table"]
    wanted, marketplace = request.query_params.get("seller"), request.query_params.get("marketplace")
    if table not in TOLD:
        return JSONResponse({"error": f"there is no truth about {table}; there is about {', '.join(TOLD)}"}, 404)
    if wanted is not None and wanted not in state.worlds:
        return JSONResponse({"error": f"there is no seller {wanted}"}, 404)

    def lines() -> Iterator[str]:
        for seller_id in [wanted] if wanted else list(state.worlds):
            for row in _rows(state, table, state.worlds[seller_id]):
                if marketplace not in (None, row["marketplace_id"]):
                    continue
                yield json.dumps(row, ensure_ascii=False) + "\n"

    return StreamingResponse(_batched(lines()), media_type="application/x-ndjson")


def _rows(state: State, table: str, world: World) -> Iterator[Row]:
    if table == "economics_daily":
        return economics_daily(world, restated=state.faults.is_on("economics-restated", world.seller_id))
    return traffic_daily(world) if table == "traffic_daily" else TABLES[table](world)


async def plans(request: Request) -> Response:
    """GET: the usage plans that are enforced; POST: change one from now on."""
    state = _state(request)
    if request.method == "POST":
        try:
            _change_plan(state, json.loads(await request.body()))
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)
    return JSONResponse(state.buckets.as_json())


def _change_plan(state: State, asked: object) -> None:
    known = {"operation", "rate", "burst", "seller"}
    if not isinstance(asked, dict) or not {"operation", "rate"} <= asked.keys() <= known:
        raise TypeError('a plan is {"operation", "rate", "burst"?, "seller"?}')
    seller = asked.get("seller")
    if seller is not None and seller not in state.worlds:
        raise ValueError(f"there is no seller {seller}")
    state.buckets.change(str(asked["operation"]), asked["rate"], asked.get("burst"), seller)


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
    Route("/_sandbox/plans", plans, methods=["GET", "POST"]),
    Route("/_sandbox/faults", faults, methods=["GET", "POST", "DELETE"]),
]
