"""Lists the finished reports of a type that Amazon has made by itself (getReports); they cannot be requested."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from xpert_pipeline.spapi.operations.paging import PagedOperation
from xpert_pipeline.spapi.operations.times import from_amazon, to_amazon
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.session import SellerApi

KEPT_FOR = timedelta(days=90)
"""How long Amazon keeps reports."""
CLOCKS_DIFFER = timedelta(minutes=5)
"""Amazon refuses to list reports of more than 90 days ago, by its own clock."""
LISTING = PagedOperation("getReports", "reports", identity=("reportId",), longest=200, token_alone=True)
"""A later page is asked for by its token alone. 200 pages have 20,000 reports, more than an account gets in 90 days."""


@dataclass(frozen=True, slots=True)
class ListedReport:
    """A finished report as Amazon lists it.

    Attributes:
        report_id: Amazon's id of the report.
        document_id: Amazon's id of its document.
        created_at: When Amazon made it; None if Amazon does not say so.
        start: Start of the period that it covers.
        end: End of that period.
        marketplace_ids: Its marketplaces; empty if it belongs to the account as a whole.
    """

    report_id: str
    document_id: str
    created_at: datetime | None
    start: datetime | None
    end: datetime | None
    marketplace_ids: tuple[str, ...]


def list_finished_reports(api: SellerApi, report_type: str) -> list[ListedReport]:
    """Return the finished reports of a type of the last 90 days for all marketplaces, newest first.

    Each document is listed once, however often Amazon repeats it. An entry without a document is left out.

    Raises:
        SpApiError: Amazon did not list them.
    """
    found: dict[str, ListedReport] = {}
    since = api.server_now() - KEPT_FOR + CLOCKS_DIFFER
    for page in LISTING.pages(
        api,
        reportTypes=[report_type],
        processingStatuses=["DONE"],
        pageSize=usage_plans.page("getReports"),
        createdSince=to_amazon(since),
    ):
        if page.is_first:
            found.clear()
        found |= {report.document_id: report for report in _reports(page.records, report_type)}
    return sorted(found.values(), key=lambda report: report.created_at or since, reverse=True)


def _reports(entries: list[object], report_type: str) -> Iterator[ListedReport]:
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("reportType", report_type) != report_type:
            continue
        report_id, document_id = entry.get("reportId"), entry.get("reportDocumentId")
        if not report_id or not document_id:
            continue
        yield ListedReport(
            report_id=str(report_id),
            document_id=str(document_id),
            created_at=from_amazon(entry.get("createdTime")),
            start=from_amazon(entry.get("dataStartTime")),
            end=from_amazon(entry.get("dataEndTime")),
            marketplace_ids=tuple(str(name) for name in entry.get("marketplaceIds") or ()),
        )
