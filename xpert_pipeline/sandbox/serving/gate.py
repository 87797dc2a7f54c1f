"""The gate that every call passes: token, role, usage plan, faults, answer, headers, statistics."""

import json
import secrets
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from xpert_pipeline.sandbox.serving.errors import ApiError, bad_content_type, denied, invalid, throttled
from xpert_pipeline.sandbox.serving.fault_answers import broken, whole
from xpert_pipeline.sandbox.serving.fault_kinds import CALL, HEADER
from xpert_pipeline.sandbox.serving.operation import Call, Operation
from xpert_pipeline.sandbox.serving.roles import is_denied
from xpert_pipeline.sandbox.serving.state import State

RATE_HEADER = "x-amzn-RateLimit-Limit"
RATE_STATUSES = (200, 201, 202, 204, 400, 404, 429)
NO_CONTENT = 204
SPOILT_RATES = {"rate-header-zero": "0.0", "rate-header-negative": "-1.0", "rate-header-text": "unlimited"}
ERROR_TYPES = {400: "InvalidInputException", 403: "AccessDeniedException", 404: "NotFoundException"}


def endpoint(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that the router calls for an operation."""

    async def serve(request: Request) -> Response:
        return await _serve(operation, request)

    return serve


async def unknown_path(request: Request) -> Response:
    """Answer 403 to an unknown path, as Amazon's gateway does; it never answers 404 to a path."""
    state: State = request.app.state.sandbox
    try:
        state.access_tokens.check(request.headers.get("x-amz-access-token"))
        error = denied()
    except ApiError as refusal:
        error = refusal
    response = _refused(error)
    state.statistics.count("unknown", None, response.status_code, state.pace.now())
    return response


async def _serve(operation: Operation, request: Request) -> Response:
    state: State = request.app.state.sandbox
    seller_id: str | None = None
    try:
        seller_id = state.access_tokens.check(request.headers.get("x-amz-access-token"))
        response = await _admit(operation, request, seller_id)
    except ApiError as refusal:
        response = _refused(refusal)
        _add_rate(state, operation, seller_id, response)
    response.headers["x-amzn-RequestId"] = secrets.token_hex(16)
    state.statistics.count(operation.name, seller_id, response.status_code, state.pace.now())
    return response


async def _admit(operation: Operation, request: Request, seller_id: str) -> Response:
    """Answer a call that has a valid token."""
    state: State = request.app.state.sandbox
    requested = ",".join(request.query_params.getlist("marketplaceIds")).split(",")
    if is_denied(operation.roles, state.options.denied_roles) or set(requested) & set(
        state.options.denied_marketplaces
    ):
        raise denied()
    if not state.buckets.take(operation.name, seller_id):
        state.statistics.count_empty_bucket(operation.name)
        raise throttled()
    fault = state.faults.first(CALL, operation.name, seller_id)
    if fault and (instead := whole(fault)):
        if fault not in ("throttle-without-header", "200-html"):
            _add_rate(state, operation, seller_id, instead)
        return instead
    if seller_id not in state.worlds.built:
        await run_in_threadpool(state.worlds.__getitem__, seller_id)
    call = await _call(operation, request, state, seller_id)
    payload = await run_in_threadpool(operation.answer, call) if operation.heavy else operation.answer(call)
    status = NO_CONTENT if payload is None else operation.status
    text = payload if isinstance(payload, str) else json.dumps(payload)
    response = Response(b"" if status == NO_CONTENT else text, status, media_type="application/json")
    _add_rate(state, operation, seller_id, response)
    for name in state.faults.due(HEADER, operation.name, seller_id):
        _spoil_rate(response, name)
    return broken(fault, response) if fault else response


async def _call(operation: Operation, request: Request, state: State, seller_id: str) -> Call:
    body = None
    if operation.method == "POST":
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise bad_content_type()
        try:
            body = json.loads(await request.body())
        except ValueError:
            raise invalid("The body is not JSON.") from None
    return Call(
        operation=operation,
        world=state.worlds[seller_id],
        state=state,
        query=request.query_params,
        path=dict(request.path_params),
        body=body,
        now=state.pace.now(),
    )


def _refused(error: ApiError) -> Response:
    headers = {"x-amzn-ErrorType": ERROR_TYPES[error.status]} if error.status in ERROR_TYPES else {}
    return Response(error.body, error.status, headers, "application/json")


def _add_rate(state: State, operation: Operation, seller_id: str | None, response: Response) -> None:
    if response.status_code in RATE_STATUSES:
        response.headers[RATE_HEADER] = state.buckets.header(operation.name, seller_id)


def _spoil_rate(response: Response, fault: str) -> None:
    if fault == "rate-header-missing":
        del response.headers[RATE_HEADER]
    else:
        response.headers[RATE_HEADER] = SPOILT_RATES[fault]
