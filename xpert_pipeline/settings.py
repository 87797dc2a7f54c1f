"""The pipeline's settings, parsed from the environment at one door (`definitions` and the CLI call it).

Names and defaults are explained in `.env.example`. Errors name variables, never their values.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from xpert_pipeline.postgres.encryption import EncryptionKeyWrong, read_key
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.pool import check_address
from xpert_pipeline.spapi.marketplaces import UnknownMarketplaceError, by_id
from xpert_pipeline.spapi.sending.transport import is_loopback

IGNORED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
CREDENTIALS = ("AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET")
HISTORY = timedelta(days=730)
DAY_MINUTES = 1_440


class SettingsError(Exception):
    """The environment is incomplete or malformed; the message says which variable and how to mend it."""


class Settings(BaseModel):
    """What the environment says. Secrets are kept out of every printout."""

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
    encryption_key: SecretStr | None = None
    timezone: str = "Asia/Kolkata"
    start_date: date = Field(default_factory=lambda: date.today() - HISTORY)  # noqa: DTZ011  a default, kept by the CLI
    ignored: tuple[str, ...] = ()
    sandbox: bool = False
    report_patience_minutes: float = 30.0
    delta_minutes: int = 5
    alone: bool = False

    @property
    def has_credentials(self) -> bool:
        """Whether an application's LWA credentials are given."""
        return bool(self.client_id and self.client_secret)

    @property
    def key(self) -> bytes | None:
        """The token encryption key, decoded."""
        return read_key(self.encryption_key.get_secret_value()) if self.encryption_key else None

    def today(self) -> date:
        """The current business day in the pipeline's time zone."""
        return datetime.now(ZoneInfo(self.timezone)).date()

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read and check the environment.

        Raises:
            SettingsError: Naming every variable at fault.
        """
        env = {name: value.strip() for name, value in environ.items() if value.strip()}
        problems = [*_half_given(env), *_malformed(env)]
        if problems:
            raise SettingsError("; ".join(problems))
        return cls(
            database_url=_secret(env, "DATABASE_URL"),
            dagster_database_url=_secret(env, "DAGSTER_DATABASE_URL") or _secret(env, "DATABASE_URL"),
            client_id=env.get("AMAZON_CLIENT_ID"),
            client_secret=_secret(env, "AMAZON_CLIENT_SECRET"),
            refresh_token=_secret(env, "AMAZON_REFRESH_TOKEN"),
            seller_id=env.get("AMAZON_SELLER_ID"),
            marketplace_ids=_split(env.get("AMAZON_MARKETPLACE_IDS", "")),
            endpoint=env.get("SP_API_ENDPOINT"),
            token_url=env.get("SP_API_TOKEN_URL"),
            encryption_key=_secret(env, "XPERT_ENCRYPTION_KEY"),
            sandbox=env.get("XPERT_SANDBOX") == "1",
            alone=env.get("XPERT_ALONE") == "1",
            ignored=tuple(name for name in IGNORED if name in env),
            **_optional(env),
        )


def _secret(env: Mapping[str, str], name: str) -> SecretStr | None:
    return SecretStr(env[name]) if name in env else None


def _optional(env: Mapping[str, str]) -> dict[str, object]:
    given: dict[str, object] = {}
    if "XPERT_TIMEZONE" in env:
        given["timezone"] = env["XPERT_TIMEZONE"]
    if "XPERT_START_DATE" in env:
        given["start_date"] = date.fromisoformat(env["XPERT_START_DATE"])
    if "XPERT_REPORT_PATIENCE_MINUTES" in env:
        given["report_patience_minutes"] = float(env["XPERT_REPORT_PATIENCE_MINUTES"])
    if "XPERT_DELTA_MINUTES" in env:
        given["delta_minutes"] = int(env["XPERT_DELTA_MINUTES"])
    return given


def _half_given(env: Mapping[str, str]) -> list[str]:
    problems = []
    given = [name for name in CREDENTIALS if name in env]
    if len(given) == 1:
        missing = next(name for name in CREDENTIALS if name not in env)
        problems.append(f"{missing} is missing: {given[0]} is set, and one is of no use without the other")
    if "AMAZON_REFRESH_TOKEN" in env:
        problems += [
            f"{name} is missing: AMAZON_REFRESH_TOKEN is set, so the environment describes a seller"
            for name in (*CREDENTIALS, "AMAZON_SELLER_ID", "AMAZON_MARKETPLACE_IDS")
            if name not in env and not (len(given) == 1 and name in CREDENTIALS)
        ]
    return problems


def _malformed(env: Mapping[str, str]) -> list[str]:
    problems = []
    if "XPERT_TIMEZONE" in env:
        try:
            ZoneInfo(env["XPERT_TIMEZONE"])
        except (KeyError, ValueError):
            problems.append("XPERT_TIMEZONE is no IANA time zone: give one like Asia/Kolkata")
    if "XPERT_START_DATE" in env:
        try:
            date.fromisoformat(env["XPERT_START_DATE"])
        except ValueError:
            problems.append("XPERT_START_DATE is no date: give it as YYYY-MM-DD")
    if "XPERT_REPORT_PATIENCE_MINUTES" in env and not _is_positive(env["XPERT_REPORT_PATIENCE_MINUTES"]):
        problems.append("XPERT_REPORT_PATIENCE_MINUTES is no number of minutes above 0: give one like 30")
    if not _is_interval(env.get("XPERT_DELTA_MINUTES", "0")):
        problems.append("XPERT_DELTA_MINUTES is no number of minutes: give 1 to 1440, or 0 for no deltas")
    if "XPERT_ENCRYPTION_KEY" in env:
        try:
            read_key(env["XPERT_ENCRYPTION_KEY"])
        except EncryptionKeyWrong as error:
            problems.append(str(error))
    problems += [
        f"{name} is no URL: it must start with https:// (http:// for an address of this machine)"
        for name in ("SP_API_ENDPOINT", "SP_API_TOKEN_URL")
        if name in env and not _is_safe(env[name])
    ]
    return [*problems, *_malformed_marketplaces(env), *_malformed_addresses(env)]


def _is_positive(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False


def _is_interval(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= DAY_MINUTES


def _is_safe(url: str) -> bool:
    """Whether tokens may travel to it: encrypted, or not at all."""
    return url.startswith("https://") or (url.startswith("http://") and is_loopback(url))


def _malformed_marketplaces(env: Mapping[str, str]) -> list[str]:
    if "AMAZON_MARKETPLACE_IDS" not in env:
        return []
    try:
        found = [by_id(marketplace) for marketplace in _split(env["AMAZON_MARKETPLACE_IDS"])]
    except UnknownMarketplaceError:
        found = []
    if found:
        return []
    return ["AMAZON_MARKETPLACE_IDS must name Amazon's marketplace ids, parted by commas (Amazon.in: A21TJRUUN4KGV)"]


def _malformed_addresses(env: Mapping[str, str]) -> list[str]:
    problems = []
    for name in ("DATABASE_URL", "DAGSTER_DATABASE_URL"):
        try:
            check_address(env.get(name, "dbname=none"))
        except DatabaseError as error:
            problems.append(f"{name}: {error}")
    return problems


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
