"""What the report of searches, one JSON document, makes of a document that is not as it was; see `test_flat_drift`."""

import json
from decimal import Decimal

import pytest

from xpert_pipeline.assets.sales.search_query_performance import SOURCE
from xpert_pipeline.spapi.documents.json_document import BadDocument
from xpert_pipeline_tests.assets.cases import LOCAL
from xpert_pipeline_tests.assets.documents import parse
from xpert_pipeline_tests.assets.records import leaves, replaced, turned
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(400)]
RECORDS = "dataByAsin"


class Searches:
    """A document of the sandbox, which a test may change."""

    def __init__(self, recorded, folder):
        self.recorded, self.folder = recorded, folder
        self.document = json.loads(recorded.text, parse_float=Decimal)

    def text(self, records=None):
        document = self.document if records is None else {**self.document, RECORDS: records}
        return json.dumps(document, default=float, ensure_ascii=False)

    def read(self, content, **options):
        return parse(SOURCE, self.recorded, content, self.folder, **options)


@pytest.fixture
def searches(found, tmp_path):
    return Searches(found[SOURCE.report], tmp_path)


@pytest.fixture
def base(searches):
    base = searches.read(searches.text())
    assert base.rows
    assert base.reasons == []
    return base


def test_the_order_of_fields_and_records_does_not_matter(searches, base):
    records = [turned(record) for record in searches.document[RECORDS]]
    assert searches.read(searches.text(records)) == base
    assert sorted(map(str, searches.read(searches.text(records[::-1])).rows)) == sorted(map(str, base.rows))


@pytest.mark.parametrize(("codec", "declared"), [("utf-16", "UTF-8"), ("utf-8-sig", None), ("cp1252", "Cp1252")])
def test_the_charset_of_the_document_does_not_matter(searches, codec, declared):
    first, *others = searches.document[RECORDS]
    word = "Käse" if codec == "cp1252" else "Käse साड़ी"
    records = [replaced(first, ("searchQueryData", "searchQuery"), word), *others]
    text = searches.text(records).encode(codec, "replace").decode(codec)
    encoded = searches.read(text.encode(codec), declared=declared)
    assert encoded == searches.read(text)
    assert word in encoded.values("search_query")
    assert encoded.reasons == []


@pytest.mark.parametrize("value", [LOCAL, "1,5", "12 345", True])
def test_a_number_in_a_local_format_is_never_another_number(searches, base, value):
    """A record with a number that nobody can read is rejected whole; the others are loaded."""
    first, *others = searches.document[RECORDS]
    numbers = [
        path for path, known in leaves(first) if isinstance(known, (int, Decimal)) and not isinstance(known, bool)
    ]
    refused = 0
    for path in numbers:
        found = searches.read(searches.text([replaced(first, path, value), *others]))
        if not found.reasons:
            assert found.rows == base.rows, f"{path} is not read"
            continue
        refused += 1
        assert len(found.reasons) == 1, path
        assert str(value) not in found.reasons[0], "a reason quotes no values"
        assert found.rows == base.rows[1:], path
    assert refused > 5


def test_half_a_document_and_somebody_elses_are_refused(searches, found):
    text = searches.text()
    for content in (text[: len(text) // 2], "", *(each.text for kind, each in found.items() if kind != SOURCE.report)):
        with pytest.raises(BadDocument, match="the document is not JSON, or it is cut off|has no list dataByAsin"):
            searches.read(content)
