"""Builds requests for Data Kiosk datasets, from the query that a table declares.

Equal arguments give equal texts, so that a query can be found again. Queries that Amazon would reject, or answer with
no data, raise an error here, because a rejected query costs quota too.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from functools import cache
from typing import TypeAlias

from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.kiosk_queries import compact

Query: TypeAlias = JobRequest
"""A request to Data Kiosk."""
LONGEST_QUERY = 8_000
"""Maximum number of characters in a query, without unnecessary white space."""
OLDEST = timedelta(days=730)
FARTHEST = timedelta(days=120)
"""How far ahead Data Kiosk estimates."""
ASINS_PER_QUERY = 30
"""Maximum number of ASINs per marketplace in one trends query."""
_ASIN = re.compile(r"[0-9A-Za-z]{10}")


@dataclass(frozen=True, slots=True)
class KioskQuery:
    """A query for records of a dataset.

    Attributes:
        dataset: Amazon's versioned name of the dataset.
        name: Name of the query in the dataset.
        arguments: Arguments in addition to days and marketplaces.
        fields: The fields of a record.
    """

    dataset: str
    name: str
    arguments: str
    fields: str


@cache
def fields_of(query: KioskQuery) -> frozenset[str]:
    """Return the names of the fields of a record, without those inside them."""
    names, depth = set(), 0
    for word in re.findall(r"[{}]|\w+", query.fields):
        depth += {"{": 1, "}": -1}.get(word, 0)
        if not depth and word != "}":
            names.add(word)
    return frozenset(names)


def query_days(query: KioskQuery, marketplace_ids: Iterable[str], first: date, last: date, *, yesterday: date) -> Query:
    """Build a query for every product on every day from `first` to `last` inclusive.

    Args:
        query: The declared query.
        marketplace_ids: The marketplaces; the order does not matter.
        first: First marketplace-local day.
        last: Last day.
        yesterday: The last day that has ended in all of the marketplaces.

    Raises:
        ValueError: Amazon does not have the days, or there is no marketplace.
    """
    marketplaces = _checked_ids(marketplace_ids)
    _check_days(first, last, yesterday)
    arguments = f'startDate: "{first}", endDate: "{last}", marketplaceIds: [{_quoted(marketplaces)}]'
    return _request(query, arguments, (first, last), marketplaces)


def query_ahead(query: KioskQuery, marketplace_id: str, first: date, last: date, *, today: date) -> Query:
    """Build a query for what Amazon expects of every product from `first` to `last` inclusive, in one sum.

    Args:
        query: The declared query.
        marketplace_id: The marketplace.
        first: First marketplace-local day.
        last: Last day.
        today: The current day in the marketplace.

    Raises:
        ValueError: Amazon has no estimate of the days.
    """
    if not today <= first <= last <= today + FARTHEST:
        raise ValueError(
            f"the query covers {first} to {last}, but Data Kiosk estimates {FARTHEST.days} days from today"
        )
    marketplaces = _checked_ids([marketplace_id])
    arguments = f'startDate: "{first}", endDate: "{last}", marketplaceIds: [{_quoted(marketplaces)}]'
    return _request(query, arguments, (first, last), marketplaces)


def query_asins(
    query: KioskQuery, asins_by_marketplace: Mapping[str, Iterable[str]], first: date, last: date, *, yesterday: date
) -> Query:
    """Build a query for some child ASINs on every day from `first` to `last` inclusive; see `query_days`.

    Args:
        query: The declared query.
        asins_by_marketplace: Up to 30 ASINs for each marketplace, in any order; `asins_of` reads them back from the
            request.
        first: First marketplace-local day.
        last: Last day.
        yesterday: The last day that has ended in all of the marketplaces.

    Raises:
        ValueError: Amazon does not have the days, there are too many or too few ASINs, an ASIN is malformed, or there
            is no marketplace.
    """
    _check_days(first, last, yesterday)
    marketplaces = _checked_ids(asins_by_marketplace)
    asins = {marketplace: _checked_asins(asins_by_marketplace[marketplace]) for marketplace in marketplaces}
    filters = ", ".join(
        f'{{ marketplaceId: "{marketplace}", asins: [{_quoted(asins[marketplace])}] }}' for marketplace in marketplaces
    )
    request = _request(
        query, f'startDate: "{first}", endDate: "{last}", filters: [{filters}]', (first, last), marketplaces
    )
    return replace(request, options={**(request.options or {}), "asins": asins})


def asins_of(request: Query) -> dict[str, list[str]]:
    """Return the ASINs that a query selects, by marketplace; empty for a query for all ASINs."""
    asins: Mapping[str, Iterable[str]] = (request.options or {}).get("asins") or {}
    return {marketplace: list(some) for marketplace, some in asins.items()}


def is_asin(text: str) -> bool:
    """Return whether a text can be an ASIN: ten letters and digits (for a book, its ISBN)."""
    return _ASIN.fullmatch(text) is not None


def _request(query: KioskQuery, arguments: str, days: tuple[date, date], marketplaces: Sequence[str]) -> Query:
    arguments = f"{query.arguments}, {arguments}"
    text = compact(f"query {{ {query.dataset} {{ {query.name}({arguments}) {{ {query.fields} }} }} }}")
    if len(text) > LONGEST_QUERY:
        raise ValueError(f"the query has {len(text):,} characters, but Data Kiosk accepts at most {LONGEST_QUERY:,}")
    start, end = (datetime.combine(day, clock(), UTC) for day in (days[0], days[1] + timedelta(days=1)))
    return Query(query.dataset, start, end, {"query": text}, tuple(marketplaces))


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)


def _check_days(first: date, last: date, yesterday: date) -> None:
    if first > last:
        raise ValueError(f"the query ends ({last}) before it starts ({first})")
    if last > yesterday:
        raise ValueError(f"the query ends on {last}, but the last day that has ended is {yesterday}")
    if first < yesterday + timedelta(days=1) - OLDEST:
        raise ValueError(f"the query starts on {first}, more than two years ago: Data Kiosk does not have that day")


def _checked_asins(asins: Iterable[str]) -> list[str]:
    """Return the ASINs sorted, each once."""
    unique = sorted(set(asins))
    if not 1 <= len(unique) <= ASINS_PER_QUERY:
        raise ValueError(f"salesAndTrafficTrends takes 1 to {ASINS_PER_QUERY} ASINs per marketplace, not {len(unique)}")
    for asin in unique:
        if not is_asin(asin):
            raise ValueError(f"{asin!r:.40} is not an ASIN")
    return unique


def _checked_ids(marketplace_ids: Iterable[str]) -> list[str]:
    """Return the marketplace ids sorted, each once."""
    if isinstance(marketplace_ids, str):
        raise TypeError(f"pass a list of marketplace ids, not the text {marketplace_ids!r:.40}")
    unique = sorted(set(marketplace_ids))
    if not unique:
        raise ValueError("a query needs at least one marketplace")
    for marketplace_id in unique:
        if not re.fullmatch(r"[0-9A-Z]{8,20}", marketplace_id):
            raise ValueError(f"{marketplace_id!r:.40} is not a marketplace id")
    return unique
