"""Records what a sandbox is asked and what it answers, and checks each exchange against Amazon's models.

`recording` lets every sandbox that starts meanwhile record its traffic; the sandbox itself knows nothing of it.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl

import jsonschema
import pytest
from graphql import build_schema, parse, validate

from xpert_pipeline.sandbox import server
from xpert_pipeline.sandbox.app import build_app
from xpert_pipeline_tests.sandbox.amazon_models import MODELS, document, words

KIOSK_SCHEMAS = MODELS.parent / "schemas" / "data-kiosk"
OTHER_PATHS = ("/auth/", "/documents/", "/_sandbox/")
"""Paths that are no API operations: tokens, the content of documents, and the sandbox's own."""
IN_ANY_CASE = (".transactionStatus",)
"""Ends of the paths of words that Amazon is known to send in another case than its models say."""


@dataclass
class Exchange:
    """One request with its answer, as they were on the wire."""

    method: str
    path: str
    query: str
    body: bytes = b""
    status: int = 0
    answer: bytes = b""
    charset: str = ""


@dataclass
class Traffic:
    """All exchanges of the sandboxes that started while it was recorded."""

    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def calls(self) -> list[Exchange]:
        """The exchanges that are calls of the API."""
        return [exchange for exchange in self.exchanges if not exchange.path.startswith(OTHER_PATHS)]


@contextmanager
def recording() -> Iterator[Traffic]:
    """Record the traffic of every sandbox that starts in this block."""
    traffic = Traffic()

    def build(state):
        app = build_app(state)

        async def recorded(scope, receive, send):
            if scope["type"] != "http":
                return await app(scope, receive, send)
            exchange = Exchange(scope["method"], scope["raw_path"].decode(), scope["query_string"].decode())
            traffic.exchanges.append(exchange)

            async def receive_and_keep():
                message = await receive()
                exchange.body += message.get("body", b"")
                return message

            async def keep_and_send(message):
                if message["type"] == "http.response.start":
                    exchange.status = message["status"]
                    kinds = dict(message["headers"]).get(b"content-type", b"").decode()
                    exchange.charset = kinds.partition("charset=")[2]
                exchange.answer += message.get("body", b"")
                await send(message)

            keep_and_send.__self__ = getattr(send, "__self__", None)
            return await app(scope, receive_and_keep, keep_and_send)

        return recorded

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "build_app", build)
        yield traffic


@dataclass(frozen=True)
class Published:
    """What Amazon publishes about one operation."""

    model: str
    name: str
    pattern: re.Pattern[str]
    described: dict
    shared: list

    @property
    def parameters(self) -> list[dict]:
        """Parameters of the operation, those of its path included."""
        named = document(self.model).get("parameters", {})
        entries = [*self.shared, *self.described.get("parameters", ())]
        return [named[entry["$ref"].rsplit("/", 1)[-1]] if "$ref" in entry else entry for entry in entries]


@cache
def operations() -> list[tuple[str, Published]]:
    """Every operation of Amazon's models, with its method; more literal paths come first."""
    found = []
    for path in sorted(MODELS.glob("*.json")):
        for template, methods in document(path.stem)["paths"].items():
            pattern = re.compile("[^/]+".join(re.escape(part) for part in re.split(r"{\w+}", template)))
            for method, described in methods.items():
                if method.upper() in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                    shared = methods.get("parameters", [])
                    entry = Published(path.stem, described["operationId"], pattern, described, shared)
                    found.append((method.upper(), template.count("{"), entry))
    return [(method, entry) for method, _, entry in sorted(found, key=lambda each: each[1])]


def operation_of(exchange: Exchange) -> Published:
    """The operation that was called.

    Raises:
        LookupError: Amazon has no such operation.
    """
    for method, entry in operations():
        if method == exchange.method and entry.pattern.fullmatch(exchange.path):
            return entry
    raise LookupError(f"Amazon has no operation {exchange.method} {exchange.path}")


def problems(exchange: Exchange) -> list[str]:
    """What Amazon's models do not allow in a request or its answer."""
    operation = operation_of(exchange)
    found = [*_query_problems(operation, exchange), *_body_problems(operation, exchange)]
    found += _answer_problems(operation, exchange)
    return [f"{operation.name}: {problem}" for problem in found]


def _query_problems(operation, exchange):
    declared = {entry["name"]: entry for entry in operation.parameters if entry.get("in") == "query"}
    sent = {}
    for name, value in parse_qsl(exchange.query, keep_blank_values=True):
        sent.setdefault(name, []).append(value)
    yield from (f"Amazon has no parameter {name}" for name in sent.keys() - declared.keys())
    yield from (
        f"the parameter {name} is missing"
        for name, entry in declared.items()
        if entry.get("required") and name not in sent
    )
    for name in sent.keys() & declared.keys():
        entry = declared[name]
        value = _read(entry, sent[name])
        yield from (f"{name}={value!r}: {error}" for error in _errors(operation.model, entry, value))


def _read(entry, texts):
    """A query parameter as the value that its model describes."""
    if entry["type"] == "array":
        parts = texts if entry.get("collectionFormat") == "multi" else ",".join(texts).split(",")
        return [_plain(entry["items"], part) for part in parts]
    return _plain(entry, texts[0]) if len(texts) == 1 else texts


def _plain(entry, text):
    if entry["type"] in ("integer", "number", "boolean"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _body_problems(operation, exchange):
    declared = [entry for entry in operation.parameters if entry.get("in") == "body"]
    if not declared:
        if exchange.body:
            yield "Amazon expects no body"
        return
    body = json.loads(exchange.body)
    yield from (f"body: {error}" for error in _errors(operation.model, declared[0]["schema"], body))
    if operation.name == "createQuery":
        yield from _question_problems(body["query"])


def _question_problems(text):
    """Check a query for Data Kiosk against the GraphQL schema of its dataset."""
    question = parse(text)
    names = [selection.name.value for selection in question.definitions[0].selection_set.selections]
    for name in names:
        schema = build_schema((KIOSK_SCHEMAS / f"{name}.graphql").read_text(encoding="utf-8"))
        yield from (f"query: {error.message}" for error in validate(schema, question))


def _answer_problems(operation, exchange):
    described = operation.described["responses"].get(str(exchange.status))
    if described is None:
        yield f"Amazon does not answer with {exchange.status}"
        return
    schema = described.get("schema")
    if schema is None:
        if exchange.answer not in (b"", b"{}"):
            yield "Amazon answers without a body"
        return
    answer = json.loads(exchange.answer)
    yield from (f"{exchange.status}: {error}" for error in _errors(operation.model, schema, answer))
    if "$ref" in schema:
        definition = schema["$ref"].rsplit("/", 1)[-1]
        yield from (
            f"{path}: {word} is none of {sorted(known)}"
            for path, word, known in words(operation.model, definition, answer)
            if word not in known and not (path.endswith(IN_ANY_CASE) and word.upper() in known)
        )


def _errors(model, schema, value):
    checker = _validator(model, json.dumps(schema))
    for error in checker.iter_errors(value):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"[:300]


@cache
def _validator(model, schema):
    whole = {"definitions": document(model)["definitions"], **_without_flag(json.loads(schema))}
    return jsonschema.Draft4Validator(whole, format_checker=jsonschema.FormatChecker())


def _without_flag(schema):
    """A parameter says `required: true`, which JSON schema words as a list of names."""
    return {name: value for name, value in schema.items() if not (name == "required" and isinstance(value, bool))}
