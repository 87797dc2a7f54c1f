"""What every source of reports and queries makes of documents that are not as they were.

The documents are those of the sandbox; one thing in them is changed. A source may refuse a document or reject a record,
and says why; it never takes a wrong value for a right one.
"""

import json
import re
from collections import Counter
from decimal import Decimal

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.sources.flat_records import RAGGED
from xpert_pipeline.sources.kiosk.dataset import KioskDataset
from xpert_pipeline.sources.kiosk.queries import fields_of
from xpert_pipeline.sources.listed_report import ListedReports
from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.spapi.documents.flat_files import BadHeader
from xpert_pipeline.spapi.documents.json_lines import BadLine
from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline.tables.columns import columns_of
from xpert_pipeline_tests.assets.documents import documents, parse
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(400)]
FLAT = {
    source.step: source
    for source in SOURCES
    if (isinstance(source, WindowedReport) and source.read_lines is None)
    or (isinstance(source, Snapshot) and source.bulk is not None)
    or isinstance(source, ListedReports)
}
KIOSK = {source.step: source for source in SOURCES if isinstance(source, KioskDataset)}
SELLING = [name for name, source in KIOSK.items() if "sales" in fields_of(source.query)]
LOCAL = "1.234,56"
MOST_LINES = 60
NEW_IN_KEYS = {("Order Item ID", "return_key"): "Amazon added the column in 2026, and older documents lack it"}
"""Columns of a file that change a key of the table, and why a file may lack them nevertheless."""
NEXT_BEST = {("posted-date-time", "posted_date"): "the day in posted-date is that of UTC"}
"""Columns of a file without which a less exact one is read."""
NUMBER = re.compile(r"-?\d+(\.\d+)?")


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


@pytest.fixture(scope="module")
def found(loaded):
    return documents(loaded.traffic)


@pytest.fixture(params=FLAT)
def flat(request, found, tmp_path):
    return Case(FLAT[request.param], found, tmp_path)


@pytest.fixture(params=SELLING)
def selling(request, found, tmp_path):
    """A dataset with sales."""
    return Case(KIOSK[request.param], found, tmp_path)


@pytest.fixture(params=KIOSK)
def kiosk(request, found, tmp_path):
    return Case(KIOSK[request.param], found, tmp_path)


def without(lines, place):
    return [[cell for number, cell in enumerate(cells) if number != place] for cells in lines]


def test_a_clean_document_has_no_unknown_column(flat):
    assert [signal for signal in flat.base.signals if "unknown" in signal] == []


def test_no_load_of_a_clean_world_counted_something_unknown(books):
    """Every source, also those that read pages: what Amazon's models have is declared."""
    counted = books.admin.execute("select table_name, details::text from loads").fetchall()
    assert [(table, text) for table, text in counted if "unknown column" in text or "unknown field" in text] == []


def test_case_and_punctuation_of_the_header_do_not_matter(flat):
    def spelt(name):
        return "".join(char for char in name if char.isalnum()).swapcase()

    shouted = [[name.upper().replace("-", " ").replace(" ", "_") for name in flat.header], *flat.lines[1:]]
    assert flat.parse([[spelt(name) for name in flat.header], *flat.lines[1:]]) == flat.base
    assert flat.parse(shouted) == flat.base


def test_the_order_of_the_columns_does_not_matter(flat):
    assert flat.parse([cells[::-1] for cells in flat.lines]) == flat.base


def test_an_unknown_column_is_counted_once_and_changes_nothing(flat):
    lines = [[*flat.header, "Shiny-New"], *([*cells, "x"] for cells in flat.lines[1:])]
    parsed, base = flat.parse(lines), flat.base
    assert parsed.signals == base.signals + Counter({"unknown column Shiny-New": 1})
    assert (parsed.rows, parsed.columns, parsed.reasons) == (base.rows, base.columns, [])


def test_a_missing_column_stops_the_table_or_leaves_the_known_values(flat):
    base, needed = flat.base, []
    for place, name in enumerate(flat.header):
        try:
            parsed = flat.parse(without(flat.lines, place))
        except BadHeader as error:
            needed.append((name, place, str(error)))
            continue
        assert parsed.reasons == [], f"without {name}"
        assert len(parsed.rows) == len(base.rows), f"without {name}"
        for column in parsed.columns:
            may_be_none = column in parsed.sparse or column in flat.computed
            if (name, column) in NEW_IN_KEYS | NEXT_BEST:
                continue
            for ours, theirs in zip(parsed.values(column), base.values(column), strict=True):
                assert ours == theirs or (ours is None and may_be_none), f"{column} without {name}"
    assert needed, "a report has columns without which it says nothing"
    for name, place, said in needed:
        assert f"has no column {name}" in said
        assert f"its first line is {chr(9).join(without(flat.lines, place)[0])[:200]!r}" in said


