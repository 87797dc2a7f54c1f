"""The pipeline's settings. Only `definitions` and the command line read the environment, and both do it here.

`.env.example` explains names and defaults. Error messages name variables, never their values.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from xpert_pipeline.keep import Keep, keep_of
from xpert_pipeline.marketplace_names import find_marketplaces
from xpert_pipeline.postgres.encryption import read_key
from xpert_pipeline.retail_events import SHIPPED, as_parameter, read_events
from xpert_pipeline.settings_problems import malformed, missing

IGNORED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
HISTORY = timedelta(days=730)


class SettingsError(Exception):
    """A variable is missing or wrong; the message names it and says how to correct it."""


class Settings(BaseModel):
    """The parsed environment. Secrets are never printed.

    `start_date` is the first day of the partitions; `earliest` is the day that XPERT_START_DATE sets, if any.
    """

    model_config = ConfigDict(frozen=True)

    database_url: SecretStr | None = None
    dagster_database_url: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    seller_id: str | None = None
    marketplace_ids: tuple[str, ...] = ()
    endpoint: str | None = None
    token_url: str | None = None
    app_id: str | None = None
    redirect_uri: str | None = None
    seller_central_url: str | None = None
    encryption_key: SecretStr | None = None
    timezone: str = "Asia/Kolkata"
    start_date: date = Field(default_factory=lambda: date.today() - HISTORY)  # noqa: DTZ011  a default
    earliest: date | None = None
    ignored: tuple[str, ...] = ()
    sandbox: bool = False
    report_patience_minutes: float = 30.0
    fill_pages: int = 10
    reread_days: float = 7.0
    lead_time_days: int = 14
    service_level_pct: Decimal = Decimal(95)
    fee_tax_is_credit: bool = True
    events_file: Path = SHIPPED
    delta_minutes: int = 5
    keep: Keep = Field(default_factory=Keep)
    log_directory: Path | None = None
    alone: bool = False
    allow_not_granted: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """What derived tables can be computed with, by the names of their parameters."""
        factor = NormalDist().inv_cdf(float(self.service_level_pct) / 100)
        return {
            "lead_time_days": self.lead_time_days,
            "service_level_pct": self.service_level_pct,
            "service_factor": Decimal(f"{factor:.4f}"),
            "events": as_parameter(read_events(self.events_file)),
            "is_tax_credit": self.fee_tax_is_credit,
        }

    @property
    def first_possible(self) -> date:
        """The first day that a sync may load: XPERT_START_DATE, else two years ago."""
        return self.earliest or self.today() - HISTORY

    @property
    def has_credentials(self) -> bool:
        """Whether the LWA credentials of an application are set."""
        return bool(self.client_id and self.client_secret)

    @property
    def key(self) -> bytes | None:
        """The key that encrypts refresh tokens, decoded."""
        return read_key(self.encryption_key.get_secret_value()) if self.encryption_key else None

    def today(self) -> date:
        """The current day in the time zone of the partitions (XPERT_TIMEZONE)."""
        return datetime.now(ZoneInfo(self.timezone)).date()

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read and check the environment.

        Raises:
            SettingsError: The message names every variable that is missing or wrong.
        """
        env = {name: value.strip() for name, value in environ.items() if value.strip()}
        problems = [*missing(env), *malformed(env)]
        if problems:
            raise SettingsError("; ".join(problems))
        return cls(
            database_url=_secret(env, "DATABASE_URL"),
            dagster_database_url=_secret(env, "DAGSTER_DATABASE_URL") or _secret(env, "DATABASE_URL"),
            client_id=env.get("AMAZON_CLIENT_ID"),
            client_secret=_secret(env, "AMAZON_CLIENT_SECRET"),
            refresh_token=_secret(env, "AMAZON_REFRESH_TOKEN"),
            seller_id=env.get("AMAZON_SELLER_ID"),
            marketplace_ids=tuple(market.id for market in find_marketplaces([env.get("AMAZON_MARKETPLACE_IDS", "")])),
            endpoint=env.get("SP_API_ENDPOINT"),
            token_url=env.get("SP_API_TOKEN_URL"),
            app_id=env.get("AMAZON_APP_ID"),
            redirect_uri=env.get("AMAZON_REDIRECT_URI"),
            seller_central_url=env.get("SP_API_SELLER_CENTRAL_URL"),
            encryption_key=_secret(env, "XPERT_ENCRYPTION_KEY"),
            sandbox=env.get("XPERT_SANDBOX") == "1",
            alone=env.get("XPERT_ALONE") == "1",
            allow_not_granted=env.get("XPERT_ALLOW_NOT_GRANTED") == "1",
            ignored=tuple(name for name in IGNORED if name in env),
            **_optional(env),
        )


def read_first_day(file: Path) -> date | None:
    """Return the first day of the partitions that the command line keeps in a file; None if it keeps none."""
    try:
        return date.fromisoformat(file.read_text().strip())
    except (OSError, ValueError):  # without it, or damaged: the partitions begin two years back, and nothing is hidden
        return None


def _secret(env: Mapping[str, str], name: str) -> SecretStr | None:
    return SecretStr(env[name]) if name in env else None


def _optional(env: Mapping[str, str]) -> dict[str, object]:
    """Fields whose variables are set; the others keep their defaults."""
    values: dict[str, object] = {}
    if "XPERT_TIMEZONE" in env:
        values["timezone"] = env["XPERT_TIMEZONE"]
    if "XPERT_START_DATE" in env:
        values["start_date"] = values["earliest"] = date.fromisoformat(env["XPERT_START_DATE"])
    elif first := read_first_day(Path(env.get("XPERT_FIRST_DAY_FILE", ""))):
        values["start_date"] = first
    if "XPERT_REPORT_PATIENCE_MINUTES" in env:
        values["report_patience_minutes"] = float(env["XPERT_REPORT_PATIENCE_MINUTES"])
    if "XPERT_FILL_PAGES" in env:
        values["fill_pages"] = int(env["XPERT_FILL_PAGES"])
    if "XPERT_REREAD_DAYS" in env:
        values["reread_days"] = float(env["XPERT_REREAD_DAYS"])
    if "XPERT_DELTA_MINUTES" in env:
        values["delta_minutes"] = int(env["XPERT_DELTA_MINUTES"])
    if "XPERT_LOG_DIR" in env:
        values["log_directory"] = Path(env["XPERT_LOG_DIR"])
    values["keep"] = keep_of(env)
    return values | _planning(env)


def _planning(env: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    if "XPERT_LEAD_TIME_DAYS" in env:
        values["lead_time_days"] = int(env["XPERT_LEAD_TIME_DAYS"])
    if "XPERT_EVENTS_FILE" in env:
        values["events_file"] = Path(env["XPERT_EVENTS_FILE"])
    if "XPERT_SERVICE_LEVEL_PCT" in env:
        values["service_level_pct"] = Decimal(env["XPERT_SERVICE_LEVEL_PCT"])
    if "XPERT_FEE_TAX_IS_CREDIT" in env:
        values["fee_tax_is_credit"] = env["XPERT_FEE_TAX_IS_CREDIT"] == "1"
    return values
