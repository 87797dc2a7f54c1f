"""Reads the environment, and prepares it for Dagster's code location and for child processes."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dotenv import load_dotenv

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import HOME_OF_DAGSTER, Home, data_directory
from xpert_pipeline.cli.instance import STORAGE, ensure_schema, storage_url, write_config
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.settings import Settings, SettingsError
from xpert_pipeline.spapi.marketplaces import by_id


def read_settings() -> Settings:
    """Read settings from the environment and from `.env` in the working directory; the environment wins.

    Raises:
        PreconditionError: A variable is missing or wrong.
    """
    load_dotenv(Path.cwd() / ".env")
    try:
        return Settings.from_env(os.environ)
    except SettingsError as error:
        raise PreconditionError(
            f"the environment is incomplete or wrong: {error}. `.env.example` explains every variable"
        ) from error


def require_data_directory(option: str | None) -> None:
    """Check that there is a data directory, for commands that only read: a mistyped path must not become one.

    With DATABASE_URL everything is in that database, so that only a directory that was named must exist.

    Args:
        option: `--data-dir`.

    Raises:
        PreconditionError: The directory is not a data directory.
    """
    path = data_directory(option).expanduser().resolve()
    try:
        names = {entry.name for entry in path.iterdir()}
    except FileNotFoundError:
        names = set()
    except OSError:
        Home(path)  # says why it cannot be used
        raise
    if HOME_OF_DAGSTER in names or (option is None and read_settings().database_url):
        return
    what = "is not a data directory of xpert" if path.exists() else "does not exist"
    raise PreconditionError(
        f"the data directory {path} {what}: check --data-dir or XPERT_DATA_DIR. `xpert up` makes one and loads data"
    )


def wants_sandbox(settings: Settings, *, force: bool) -> bool:
    """Whether to use the sandbox instead of Amazon.

    Raises:
        PreconditionError: Invented orders would be loaded into DATABASE_URL, and --sandbox was not given.
    """
    if settings.has_credentials and (settings.endpoint or not force):
        return False
    if settings.database_url and not force:
        raise PreconditionError(
            "DATABASE_URL is set but Amazon's credentials are not (AMAZON_CLIENT_ID, AMAZON_CLIENT_SECRET): "
            "set them, or use --sandbox to load invented orders into that database on purpose"
        )
    return True


def export(home: Home, settings: Settings, admin: str, pipeline: str) -> None:
    """Set the variables that the code location reads, for this process and its children."""
    storage = settings.dagster_database_url.get_secret_value() if settings.dagster_database_url else admin
    from xpert_pipeline.cli.dagster_storage import prepare_storage  # noqa: PLC0415  its libraries are slow to import
    from xpert_pipeline.cli.storage_address import check_storage  # noqa: PLC0415

    ensure_schema(storage)
    check_storage(settings)
    prepare_storage(storage_url(storage))
    write_config(home.dagster)
    os.environ.update(
        {
            "DATABASE_URL": pipeline,
            "DAGSTER_HOME": str(home.dagster),
            STORAGE: storage_url(storage),
            "XPERT_FIRST_DAY_FILE": str(home.first_day_file),
            "XPERT_SPOOL_DIR": str(home.spool),
            "XPERT_LOG_DIR": str(home.logs),
            "DAGSTER_EVENT_BATCH_SIZE": os.environ.get("DAGSTER_EVENT_BATCH_SIZE", "500"),
        }
    )
    if not settings.encryption_key and not (settings.database_url and settings.has_credentials):
        os.environ["XPERT_ENCRYPTION_KEY"] = home.encryption_key()


def export_timezone(sellers: Sequence[Seller]) -> None:
    """Let the partitions end with the newest local day of any seller, unless XPERT_TIMEZONE chooses a time zone."""
    zones = {by_id(marketplace_id).zone for seller in sellers for marketplace_id in seller.marketplace_ids}
    if zones and not os.environ.get("XPERT_TIMEZONE"):
        now = datetime.now(UTC)
        os.environ["XPERT_TIMEZONE"] = max(zones, key=lambda zone: (now.astimezone(zone).utcoffset(), zone.key)).key


def export_sandbox(ready: dict[str, Any]) -> None:
    """Set the variables of a sandbox, and empty those of a real seller."""
    for name in ("AMAZON_REFRESH_TOKEN", "AMAZON_SELLER_ID", "AMAZON_MARKETPLACE_IDS"):
        os.environ[name] = ""  # not removed, or an `.env` file would set it again
    os.environ.update(
        {
            "XPERT_SANDBOX": "1",
            "SP_API_ENDPOINT": ready["endpoint"],
            "SP_API_TOKEN_URL": ready["token_url"],
            "AMAZON_CLIENT_ID": ready["client_id"],
            "AMAZON_CLIENT_SECRET": ready["client_secret"],
        }
    )
