"""What every source of flat files makes of a file that is not as it was.

The documents are those of the sandbox; one thing in them is changed. A source may refuse a document or reject a record,
and says why; it never takes a wrong value for a right one.
"""

import re
from collections import Counter

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.sources.flat_records import RAGGED
from xpert_pipeline.sources.listed_report import ListedReports
from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.spapi.documents.flat_files import BadHeader
from xpert_pipeline_tests.assets.cases import LOCAL, Case, texts, types_of
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(400)]
FLAT = {
    source.step: source
    for source in SOURCES
    if (isinstance(source, WindowedReport) and source.read_lines is None)
    or (isinstance(source, Snapshot) and source.bulk is not None)
    or isinstance(source, ListedReports)
}
NEW_IN_KEYS = {("Order Item ID", "return_key"): "Amazon added the column in 2026, and older documents lack it"}
"""Columns of a file that change a key of the table, and why a file may lack them nevertheless."""
NEXT_BEST = {("posted-date-time", "posted_date"): "the day in posted-date is that of UTC"}
"""Columns of a file without which a less exact one is read."""
NUMBER = re.compile(r"-?\d+(\.\d+)?")


@pytest.fixture(params=FLAT)
def flat(request, found, tmp_path):
    return Case(FLAT[request.param], found, tmp_path)


def without(lines, place):
    return [[cell for number, cell in enumerate(cells) if number != place] for cells in lines]


def test_a_clean_document_has_no_unknown_column(flat):
    assert [signal for signal in flat.base.signals if "unknown" in signal] == []


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
