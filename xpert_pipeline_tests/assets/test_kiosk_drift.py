"""What every Data Kiosk dataset makes of an answer that is not as it was; see `test_flat_drift`."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.sources.kiosk.dataset import KioskDataset
from xpert_pipeline.sources.kiosk.queries import fields_of
from xpert_pipeline.spapi.documents.json_lines import BadLine
from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline_tests.assets.cases import LOCAL, Case, texts, types_of
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(400)]
KIOSK = {source.step: source for source in SOURCES if isinstance(source, KioskDataset)}
SELLING = [name for name, source in KIOSK.items() if "sales" in fields_of(source.query)]


@pytest.fixture(params=SELLING)
def selling(request, found, tmp_path):
    """A dataset with sales."""
    return Case(KIOSK[request.param], found, tmp_path)


@pytest.fixture(params=KIOSK)
def kiosk(request, found, tmp_path):
    return Case(KIOSK[request.param], found, tmp_path)


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
