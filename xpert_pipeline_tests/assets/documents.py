"""Documents of the recorded traffic, and what a source makes of a document that has changed."""

import gzip
import json
import re
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from xpert_pipeline.partitions import local_today
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.sources.collect import collecting
from xpert_pipeline.sources.collected_rows import TableRows
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.listed_collecting import collecting_contents
from xpert_pipeline.sources.listed_document import ListedDocument
from xpert_pipeline.sources.listed_report import ListedReports
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.sources.snapshot_report import collect_listed
from xpert_pipeline.sources.weekly_report import WeeklyReport
from xpert_pipeline.sources.window_documents import collect_document, collecting_window
from xpert_pipeline.spapi.documents.charsets import charset_of
from xpert_pipeline.spapi.documents.download import Document
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job, JobState
from xpert_pipeline.spapi.jobs.listed_reports import ListedReport
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline_tests.sandbox.client import INDIA

QUERY = re.compile(r"analytics_\w+\s*{\s*(\w+)")


@dataclass(frozen=True)
class Recorded:
    """A document of the sandbox.

    Attributes:
        kind: Report type, or name of the query.
        text: Its text.
        start: Start of the requested window, if it has one.
        end: Its end.
    """

    kind: str
    text: str
    start: datetime | None
    end: datetime | None


@dataclass
class Parsed:
    """What a source made of a document.

    Attributes:
        rows: Valid rows, as tuples of the columns.
        columns: The columns that the source fills.
        sparse: Those in which NULL leaves the known value.
        reasons: Why records were rejected.
        signals: What was counted.
    """

    rows: list[tuple] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    sparse: frozenset[str] = frozenset()
    reasons: list[str] = field(default_factory=list)
    signals: Counter[str] = field(default_factory=Counter)

    def values(self, column):
        """The values of a column, in the order of the document."""
        place = self.columns.index(column)
        return [row[place] for row in self.rows]


def documents(traffic):
    """The longest recorded document of each report type and query."""
    contents = {call.path.rsplit("/", 1)[-1]: call for call in traffic.exchanges if call.path.startswith("/documents/")}
    found = {}
    addresses = {}
    for call in traffic.calls:
        answer = _answer(call)
        if url := answer.get("url") or answer.get("documentUrl"):
            addresses[call.path.rsplit("/", 1)[-1]] = url.partition("?")[0].rsplit("/", 1)[-1]
    for call in traffic.calls:
        answer = _answer(call)
        for job in [answer, *answer.get("reports", ()), *answer.get("queries", ())]:
            document = job.get("reportDocumentId") or job.get("dataDocumentId")
            content = contents.get(addresses.get(document))
            if content is not None and ("reportType" in job or "query" in job):
                record = _recorded(job, content)
                if len(record.text) > len(found.get(record.kind, record).text) or record.kind not in found:
                    found[record.kind] = record
    return found


def _answer(call):
    """The object in an answer; some operations answer with a list."""
    answer = json.loads(call.answer) if call.status in (200, 202) and call.answer else {}
    return answer if isinstance(answer, dict) else {}


def _recorded(job, content):
    raw = content.answer
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode(content.charset or "utf-8")
    if "query" in job:
        days = re.findall(r'(?:startDate|endDate):\s*"([\d-]+)"', job["query"])
        return Recorded(QUERY.search(job["query"]).group(1), text, *(datetime.fromisoformat(day) for day in days[:2]))
    bounds = [job.get(name) for name in ("dataStartTime", "dataEndTime")]
    return Recorded(job["reportType"], text, *(bound and datetime.fromisoformat(bound) for bound in bounds))


def market() -> Market:
    place = by_id(INDIA)
    return Market(place, Scope(uuid4(), place.id, place.timezone), (), local_today(place.timezone))


def parse(source, recorded, content, folder, *, declared="UTF-8"):
    """Let a source read a document: text, or bytes with a declared charset.

    Raises:
        BadAnswer: The source refuses the whole document.
        Unfit: It refuses the document of a report that Amazon made by itself, as nobody can tell what it says.
    """
    with kept_rows() as kept:
        return _parse(kept, source, recorded, content, folder, declared)


@contextmanager
def kept_rows():
    """Remember the valid rows of every collector: the spool has only their text."""
    kept, write = defaultdict(list), TableRows.write

    def remember(part, rows):
        kept[id(part)] += [tuple(row[name] for name in part.columns) for row in rows]
        write(part, rows)

    TableRows.write = remember
    try:
        yield kept
    finally:
        TableRows.write = write


def _parse(kept, source, recorded, content, folder, declared):
    path = folder / f"document-{uuid4().hex}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    document = Document(path, charset_of(path, declared), path.stat().st_size)
    if isinstance(source, Snapshot):
        with collecting(folder, source.tables, lambda record: record) as (_, collector):
            collect_listed(source.bulk, market(), document, collector)
            return _parsed(kept, collector)
    if isinstance(source, ListedReports):
        listed = ListedReport("1", "1", recorded.end, recorded.start, recorded.end, (INDIA,))
        made = ListedDocument(document, listed, source.report, source.needs, source.optional)
        with collecting_contents(folder, source, made, source.read(made), market()) as (lines, _, _):
            return _parsed(kept, lines)
    job = _job(source, recorded)
    is_weekly = isinstance(source, WeeklyReport)
    days = frozenset(source.days_of(None, job.request)) if is_weekly else days_of(recorded)
    requested = Requested((market(),), days)
    with collecting_window(folder, source, requested) as (_, collector):
        collect_document(source, document, job, collector)
        return _parsed(kept, collector)


def _parsed(kept, collector):
    main = collector.main
    reasons = [reject.reason for reject in main.rejects]
    rows = kept[id(main)][len(kept[id(main)]) - len(main.spool) :]
    return Parsed(rows, main.columns, main.sparse, reasons, Counter(collector.signals))


def _job(source, recorded):
    now = datetime.now(UTC)
    request = JobRequest(source.types[0], recorded.start, recorded.end, None, (INDIA,))
    return Job(uuid4(), request, JobState.DONE, now, now, amazon_id="1", document_id="1", created_at=now)


def days_of(recorded):
    """The local days of the request: of a report half-open in time, of a query with both ends."""
    if recorded.start is None:
        return frozenset()
    zone = by_id(INDIA).zone
    first, last = recorded.start, recorded.end
    if first.tzinfo is not None:
        first, last = first.astimezone(zone), (last - timedelta(seconds=1)).astimezone(zone)
    return frozenset(first.date() + timedelta(days=n) for n in range((last.date() - first.date()).days + 1))
