"""Finds what is missing or wrong in the environment. The messages name variables, never their values."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from sys import float_info
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from xpert_pipeline.keep import KEPT, keep_of
from xpert_pipeline.marketplace_names import MarketplaceNameUnknown, MarketplacesRefused, find_marketplaces
from xpert_pipeline.postgres.address import check_address
from xpert_pipeline.postgres.encryption import EncryptionKeyWrong, read_key
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.retail_events import EventsFileWrong, read_events
from xpert_pipeline.spapi.sending.transport import is_loopback

CREDENTIALS = ("AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET")
DAY_MINUTES = 1_440
MOST_DAYS = 36_500
MOST_REREAD_DAYS = 3_650
MOST_LEAD_TIME_DAYS = 365
SERVICE_LEVELS = (50, Decimal("99.99"))


def missing(env: Mapping[str, str]) -> list[str]:
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


def malformed(env: Mapping[str, str]) -> list[str]:
    """Report variables whose values cannot be used."""
    problems = [
        *_malformed_days(env),
        *_malformed_numbers(env),
        *_malformed_key(env),
        *_malformed_urls(env),
        *_malformed_marketplaces(env),
        *_malformed_addresses(env),
        *_malformed_events(env),
    ]
    problems += [
        f"{name} must be 1 or 0"
        for name in ("XPERT_ALLOW_NOT_GRANTED", "XPERT_FEE_TAX_IS_CREDIT")
        if env.get(name, "0") not in ("0", "1")
    ]
    return problems


def _malformed_events(env: Mapping[str, str]) -> list[str]:
    if "XPERT_EVENTS_FILE" not in env:
        return []
    file = Path(env["XPERT_EVENTS_FILE"])
    if not file.is_absolute():
        return [
            f"XPERT_EVENTS_FILE={file} depends on the folder in which a process starts: give the whole path, from / on"
        ]
    try:
        read_events(file)
    except EventsFileWrong as error:
        return [f"XPERT_EVENTS_FILE: {error}"]
    return []


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
    keep = keep_of(env)
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
