"""The merchant listings report."""

from collections.abc import Iterator
from dataclasses import replace

from xpert_pipeline.sandbox.catalog.faults import FAULTS, REPORT, SHORT_REPORT, spoilt_lines
from xpert_pipeline.sandbox.catalog.merchant_listings import merchant_listings
from xpert_pipeline.sandbox.jobs.report_kind import ReportInput, ReportKind
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.serving.fault_kinds import TITLES
from xpert_pipeline.sandbox.serving.titles import faulty_title
from xpert_pipeline.sandbox.world.records import World


def _count(world: World, report: Report) -> int:
    return len(world.listings_of(report.marketplace_ids))


def _write(content: ReportInput) -> Iterator[str]:
    listings = content.world.listings_of(content.report.marketplace_ids)
    own = [kind.name for kind in FAULTS if kind.place == REPORT]
    for fault in content.faults:
        if fault == SHORT_REPORT:
            listings = listings[: len(listings) // 2]
        elif listings and fault not in own:
            listings[0] = replace(listings[0], title=faulty_title(listings[0].title, fault))
    lines = merchant_listings(listings)
    for fault in content.faults:
        if fault in own and fault != SHORT_REPORT:
            lines = spoilt_lines(lines, fault)
    return lines


MERCHANT_LISTINGS = ReportKind(
    name="GET_MERCHANT_LISTINGS_ALL_DATA",
    roles=("Product Listing",),
    content_type="text/tab-separated-values",
    count=_count,
    write=_write,
    minimum_seconds=None,
    has_window=False,
    fault_places=(TITLES, REPORT),
)
