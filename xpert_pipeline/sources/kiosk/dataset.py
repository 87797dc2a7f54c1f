"""Kind 4: a Data Kiosk dataset with one record per marketplace-local day, or per product and day."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.kiosk.queries import KioskQuery, fields_of, query_days
from xpert_pipeline.sources.rows import unknown_fields
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import Probe
from xpert_pipeline.sources.windowed import WindowedJobs
from xpert_pipeline.sources.windows import DayWindow
from xpert_pipeline.spapi.documents.download import DATA_KIOSK, Document
from xpert_pipeline.spapi.documents.json_lines import read_objects
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job
from xpert_pipeline.spapi.jobs.kiosk_queries import days_of
from xpert_pipeline.spapi.jobs.query_api import QueryApi
from xpert_pipeline.spapi.session import SellerApi


@dataclass(frozen=True, kw_only=True)
class KioskDataset(WindowedJobs):
    """A table filled by Data Kiosk queries, one record for each day, or for each product and day.

    Attributes:
        query: The query; a subclass may also use other queries.
        product: Record field with the id of the product, which is the last column of the table's key; empty for records
            of a whole marketplace.
    """

    query: KioskQuery
    product: str = ""

    rank: ClassVar[int] = 1
    job_api = QueryApi()
    document_source = DATA_KIOSK
    create = "createQuery"
    fetch_document = "getDocument"
    noun = ("query", "queries")

    @property
    def types(self) -> tuple[str, ...]:
        """The dataset."""
        return (self.query.dataset,)

    @property
    def how(self) -> str:
        """How much one query covers."""
        return f"one query covers up to {self.longest} days"

    def requests(self, run: SellerRun, window: DayWindow) -> tuple[JobRequest, ...]:
        """One query for all days and marketplaces of a window."""
        yesterday = max(market.yesterday for market in window.markets)
        return (query_days(self.query, window.marketplace_ids, window.first, window.last, yesterday=yesterday),)

    @property
    def queries(self) -> tuple[KioskQuery, ...]:
        """All queries that the source uses. Other sources may use other queries of the same dataset."""
        return (self.query,)

    def is_own(self, request: JobRequest) -> bool:
        """Whether a request is for one of the source's queries."""
        text = str((request.options or {}).get("query", ""))
        return any(f"{{{query.name}(" in text for query in self.queries)

    def days_of(self, run: SellerRun, request: JobRequest) -> list[date]:
        """The local days that a query covers."""
        return days_of(request)

    def read(self, document: Document, job: Job) -> Iterator[Any]:
        """The objects of a document of JSON lines."""
        with document.open_text() as lines:
            yield from read_objects(lines, source=f"Data Kiosk query {job.amazon_id}")

    def row(self, record: Any, requested: Requested, signals: Counter[str]) -> Row:
        """Turn one record into a row; count fields that were not asked for, as they are of another query."""
        signals.update(unknown_fields(record, fields_of(self.query)))
        return super().row(record, requested, signals)

    def key_of(self, record: Any, requested: Requested) -> Row:
        """Return the marketplace, day and product of the record, if they can be read."""
        day_column = self.table.day or ""
        try:
            day: date | None = date.fromisoformat(record["startDate"])
        except (KeyError, TypeError, ValueError):
            day = None
        marketplace, product = record.get("marketplaceId"), record.get(self.product)
        if marketplace not in requested.marketplace_ids:
            marketplace = requested.marketplace_ids[0]
        key = {"marketplace_id": marketplace, day_column: day}
        if self.product:
            key[self.table.key[-1]] = product if isinstance(product, str) else None
        return key

    def probe(self, api: SellerApi, market: Market, now: datetime) -> Probe | None:
        """List one query; this needs the same role as creating one."""
        api.call("getQueries", expects={"queries": list}, pageSize=1)
        return Probe(f"Data Kiosk ({self.query.dataset})")
