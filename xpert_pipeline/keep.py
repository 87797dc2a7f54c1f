"""How long what grows is kept: the settings of retention."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

KEPT = {
    "XPERT_KEEP_RUNS_DAYS": "runs_days",
    "XPERT_KEEP_HISTORY_DAYS": "history_days",
    "XPERT_KEEP_REQUESTS_DAYS": "requests_days",
    "XPERT_KEEP_REJECTED_DAYS": "rejected_days",
    "XPERT_KEEP_LOGS_DAYS": "logs_days",
}
"""Variables that say how many days to keep what grows, with the field of `Keep`."""


class Keep(BaseModel):
    """How many days to keep what grows; 0 keeps it for ever.

    Attributes:
        runs_days: Dagster's runs with their events.
        history_days: Single rows of `loads`, and `fact_stream`. Older loads are joined and still cover the same days.
        requests_days: Ended requests in `report_requests`.
        rejected_days: Records in quarantine that did not come again.
        logs_days: Rotated log files.
    """

    model_config = ConfigDict(frozen=True)

    runs_days: int = 60
    history_days: int = 90
    requests_days: int = 30
    rejected_days: int = 0
    logs_days: int = 30


def keep_of(env: Mapping[str, str]) -> Keep:
    """Return the settings in the environment; those that are not set keep their defaults."""
    return Keep(**{field: int(env[name]) for name, field in KEPT.items() if name in env})