def test_an_empty_document_is_refused_and_a_header_alone_has_no_rows(flat):
    with pytest.raises(BadHeader, match="is empty: it does not even have a header"):
        flat.parse("")
    if flat.is_listed:
        with pytest.raises(Unfit, match="no summary row"):
            flat.parse([flat.header])
    alone = flat.parse(flat.head)
    assert (alone.rows, alone.reasons) == ([], [])


def test_of_half_a_document_the_line_that_is_cut_is_rejected(flat):
    parsed = flat.parse([*flat.head, flat.body[0], flat.body[-1][:3]])
    assert len(parsed.rows) == 1
    assert parsed.reasons == [RAGGED]


def test_a_line_with_too_many_cells_is_rejected_and_the_others_are_kept(flat):
    parsed, base = flat.parse([*flat.head, [*flat.body[0], "stray"], *flat.body[1:]]), flat.base
    assert parsed.reasons == [RAGGED]
    assert parsed.rows == base.rows[1:]


@pytest.mark.parametrize(
    ("codec", "declared", "word"),
    [("utf-16", "UTF-8", "Käse 商品"), ("utf-8-sig", None, "Käse 商品"), ("cp1252", "Cp1252", "Käse"), ("shift_jis", "Shift_JIS", "商品")],
)  # fmt: skip
def test_the_charset_of_a_document_does_not_matter(flat, codec, declared, word):
    lines = [list(cells) for cells in flat.lines]
    changed = lines[len(flat.head)]
    changed[flat.wordy] = f"{word} {changed[flat.wordy]}"
    text = "".join("\t".join(cells) + "\n" for cells in lines).encode(codec, "replace").decode(codec)
    encoded = flat.parse(text.encode(codec), declared=declared)
    assert encoded == flat.parse(text)
    assert any(word in str(value) for row in encoded.rows for value in row) == (
        any(word in str(value) for row in flat.parse(text).rows for value in row)
    )
    assert encoded.reasons == []
    assert not encoded.signals.keys() - flat.base.signals.keys()


def test_a_foreign_document_is_refused_with_its_first_line(flat):
    foreign = [text for kind, text in texts(flat) if kind not in types_of(flat.source)]
    assert len(foreign) > 3
    for text in foreign:
        with pytest.raises(BadHeader, match="has no column") as refused:
            flat.parse(text)
        first = text.split("\n")[0].rstrip("\r").split("\t")[0].strip()
        assert first[:20] in str(refused.value)


def texts(case):
    """Every other document, and Amazon's own words in place of one."""
    yield from ((kind, recorded.text) for kind, recorded in case.found.items())
    yield "error", "Date range exceeded. Report can be requested only upto 30 days\n"


def test_a_number_in_a_local_format_is_never_another_number(flat):
    base, tried, refusals = flat.base, 0, []
    for place, name in enumerate(flat.header):
        cells = [line[place] for line in flat.body]
        if not all(NUMBER.fullmatch(cell) or not cell.strip() for cell in cells) or not NUMBER.fullmatch(cells[0]):
            continue
        tried += 1
        line = [*flat.body[0][:place], LOCAL, *flat.body[0][place + 1 :]]
        try:
            parsed = flat.parse([*flat.head, line, *flat.body[1:]])
        except Unfit as refused:  # the style of its amounts is decided for a document as a whole
            refusals.append(str(refused).partition(":")[0])
            continue
        if parsed.reasons:
            assert len(parsed.reasons) == 1, name
            assert LOCAL not in parsed.reasons[0], "a reason quotes no values"
            assert parsed.rows == base.rows[1:], name
            continue
        changed = [(ours, theirs) for ours, theirs in zip(parsed.rows[0], base.rows[0], strict=True) if ours != theirs]
        assert all(ours is None or isinstance(ours, str) for ours, _ in changed), f"{name}: {changed}"
        assert parsed.rows[1:] == base.rows[1:]
    assert tried
    assert refusals == (["its amounts contradict each other"] if flat.is_listed else [])


def test_amounts_of_another_currency_keep_their_own(flat):
    places = [place for place, cell in enumerate(flat.lines[1]) if cell == "INR"]
    if "currency" not in flat.table.columns or not places:
        pytest.skip("the report has no column with the currency")
    lines = [list(cells) for cells in flat.lines]
    for place in places:
        lines[len(flat.head)][place] = "USD"
    parsed, base = flat.parse(lines), flat.base
    assert parsed.values("currency") == ["USD", *base.values("currency")[1:]]
    amounts = [column for column in parsed.columns if column != "currency"]
    assert [parsed.values(column) for column in amounts] == [base.values(column) for column in amounts]


