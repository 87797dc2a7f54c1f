"""A report type as a domain declares it, and its documents."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from xpert_pipeline.sandbox.faults import DOWNLOAD, Faults
from xpert_pipeline.sandbox.jobs.documents import Document, pack, plain, reason
from xpert_pipeline.sandbox.jobs.fault_kinds import CONTENT
from xpert_pipeline.sandbox.jobs.report_limits import AppPlan
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.jobs.statuses import FATAL
from xpert_pipeline.sandbox.world.records import World

XML_ENCODINGS = {"UTF-8": "UTF-8", "Cp1252": "windows-1252"}
"""Name of an encoding in the Content-Type → its name in XML."""


class ReportInput(NamedTuple):
    """The input for writing a report.

    Attributes:
        world: The seller's world.
        report: The report: its window, marketplaces and options.
        encoding: Name of the document's encoding in the Content-Type.
        faults: Faults that strike this document in the places of its report type.
    """

    world: World
    report: Report
    encoding: str
    faults: tuple[str, ...]


class MadeReport(NamedTuple):
    """A report that Amazon made by itself. Times are seconds since 1970.

    Attributes:
        name: What tells it from all other reports of its type.
        document: What tells its document from others; two reports may have the same document.
        created: When it was made.
        start: Start of the period that it covers.
        end: End of that period.
        marketplace_ids: Its stores.
        options: What its writer needs to know of it; nobody can see them.
    """

    name: str
    document: str
    created: int
    start: int
    end: int
    marketplace_ids: tuple[str, ...]
    options: Mapping[str, str]


def without_options(_options: Any) -> dict[str, str]:
    """Return no options, for a report type that has none and ignores those requested."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportKind:
    """One report type.

    Attributes:
        name: Amazon's name.
        roles: Any one of these roles is enough to request it.
        content_type: Content type of its documents, without the charset.
        count: Counts its rows; a report without rows ends CANCELLED.
        refusal: Returns why a report ends FATAL, None if it does not; such types have no CANCELLED reports.
        write: Writes the document in pieces.
        minimum_seconds: Shortest time between two equal reports; None if Amazon sets none. It is half an hour for
            near-real-time FBA reports, and four hours for daily ones.
        has_window: Whether it covers a window of time; otherwise it shows the current state.
        longest_seconds: Longest window; None if any window is allowed.
        options: Reads the request's options, adds the defaults, and rejects unknown ones with an ApiError.
        app_plan: The plan that all sellers of the app share; None if there is none.
        fault_places: Places of the faults that change its content.
        made: Returns the reports that Amazon makes by itself, newest first; then nobody can request the type.
    """

    name: str
    roles: tuple[str, ...]
    content_type: str
    count: Callable[[World, Report], int]
    write: Callable[[ReportInput], Iterator[str]]
    minimum_seconds: int | None
    refusal: Callable[[World, Report], str | None] | None = None
    has_window: bool = True
    longest_seconds: float | None = None
    options: Callable[[Any], dict[str, str]] = without_options
    app_plan: AppPlan | None = None
    fault_places: tuple[str, ...] = ()
    made: Callable[[World], Sequence[MadeReport]] | None = None

    def document(self, faults: Faults, world: World, report: Report) -> Document:
        """Write the document of a finished report."""
        if report.error is not None:
            return reason(report.error) if report.fate == FATAL else plain(report.error)
        is_cp1252 = "cp1252-report" in faults.due(CONTENT, DOWNLOAD, report.seller_id)
        encoding = "Cp1252" if is_cp1252 else "UTF-8"
        names = [name for place in self.fault_places for name in faults.due(place, DOWNLOAD, report.seller_id)]
        return pack(self.write(ReportInput(world, report, encoding, tuple(names))), encoding, self.content_type)
