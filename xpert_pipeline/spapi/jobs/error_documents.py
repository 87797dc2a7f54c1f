"""Finds the message in the document with which Amazon explains a failed report or query."""

from xpert_pipeline.spapi.sending.classification import parse_json
from xpert_pipeline.spapi.sending.credentials import redact

FIELDS = ("message", "errorMessage", "errorDetails", "details")
LONGEST = 300


def message_of(text: str) -> str:
    """Return the message in an error document, or its whole text; Amazon does not publish the format."""
    try:
        content = parse_json(text.encode())
    except ValueError:
        return redact(text)[:LONGEST]
    first = content.get("errors", content) if isinstance(content, dict) else content
    first = first[0] if isinstance(first, list) and first else first
    if isinstance(first, dict):
        first = next((first[name] for name in FIELDS if first.get(name)), content)
    return redact(" ".join(str(first).split()))[:LONGEST]
