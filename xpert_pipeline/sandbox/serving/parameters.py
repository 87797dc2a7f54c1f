"""Query parameters as Amazon reads them: unknown ones ignored, lists as csv or repeated keys, times with a zone."""

from collections.abc import Collection
from datetime import datetime

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.errors import invalid, wrong_region


def text(query: QueryParams, name: str) -> str | None:
    """One value, None when it is absent or empty."""
    return query.get(name) or None


def values(query: QueryParams, name: str, *, known: Collection[str] = (), most: int | None = None) -> list[str]:
    """All values of a list, doubles removed."""
    found = [part.strip() for value in query.getlist(name) for part in value.split(",")]
    found = list(dict.fromkeys(part for part in found if part))
    if known and (foreign := [value for value in found if value not in known]):
        raise invalid(f"{name}: {', '.join(foreign)} is not one of {', '.join(known)}.")
    if most is not None and len(found) > most:
        raise invalid(f"{name}: at most {most} values are allowed, {len(found)} were given.")
    return found


def choice(query: QueryParams, name: str, known: Collection[str], default: str) -> str:
    """One value out of a few."""
    value = text(query, name) or default
    if value not in known:
        raise invalid(f"{name}: {value} is not one of {', '.join(known)}.")
    return value


def moment(query: QueryParams, name: str) -> float | None:
    """An ISO 8601 time with a zone, in seconds since 1970."""
    value = text(query, name)
    return None if value is None else instant(value, name)


def instant(value: object, name: str) -> float:
    """A time of a request."""
    try:
        found = datetime.fromisoformat(str(value).strip().replace(" ", "+"))
    except ValueError:
        raise invalid(f"{name}: {value} is not an ISO 8601 date.") from None
    if found.tzinfo is None:
        raise invalid(f"{name}: {value} has no time zone.")
    return found.timestamp()


def count(query: QueryParams, name: str, default: int, most: int) -> int:
    """A whole number from 1 to `most`."""
    value = text(query, name)
    if value is None:
        return default
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise invalid(f"{name}: must be between 1 and {most}.")
    return int(value)


def marketplaces(query: QueryParams, *, required: bool, most: int) -> list[str]:
    """Marketplace ids of this region."""
    found = values(query, "marketplaceIds", most=most)
    if required and not found:
        raise invalid("marketplaceIds: is required.")
    check_region(found)
    return found


def check_region(ids: Collection[str]) -> None:
    """Refuse stores that are not the region's."""
    if any(marketplace not in STORES for marketplace in ids):
        raise wrong_region()