def objects(kiosk):
    return [json.loads(line, parse_float=Decimal) for line in kiosk.text.splitlines()]


def text_of(records):
    return "".join(json.dumps(record, default=float) + "\n" for record in records)


def changed(record, path, value):
    """A copy of a record with another value."""
    name, _, rest = path.partition(".")
    return record | {name: changed(record[name], rest, value) if rest else value}


def amount_path(record):
    """The path of an amount that is not 0."""
    sales = record["sales"]
    return next(f"sales.{name}" for name, value in sales.items() if isinstance(value, dict) and value["amount"])


def sold(kiosk):
    """The place of a record with sales, and all records."""
    records = objects(kiosk)
    return next(place for place, record in enumerate(records) if record["sales"]["unitsOrdered"]), records


def test_the_order_of_fields_and_records_does_not_matter(kiosk):
    records = [dict(reversed(record.items())) for record in objects(kiosk)]
    assert kiosk.parse(text_of(records)) == kiosk.base
    assert sorted(map(str, kiosk.parse(text_of(records[::-1])).rows)) == sorted(map(str, kiosk.base.rows))


def test_a_field_that_was_not_asked_for_is_counted_and_changes_nothing(kiosk):
    records = [record | {"shinyNew": {"grams": 3}} for record in objects(kiosk)]
    parsed, base = kiosk.parse(text_of(records)), kiosk.base
    assert parsed.signals == base.signals + Counter({"unknown field shinyNew": len(records)})
    assert parsed.rows == base.rows


def test_an_empty_answer_has_no_rows(kiosk):
    parsed = kiosk.parse("")
    assert (parsed.rows, parsed.reasons) == ([], [])


def test_half_a_document_of_records_is_refused_with_the_line(kiosk):
    lines = kiosk.text.splitlines(keepends=True)
    with pytest.raises(BadLine, match="line 2 is not JSON"):
        kiosk.parse(lines[0] + lines[1][:-40])


@pytest.mark.parametrize(("codec", "declared"), [("utf-16", "UTF-8"), ("utf-8-sig", None), ("cp1252", "Cp1252")])
def test_the_charset_of_records_does_not_matter(kiosk, codec, declared):
    assert kiosk.parse(kiosk.text.encode(codec), declared=declared) == kiosk.base


def test_documents_of_others_are_refused_or_named(kiosk):
    same_dataset = {
        name
        for source in SOURCES
        if isinstance(source, KioskDataset) and source.query.dataset == kiosk.source.query.dataset
        for name in types_of(source)
    }
    for kind, text in texts(kiosk):
        if kind in types_of(kiosk.source):
            continue
        try:
            parsed = kiosk.parse(text)
        except BadAnswer as error:
            said = str(error)
        else:
            said = " ".join([*parsed.reasons, *parsed.signals])
            if parsed.reasons and not parsed.rows and kind in same_dataset:
                continue  # records of another query of the same dataset
        assert "line 1 is not JSON" in said or "unknown field" in said, kind


@pytest.mark.parametrize("value", [LOCAL, "1,5", "12 345", True])
def test_a_local_number_among_records_is_never_another_number(selling, value):
    place, records = sold(selling)
    base = selling.base
    for path in (f"{amount_path(records[place])}.amount", "sales.unitsOrdered"):
        records_ = [*records]
        records_[place] = changed(records[place], path, value)
        parsed = selling.parse(text_of(records_))
        assert len(parsed.reasons) == 1, path
        assert str(value) not in parsed.reasons[0], "a reason quotes no values"
        assert parsed.rows == [row for number, row in enumerate(base.rows) if number != place]


def test_a_record_with_two_currencies_is_rejected(selling):
    place, records = sold(selling)
    records[place] = changed(records[place], f"{amount_path(records[place])}.currencyCode", "USD")
    parsed, base = selling.parse(text_of(records)), selling.base
    assert parsed.reasons == ["its amounts are in INR and USD"]
    assert parsed.rows == [row for number, row in enumerate(base.rows) if number != place]


@pytest.mark.parametrize(("field", "value"), [("startDate", None), ("marketplaceId", "ATVPDKIKX0DER"), ("endDate", "2020-01-01")])  # fmt: skip
def test_a_record_of_another_day_or_store_is_rejected(kiosk, field, value):
    records = objects(kiosk)
    records[0] = records[0] | {field: value}
    parsed = kiosk.parse(text_of(records))
    assert len(parsed.reasons) == 1
    assert parsed.rows == kiosk.base.rows[1:]
