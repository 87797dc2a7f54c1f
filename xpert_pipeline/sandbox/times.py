"""Times as SP-API writes them."""

from datetime import UTC, datetime


def zulu(seconds: float) -> str:
    """As in JSON answers: UTC with a Z."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def offset(seconds: float) -> str:
    """As in reports: UTC with a written offset."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
