"""Amazon's own API models as JSON schemas. Tests that need them are skipped where the models are missing.

A model words some enumerations only in a description, as "Possible values"; JSON schema does not check those, `words` does.
"""

import json
import re
from functools import cache
from pathlib import Path

import jsonschema
import pytest

MODELS = Path(__file__).resolve().parents[3] / "shared" / "spapi" / "models"

needs_models = pytest.mark.skipif(not MODELS.is_dir(), reason="Amazon's models are missing")


@cache
def document(model):
    return json.loads((MODELS / f"{model}.json").read_text(encoding="utf-8"))


@cache
def validator(model, definition):
    """Checks an answer against one definition of a Swagger 2 model."""
    schema = {"definitions": document(model)["definitions"], "$ref": f"#/definitions/{definition}"}
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


def check(model, definition, answer):
    validator(model, definition).validate(answer)


def words(model, definition, answer):
    """Yield each word of an answer that the model enumerates: its path, the word, and the words that the model allows."""
    yield from _words(document(model)["definitions"], document(model)["definitions"][definition], answer, definition)


def allowed(model, path):
    """The words that a model allows at a path such as "SalesChannel.channelName" or "FulfillmentStatus"."""
    definition, *names = path.split(".")
    schema = document(model)["definitions"][definition]
    for name in names:
        schema = schema["properties"][name]
    return _allowed(schema)


def _allowed(schema):
    described = re.split(r"\*\*Possible values?", schema.get("description", ""), maxsplit=1)
    return set(schema.get("enum", ())) or set(
        re.findall(r"`([A-Z][A-Z0-9_]+)`", described[-1] if described[1:] else "")
    )


def _words(definitions, schema, value, path):
    known = _allowed(schema)
    while "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/definitions/")]
        known |= _allowed(schema)
    if isinstance(value, dict):
        for name, inner in value.items():
            if described := (schema.get("properties") or {}).get(name):
                yield from _words(definitions, described, inner, f"{path}.{name}")
    elif isinstance(value, list):
        item = schema.get("items", {})
        for inner in value:  # some lists describe the words of their items themselves
            yield from _words(definitions, item | {"description": schema.get("description", "")}, inner, f"{path}[]")
    elif isinstance(value, str) and known:
        yield path, value, known


def published(operation):
    """The name of the model that describes a declared operation, and what it says about it."""
    for path in sorted(MODELS.glob("*.json")):
        for template, methods in document(path.stem)["paths"].items():
            described = methods.get(operation.method.lower())
            if described and _shape(template) == _shape(operation.path):
                assert described["operationId"] == operation.name
                return path.stem, described
    raise LookupError(f"Amazon has no operation {operation.method} {operation.path}")


def check_answer(operation, answer):
    """Check a good answer against the definition that its operation publishes."""
    model, described = published(operation)
    schema = described["responses"][str(answer.status_code)].get("schema")
    if schema is None:
        assert answer.content in (b"", b"{}")
    else:
        check(model, schema["$ref"].removeprefix("#/definitions/"), answer.json())


def plan(operation):
    """Rate and burst that an operation's description publishes."""
    lines = published(operation)[1]["description"].splitlines()
    rows = [line for line in lines if line.startswith("|")]
    rate, burst = (cell.strip() for cell in rows[2].strip("|").split("|"))
    return float(rate), int(burst)


def query_parameters(operation):
    """Names of an operation's query parameters."""
    return {entry["name"] for entry in published(operation)[1].get("parameters", ()) if entry.get("in") == "query"}


def _shape(path):
    return re.sub(r"{\w+}", "{}", path)
