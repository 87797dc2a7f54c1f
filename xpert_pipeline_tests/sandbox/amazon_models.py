"""Amazon's own API models as JSON schemas; tests that need them are skipped where they are not at hand."""

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest

MODELS = Path(__file__).resolve().parents[3] / "shared" / "spapi" / "models"

needs_models = pytest.mark.skipif(not MODELS.is_dir(), reason="Amazon's models are not at hand")


@cache
def validator(model, definition):
    """Checks an answer against one definition of a Swagger 2 model."""
    document = json.loads((MODELS / f"{model}.json").read_text(encoding="utf-8"))
    schema = {"definitions": document["definitions"], "$ref": f"#/definitions/{definition}"}
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


def check(model, definition, answer):
    validator(model, definition).validate(answer)


def plan(model, path, method):
    """Rate and burst that an operation's description publishes."""
    document = json.loads((MODELS / f"{model}.json").read_text(encoding="utf-8"))
    rows = [line for line in document["paths"][path][method]["description"].splitlines() if line.startswith("|")]
    rate, burst = (cell.strip() for cell in rows[2].strip("|").split("|"))
    return float(rate), int(burst)
