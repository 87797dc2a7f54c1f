"""What every source of pages and look-ups makes of a record in which one thing has changed."""

import re
from decimal import Decimal

import pytest

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.sources.changes import ChangeFeed
from xpert_pipeline.sources.lookup import BatchLookup
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline_tests.assets.cases import LOCAL
from xpert_pipeline_tests.assets.records import leaves, read, read_all, replaced, turned
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.granted import INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(400)]
KINDS = (Snapshot, ChangeFeed, BatchLookup)
STEPS = [source.step for source in SOURCES if isinstance(source, KINDS) and source.is_offered_in(INDIA)]
NUMBER = re.compile(r"-?\d+(\.\d+)?")


@pytest.fixture(params=STEPS)
def sample(request, loaded):
    return loaded.samples[request.param]


def is_number(value):
    is_written = isinstance(value, str) and NUMBER.fullmatch(value)
    return bool(is_written) or (isinstance(value, (int, float, Decimal)) and not isinstance(value, bool))


def other_numbers(ours, theirs):
    """Numbers of Amazon in the rows of a record that are not where they were: table, column and number."""
    for table in TABLES:
        rows, mine = theirs.rows.get(table.name, []), ours.rows.get(table.name, [])
        for place, row in enumerate(mine):
            for name, value in row.items():
                # a part that is gone moves the parts after it
                known = [rows[place][name]] if len(mine) == len(rows) else [each[name] for each in rows]
                if is_number(value) and value not in known and name not in table.key:
                    yield table.name, name, value


def test_a_number_of_a_record_in_a_local_format_is_never_another_number(sample, tmp_path):
    base, tried = read(sample, sample.record, tmp_path), 0
    assert base.reasons == []
    for path, value in leaves(sample.record):
        if not is_number(value):
            continue
        tried += 1
        found = read(sample, replaced(sample.record, path, LOCAL), tmp_path)
        assert not any(LOCAL in reason for reason in found.reasons), "a reason quotes no values"
        if not found.reasons:
            assert [*other_numbers(found, base)] == [], path
    assert tried or not any(
        map(is_number, (value for row in base.rows[sample.source.tables[0].name] for value in row.values()))
    )


def test_the_order_of_fields_and_records_does_not_matter(sample, tmp_path):
    base = read_all(sample, sample.records, tmp_path)
    assert base.reasons == []
    assert read_all(sample, [turned(record) for record in sample.records], tmp_path) == base
    backwards = read_all(sample, sample.records[::-1], tmp_path)
    assert backwards.reasons == []
    for table, rows in base.rows.items():
        assert sorted(map(str, backwards.rows[table])) == sorted(map(str, rows)), table


def test_a_value_that_a_record_lacks_is_never_another_value(sample, tmp_path):
    base = read(sample, sample.record, tmp_path)
    for path, _ in leaves(sample.record):
        found = read(sample, replaced(sample.record, path, None), tmp_path)
        if not found.reasons:
            assert [*other_numbers(found, base)] == [], path


@pytest.mark.parametrize("foreign", [{}, [], "Too many requests", {"errors": [{"code": "InternalFailure"}]}])
def test_a_foreign_record_is_rejected_whole(sample, tmp_path, foreign):
    record = sample.record
    if isinstance(sample.source, Snapshot):
        record = (foreign, None)
    elif isinstance(sample.source, BatchLookup):
        record = (record[0], foreign)
    else:
        record = foreign
    found = read(sample, record, tmp_path)
    assert found.reasons
    assert not any(found.rows.values())


def test_no_load_of_a_clean_world_counted_something_unknown(books):
    """Every source, also those that read pages: what Amazon's models have is declared."""
    counted = books.admin.execute("select table_name, details::text from loads").fetchall()
    assert [(table, text) for table, text in counted if "unknown column" in text or "unknown field" in text] == []
