"""Writes JSON that jsonb accepts: no NUL, no lone surrogate, no NaN. Decimals and times become text."""

import json
from typing import Any


def dump_json(value: Any) -> str:
    """Return the text for a jsonb column; keys are sorted, so equal values give equal texts."""
    text = json.dumps(value, default=str, sort_keys=True, separators=(",", ":"))
    if "\\u0000" in text or "\\ud" in text or "NaN" in text or "Infinity" in text:
        text = json.dumps(_plain(value), default=str, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not -float("inf") < value < float("inf"):
        return str(value)
    return storable(value) if isinstance(value, str) else value


def storable(text: str) -> str:
    """Replace NUL and lone surrogates, which PostgreSQL cannot store."""
    shown = text.replace("\x00", "\N{SYMBOL FOR NULL}")
    return shown.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
