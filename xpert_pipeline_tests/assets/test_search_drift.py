"""What the weekly reports, each one JSON document, make of a document that is not as it was; see `test_flat_drift`."""

import json
from decimal import Decimal

import pytest

from xpert_pipeline.assets.sales.repeat_purchases import SOURCE as REPEATS
from xpert_pipeline.assets.sales.search_query_performance import SOURCE as SEARCHES
from xpert_pipeline.spapi.documents.json_document import BadDocument
from xpert_pipeline_tests.assets.cases import LOCAL
from xpert_pipeline_tests.assets.documents import parse
from xpert_pipeline_tests.assets.records import leaves, replaced, turned
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(400)]
RECORDS = "dataByAsin"


class Weekly:
    """A document of the sandbox, which a test may change."""

    def __init__(self, source, recorded, folder):
        self.source, self.recorded, self.folder = source, recorded, folder
        self.document = json.loads(recorded.text, parse_float=Decimal)

    def text(self, records=None):
        document = self.document if records is None else {**self.document, RECORDS: records}
        return json.dumps(document, default=float, ensure_ascii=False)

    def read(self, content, **options):
        return parse(self.source, self.recorded, content, self.folder, **options)


@pytest.fixture(params=[SEARCHES, REPEATS], ids=lambda source: source.step)
def weekly(found, tmp_path, request):
    return Weekly(request.param, found[request.param.report], tmp_path)


@pytest.fixture
def base(weekly):
    base = weekly.read(weekly.text())
    assert base.rows
    assert base.reasons == []
    return base


def test_the_order_of_fields_and_records_does_not_matter(weekly, base):
    records = [turned(record) for record in weekly.document[RECORDS]]
    assert weekly.read(weekly.text(records)) == base
    assert sorted(map(str, weekly.read(weekly.text(records[::-1])).rows)) == sorted(map(str, base.rows))


@pytest.mark.parametrize("weekly", [SEARCHES], indirect=True)
@pytest.mark.parametrize(("codec", "declared"), [("utf-16", "UTF-8"), ("utf-8-sig", None), ("cp1252", "Cp1252")])
def test_the_charset_of_the_document_does_not_matter(weekly, codec, declared):
    first, *others = weekly.document[RECORDS]
    word = "Käse" if codec == "cp1252" else "Käse साड़ी"
    records = [replaced(first, ("searchQueryData", "searchQuery"), word), *others]
    text = weekly.text(records).encode(codec, "replace").decode(codec)
    encoded = weekly.read(text.encode(codec), declared=declared)
    assert encoded == weekly.read(text)
    assert word in encoded.values("search_query")
    assert encoded.reasons == []


@pytest.mark.parametrize("value", [LOCAL, "1,5", "12 345", True])
def test_a_number_in_a_local_format_is_never_another_number(weekly, base, value):
    """A record with a number that nobody can read is rejected whole; the others are loaded."""
    first, *others = weekly.document[RECORDS]
    numbers = [
        path for path, known in leaves(first) if isinstance(known, (int, Decimal)) and not isinstance(known, bool)
    ]
    refused = 0
    for path in numbers:
        found = weekly.read(weekly.text([replaced(first, path, value), *others]))
        if not found.reasons:
            assert found.rows == base.rows, f"{path} is not read"
            continue
        refused += 1
        assert len(found.reasons) == 1, path
        assert str(value) not in found.reasons[0], "a reason quotes no values"
        assert found.rows == base.rows[1:], path
    assert refused >= 5


def test_half_a_document_and_somebody_elses_are_refused(weekly, found):
    text = weekly.text()
    for content in (
        text[: len(text) // 2],
        "",
        *(each.text for kind, each in found.items() if kind not in (SEARCHES.report, REPEATS.report)),
    ):
        with pytest.raises(BadDocument, match="the document is not JSON, or it is cut off|has no list dataByAsin"):
            weekly.read(content)
