"""Dagster's instance of a data directory: its dagster.yaml, and storage in its own schema in Postgres."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import yaml
from psycopg import conninfo
from psycopg.errors import DuplicateSchema, UniqueViolation

from xpert_pipeline.cli.files import write_whole
from xpert_pipeline.postgres.address import unreachable
from xpert_pipeline.postgres.errors import DatabaseError, explained

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError  # slow to import


class DagsterStorageFailed(DatabaseError):
    """Dagster's tables cannot be used; the message says why and what to do."""


STORAGE = "XPERT_DAGSTER_STORAGE"
SCHEMA = "dagster"

CONFIG = {
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},
    "storage": {"postgres": {"postgres_url": {"env": STORAGE}, "should_autocreate_tables": True}},
    "run_coordinator": {
        "module": "xpert_pipeline.coordinator",
        "class": "SellerTaggingRunCoordinator",
        "config": {
            "max_concurrent_runs": 4,
            "tag_concurrency_limits": [{"key": "seller", "limit": 1, "value": {"applyLimitPerUniqueValue": True}}],
            "dequeue_use_threads": True,
            "dequeue_num_workers": 4,
            "dequeue_interval_seconds": 2,
        },
    },
    "retention": {  # days that evaluations are kept; the job `prune` removes runs
        "schedule": {"purge_after_days": 30},
        "sensor": {"purge_after_days": {"skipped": 1, "success": 30, "failure": 30, "started": 30}},
    },
    "run_monitoring": {"enabled": True, "start_timeout_seconds": 180, "poll_interval_seconds": 30},
    "python_logs": {"managed_python_loggers": ["xpert_pipeline.spapi"], "python_log_level": "INFO"},
    "run_retries": {"enabled": True, "max_retries": 2, "retry_on_asset_or_op_failure": False},
}


def write_config(dagster_home: Path) -> None:
    """Write dagster.yaml; it refers to secrets by the names of their variables. Another command may read it now."""
    about = "# Written by xpert at each start; Dagster's own settings for this data directory.\n"
    write_whole(dagster_home / "dagster.yaml", about + yaml.safe_dump(CONFIG, sort_keys=False))


def storage_url(dsn: str) -> str:
    """Return a libpq DSN as the SQLAlchemy URL that Dagster's storage needs, with its own schema.

    The URL names the driver: since SQLAlchemy 2.1, `postgresql://` means psycopg 3, which dagster-postgres cannot use.
    """
    parts = {key: str(value) for key, value in conninfo.conninfo_to_dict(dsn).items() if value}
    user, password = parts.pop("user", "postgres"), parts.pop("password", None)
    host, port, database = parts.pop("host", ""), parts.pop("port", None), parts.pop("dbname", "postgres")
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    address = "" if host.startswith("/") else host + (f":{port}" if port else "")
    query = {**parts, "options": f"-csearch_path={SCHEMA}"}
    if host.startswith("/"):
        query["host"] = host
        if port:
            query["port"] = port
    text = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
    return f"postgresql+psycopg2://{login}@{address}/{database}?{text}"


def ensure_schema(dsn: str) -> None:
    """Create Dagster's schema if it does not exist; the migrations create it too.

    Raises:
        DatabaseError: The database cannot be reached, or its role may not create the schema.
    """
    with explained(), _connected(dsn) as connection:
        if connection.execute("select to_regnamespace(%s)", (SCHEMA,)).fetchone() == (None,):
            with suppress(DuplicateSchema, UniqueViolation):  # another start has just created it
                connection.execute("create schema dagster")


def storage_failure(error: "DBAPIError", done: str) -> DagsterStorageFailed:
    """Return an error that says why Dagster's tables could not be used, without the statement and its values."""
    state = getattr(error.orig, "pgcode", None)
    reason = getattr(getattr(error.orig, "diag", None), "message_primary", None) or type(error.orig).__name__
    if (state or "").startswith("53"):
        advice = "free space on the database's disk"
    elif state == "55P03":
        advice = "a session holds a lock on them for too long: wait for it, or end it (pg_locks names it)"
    elif state is None or state.startswith(("08", "57")):
        advice = "check that the database runs"
    else:
        advice = f"check that the role may create and write tables in the schema {SCHEMA}"
    return DagsterStorageFailed(
        f"Dagster's tables could not be {done} (SQLSTATE {state or 'unknown'}: {reason}): {advice}. Everything loaded "
        "so far is kept; then run again",
        state,
    )


def _connected(dsn: str) -> psycopg.Connection:
    try:
        return psycopg.connect(dsn, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise unreachable(dsn, error) from None
