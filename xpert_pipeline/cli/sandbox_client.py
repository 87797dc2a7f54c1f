"""Reads the sellers and the statistics of a sandbox that this command has started."""

from typing import Any

import httpx


def sellers(ready: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the sandbox's sellers with their marketplaces and refresh tokens."""
    entries: list[dict[str, Any]] = _get(ready, "/_sandbox/sellers")
    return entries


def seller_ids(ready: dict[str, Any]) -> set[str]:
    """Return the ids of the sandbox's sellers."""
    return {entry["seller_id"] for entry in sellers(ready)}


def stats(ready: dict[str, Any]) -> dict[str, Any]:
    """Return the calls since the sandbox started, by operation, seller and status."""
    statistics: dict[str, Any] = _get(ready, "/_sandbox/stats")
    return statistics


def _get(ready: dict[str, Any], path: str) -> Any:
    answer = httpx.get(ready["endpoint"] + path, timeout=30, trust_env=False)
    answer.raise_for_status()
    return answer.json()
