"""Documents of the sandbox in which a test changes one thing, each with the source that reads it."""

from xpert_pipeline.sources.kiosk.dataset import KioskDataset
from xpert_pipeline.sources.listed_report import ListedReports
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.tables.columns import columns_of
from xpert_pipeline_tests.assets.documents import parse

LOCAL = "1.234,56"
"""A number as other countries write it."""
MOST_LINES = 60


def types_of(source):
    """The names that a source's documents may have."""
    if isinstance(source, KioskDataset):
        return [query.name for query in source.queries]
    if isinstance(source, ListedReports):
        return [source.report]
    return [source.bulk.report_type] if isinstance(source, Snapshot) else list(source.types)


class Case:
    """A source with its document, which a test may change."""

    def __init__(self, source, found, folder):
        self.source, self.found, self.folder = source, found, folder
        own = [found[name] for name in types_of(source) if name in found]
        assert own, f"the sandbox wrote no {types_of(source)} for the whole job"
        self.recorded = max(own, key=lambda each: len(each.text))
        self.text = "".join(self.recorded.text.splitlines(keepends=True)[:MOST_LINES])
        self.lines = [line.rstrip("\r").split("\t") for line in self.text.split("\n") if line]
        self.header = self.lines[0]
        self.is_listed = isinstance(source, ListedReports)
        self.head = self.lines[: 2 if self.is_listed else 1]
        self.body = self.lines[len(self.head) :]

    @property
    def table(self):
        """The table of the lines."""
        return self.source.lines if self.is_listed else self.source.tables[0]

    def parse(self, content=None, **options):
        """What the source makes of lines, text or bytes; of its own document without them."""
        if isinstance(content, list):
            content = "".join("\t".join(cells) + "\n" for cells in content)
        return parse(self.source, self.recorded, self.text if content is None else content, self.folder, **options)

    @property
    def base(self):
        base = self.parse()
        assert base.rows
        assert base.reasons == []
        return base

    @property
    def computed(self):
        """Columns that no column of the file fills."""
        return {column.name for column in columns_of(self.table.row) if column.at is None}

    @property
    def wordy(self):
        """The place of the column with the most words; dates are none."""
        return max(
            range(len(self.header)),
            key=lambda place: sum(" " in line[place].strip("0123456789.: UTC") for line in self.body),
        )


def texts(case):
    """Every other document, and Amazon's own words in place of one."""
    yield from ((kind, recorded.text) for kind, recorded in case.found.items())
    yield "error", "Date range exceeded. Report can be requested only upto 30 days\n"
