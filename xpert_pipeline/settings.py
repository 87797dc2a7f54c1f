"""The pipeline's settings. Only `definitions` and the command line read the environment, and both do it here.

`.env.example` explains names and defaults. Error messages name variables, never their values.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from statistics import NormalDist
from sys import float_info
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from xpert_pipeline.marketplace_names import MarketplaceNameUnknown, MarketplacesRefused, find_marketplaces
from xpert_pipeline.postgres.address import check_address
from xpert_pipeline.postgres.encryption import EncryptionKeyWrong, read_key
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.spapi.sending.transport import is_loopback

IGNORED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
CREDENTIALS = ("AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET")
HISTORY = timedelta(days=730)
DAY_MINUTES = 1_440
MOST_DAYS = 36_500
MOST_REREAD_DAYS = 3_650
MOST_LEAD_TIME_DAYS = 365
SERVICE_LEVELS = (50, Decimal("99.99"))
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
        problems = [*_missing(env), *_malformed(env)]
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
    kept = {field: int(env[name]) for name, field in KEPT.items() if name in env}
    values["keep"] = Keep(**kept)
    return values | _planning(env)


def _planning(env: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    if "XPERT_LEAD_TIME_DAYS" in env:
        values["lead_time_days"] = int(env["XPERT_LEAD_TIME_DAYS"])
    if "XPERT_SERVICE_LEVEL_PCT" in env:
        values["service_level_pct"] = Decimal(env["XPERT_SERVICE_LEVEL_PCT"])
    return values


def _missing(env: Mapping[str, str]) -> list[str]:
    """Report variables that are missing although another variable needs them."""
    problems = []
    present = [name for name in CREDENTIALS if name in env]
    if len(present) == 1:
        missing = next(name for name in CREDENTIALS if name not in env)
        problems.append(f"{missing} is missing: {present[0]} is set, and neither works without the other")
    if "AMAZON_REFRESH_TOKEN" in env:
        problems += [
            f"{name} is missing: AMAZON_REFRESH_TOKEN is set, so the environment describes a seller"
            for name in (*CREDENTIALS, "AMAZON_SELLER_ID", "AMAZON_MARKETPLACE_IDS")
            if name not in env and not (len(present) == 1 and name in CREDENTIALS)
        ]
    return problems


def _malformed(env: Mapping[str, str]) -> list[str]:
    problems = [
        *_malformed_days(env),
        *_malformed_numbers(env),
        *_malformed_key(env),
        *_malformed_urls(env),
        *_malformed_marketplaces(env),
        *_malformed_addresses(env),
    ]
    if env.get("XPERT_ALLOW_NOT_GRANTED", "0") not in ("0", "1"):
        problems.append("XPERT_ALLOW_NOT_GRANTED must be 1 or 0")
    return problems


def _malformed_days(env: Mapping[str, str]) -> list[str]:
    problems = []
    if "XPERT_TIMEZONE" in env:
        try:
            ZoneInfo(env["XPERT_TIMEZONE"])
        except (KeyError, ValueError):
            problems.append("XPERT_TIMEZONE is not an IANA time zone: set one like Asia/Kolkata")
    if "XPERT_START_DATE" in env:
        try:
            date.fromisoformat(env["XPERT_START_DATE"])
        except ValueError:
            problems.append("XPERT_START_DATE is not a date: write it as YYYY-MM-DD")
    return problems


def _malformed_numbers(env: Mapping[str, str]) -> list[str]:
    problems = []
    if "XPERT_REPORT_PATIENCE_MINUTES" in env and not _is_positive(env["XPERT_REPORT_PATIENCE_MINUTES"]):
        problems.append("XPERT_REPORT_PATIENCE_MINUTES must be a number of minutes above 0, such as 30")
    pages = env.get("XPERT_FILL_PAGES", "0")
    if not (pages.isascii() and pages.isdecimal() and len(pages) < 10):
        problems.append("XPERT_FILL_PAGES must be a number of pages, such as 10, or 0 for none")
    if "XPERT_REREAD_DAYS" in env and not _is_positive(env["XPERT_REREAD_DAYS"], most=MOST_REREAD_DAYS):
        problems.append("XPERT_REREAD_DAYS must be a number of days above 0 and at most 3650, such as 7")
    if not _is_whole(env.get("XPERT_LEAD_TIME_DAYS", "14"), most=MOST_LEAD_TIME_DAYS):
        problems.append("XPERT_LEAD_TIME_DAYS must be a whole number of days from 0 to 365, such as 14")
    if not _is_service_level(env.get("XPERT_SERVICE_LEVEL_PCT", "95")):
        problems.append("XPERT_SERVICE_LEVEL_PCT must be a percentage from 50 to 99.99, such as 95")
    if not _is_interval(env.get("XPERT_DELTA_MINUTES", "0")):
        problems.append("XPERT_DELTA_MINUTES must be a number of minutes: 1 to 1440, or 0 for no deltas")
    return [*problems, *_malformed_retention(env)]


def _malformed_retention(env: Mapping[str, str]) -> list[str]:
    wrong = [name for name in KEPT if name in env and not (env[name].isascii() and env[name].isdigit())]
    wrong += [name for name in KEPT if name in env and name not in wrong and int(env[name]) > MOST_DAYS]
    if wrong:
        return [f"{name} must be a number of days up to {MOST_DAYS:,}; 0 keeps everything" for name in wrong]
    keep = Keep(**{field: int(env[name]) for name, field in KEPT.items() if name in env})
    if keep.history_days and (not keep.runs_days or keep.runs_days > keep.history_days):
        return ["XPERT_KEEP_HISTORY_DAYS must be at least XPERT_KEEP_RUNS_DAYS: events of a kept run must stay known"]
    return []


def _malformed_key(env: Mapping[str, str]) -> list[str]:
    if "XPERT_ENCRYPTION_KEY" not in env:
        return []
    try:
        read_key(env["XPERT_ENCRYPTION_KEY"])
    except EncryptionKeyWrong as error:
        return [str(error)]
    return []


def _malformed_urls(env: Mapping[str, str]) -> list[str]:
    return [
        f"{name} is not a usable URL: it must start with https:// (http:// only for an address of this machine) and "
        "contain no login"
        for name in ("SP_API_ENDPOINT", "SP_API_TOKEN_URL", "SP_API_SELLER_CENTRAL_URL", "AMAZON_REDIRECT_URI")
        if name in env and not _is_safe(env[name])
    ]


def _is_positive(text: str, *, most: float = float_info.max) -> bool:
    try:
        return 0 < float(text) <= most
    except ValueError:
        return False


def _is_interval(text: str) -> bool:
    return _is_whole(text, most=DAY_MINUTES)


def _is_whole(text: str, *, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most


def _is_service_level(text: str) -> bool:
    try:
        level = Decimal(text)
        return SERVICE_LEVELS[0] <= level <= SERVICE_LEVELS[1]
    except InvalidOperation:  # no number, or NaN
        return False


def _is_safe(url: str) -> bool:
    """Whether tokens may be sent to a URL: encrypted, or to this machine. A login in it would be shown."""
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # such as https://[, or a port beyond 65535
        return False
    is_https = url.startswith("https://") or (url.startswith("http://") and is_loopback(url))
    return is_whole and is_https and "@" not in parts.netloc


def _malformed_marketplaces(env: Mapping[str, str]) -> list[str]:
    name = "AMAZON_MARKETPLACE_IDS"
    if name not in env:
        return []
    usage = (
        f"{name} must contain ids or country codes of Amazon's marketplaces, separated by commas "
        "(Amazon.in: A21TJRUUN4KGV or IN)"
    )
    try:
        return [] if find_marketplaces([env[name]]) else [usage]
    except MarketplaceNameUnknown:  # its message repeats the value
        return [usage]
    except MarketplacesRefused as error:
        return [f"{name}: {error}"]


def _malformed_addresses(env: Mapping[str, str]) -> list[str]:
    problems = []
    for name in ("DATABASE_URL", "DAGSTER_DATABASE_URL"):
        try:
            check_address(env.get(name, "dbname=none"))
        except DatabaseError as error:
            problems.append(f"{name}: {error}")
    return problems
