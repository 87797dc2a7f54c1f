"""What the CLI asks of a sandbox it started: its sellers, and its statistics for the result's document."""

from typing import Any

import httpx


def sellers(ready: dict[str, Any]) -> list[dict[str, Any]]:
    """The sandbox's sellers with their refresh tokens."""
    found: list[dict[str, Any]] = _get(ready, "/_sandbox/sellers")
    return found


def seller_ids(ready: dict[str, Any]) -> set[str]:
    """Ids of the sandbox's sellers."""
    return {entry["seller_id"] for entry in sellers(ready)}


def stats(ready: dict[str, Any]) -> dict[str, Any]:
    """Calls by operation, seller and status since the sandbox started."""
    found: dict[str, Any] = _get(ready, "/_sandbox/stats")
    return found


def _get(ready: dict[str, Any], path: str) -> Any:
    answer = httpx.get(ready["endpoint"] + path, timeout=30, trust_env=False)
    answer.raise_for_status()
    return answer.json()
