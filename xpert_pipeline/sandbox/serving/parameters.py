"""Query parameters as Amazon reads them: it ignores unknown ones, and takes lists as csv or as repeated keys."""

from collections.abc import Collection
from datetime import datetime

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.errors import invalid, wrong_region


def text(query: QueryParams, name: str) -> str | None:
    """Return one value; None if it is absent or empty."""
    return query.get(name) or None


def values(query: QueryParams, name: str, *, known: Collection[str] = (), most: int | None = None) -> list[str]:
    """Return all values of a list, without duplicates."""
    parts = [part.strip() for value in query.getlist(name) for part in value.split(",")]
    parts = list(dict.fromkeys(part for part in parts if part))
    if known and (foreign := [value for value in parts if value not in known]):
        raise invalid(f"{name}: {', '.join(foreign)} is not one of {', '.join(known)}.")
    if most is not None and len(parts) > most:
        raise invalid(f"{name}: at most {most} values are allowed, {len(parts)} were given.")
    return parts


def choice(query: QueryParams, name: str, known: Collection[str], default: str) -> str:
    """Return a value that must be one of `known`."""
    value = text(query, name) or default
    if value not in known:
        raise invalid(f"{name}: {value} is not one of {', '.join(known)}.")
    return value


def moment(query: QueryParams, name: str) -> float | None:
    """Return an ISO 8601 time with a zone as seconds since 1970; None if it is absent."""
    value = text(query, name)
    return None if value is None else instant(value, name)


def instant(value: object, name: str) -> float:
    """Return a time from a request as seconds since 1970."""
    try:
        parsed = datetime.fromisoformat(str(value).strip().replace(" ", "+"))
    except ValueError:
        raise invalid(f"{name}: {value} is not an ISO 8601 date.") from None
    if parsed.tzinfo is None:
        raise invalid(f"{name}: {value} has no time zone.")
    return parsed.timestamp()


def count(query: QueryParams, name: str, default: int, most: int) -> int:
    """Return a whole number from 1 to `most`."""
    value = text(query, name)
    if value is None:
        return default
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise invalid(f"{name}: must be between 1 and {most}.")
    return int(value)


def marketplaces(query: QueryParams, *, required: bool, most: int) -> list[str]:
    """Return the requested marketplace ids, all of this region."""
    ids = values(query, "marketplaceIds", most=most)
    if required and not ids:
        raise invalid("marketplaceIds: is required.")
    check_region(ids)
    return ids


def check_region(ids: Collection[str]) -> None:
    """Reject marketplaces of other regions.

    Raises:
        ApiError: 403 if any id is not a store of this region.
    """
    if any(marketplace not in STORES for marketplace in ids):
        raise wrong_region()
