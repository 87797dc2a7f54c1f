"""A report for the whole account whose lines name the country and the day that they are about."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from xpert_pipeline.sources.collect import Row, Unfit
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.documents.download import Document
from xpert_pipeline.spapi.jobs.job import Job
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.tables.columns import At, columns_of

logger = logging.getLogger(__name__)
COUNTRIES = {"UK": "GB"}
"""Country codes that a report may use, and those that the list of marketplaces has."""


@dataclass(frozen=True, kw_only=True)
class AccountReport(WindowedReport):
    """A report for the account: each line becomes a row of the marketplace in its country.

    Lines of a country in which the seller has no marketplace become rows of the first marketplace, and are counted.
    Amazon may take the dates of the requested times in another time zone: lines of the day before a window and of the
    day after it are left to the windows of these days. Lines of other days are rejected.

    Attributes:
        country: Column of the table with the country.
    """

    country: str
    is_for_account: bool = True

    def read(self, document: Document, job: Job) -> Iterator[Any]:
        """The lines of the document, without those of the days beside its window."""
        start, end = job.request.start, job.request.end
        assert start is not None
        assert end is not None
        zone = by_id(job.request.marketplace_ids[0]).zone
        first, after = start.astimezone(zone).date(), end.astimezone(zone).date()
        beside, left, at = {first - timedelta(days=1), after}, 0, self._day_at()
        for line in super().read(document, job):
            if at.read is not None and at.read(line.get(at.path)) in beside:
                left += 1
            else:
                yield line
        if left:
            logger.debug("%s: %d lines of the days beside its window were left to other windows", job, left)

    def row(self, record: Any, requested: Requested, signals: Counter[str]) -> Row:
        """One line as a row of the marketplace in its country.

        Raises:
            Unfit: The line has more or fewer cells than the header, or another day than those that were requested.
        """
        row = super().row(record, requested, signals)
        day = row[self.table.day or ""]
        if day is not None and day not in requested.days:
            raise Unfit(f"it is a line of {day}, which was not requested", may_be=None)
        return row | {"marketplace_id": _market(row[self.country], requested.markets, signals).id}

    def key_of(self, record: Any, requested: Requested) -> Row:
        """The readable part of the key of a line, with the marketplace in its country."""
        key = super().key_of(record, requested)
        return key | {"marketplace_id": _market(key.get(self.country), requested.markets, Counter()).id}

    def _day_at(self) -> At:
        """Where a line has its day."""
        at = next(column.at for column in columns_of(self.table.row) if column.name == self.table.day)
        assert at is not None, f"{self.table.name}: its day needs a path (At)"
        return at


def _market(country: Any, markets: Sequence[Market], signals: Counter[str]) -> Market:
    """The marketplace of a country; the first one if the seller has none there."""
    code = COUNTRIES.get(str(country), str(country))
    for market in markets:
        if market.place.country == code:
            return market
    signals[f"lines of {code[:10]}, where the seller has no marketplace"] += 1
    return markets[0]
