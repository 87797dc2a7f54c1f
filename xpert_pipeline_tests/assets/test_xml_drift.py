"""What the orders make of an XML report that is not as it was; see `test_flat_drift`."""

from collections import Counter
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pytest

from xpert_pipeline.assets.orders.feed import SOURCE
from xpert_pipeline.sources.collect import Carried, collecting
from xpert_pipeline.spapi.documents.charsets import charset_of
from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline_tests.assets.cases import LOCAL
from xpert_pipeline_tests.assets.documents import market
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(400)]
BULK = SOURCE.feed.bulk
MOST_ORDERS = 25
INDIA = market()
CODECS = [("utf-16", "UTF-8"), ("utf-8-sig", None), ("cp1252", "Cp1252"), ("shift_jis", "Shift_JIS")]


@dataclass
class Orders:
    """What became of a report: the rows of each table, why records were rejected, and what was counted."""

    rows: dict[str, list[dict]]
    reasons: list[str]
    signals: Counter[str]

    def of(self, *order_ids):
        """The rows of some orders, by table."""
        return {table: [row for row in rows if row["order_id"] in order_ids] for table, rows in self.rows.items()}


class Report:
    """A report of the sandbox, which a test may change."""

    def __init__(self, text, folder):
        self.root, self.folder = ET.fromstring(text), folder
        for message in self.messages[MOST_ORDERS:]:
            self.root.remove(message)

    @property
    def messages(self):
        return self.root.findall("Message")

    @property
    def text(self):
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(self.root, encoding="unicode")

    def read(self, content=None, *, declared="UTF-8"):
        """Let the orders read the report: its text as it is now, or bytes with a declared charset."""
        path = self.folder / "report.xml"
        path.write_bytes(self.text.encode() if content is None else content)
        signals = Counter()
        with collecting(self.folder, SOURCE.tables, lambda record: BULK.parse(record, INDIA, signals)) as (
            _,
            collector,
        ):
            collector.carry([Carried(names, frozenset(names)) for names in BULK.columns], BULK.inferred)
            rows = {part.table.name: [] for part in collector.parts}
            for part in collector.parts:
                part.watchers.append(rows[part.table.name].extend)
            collector.add(BULK.read(path, [INDIA.place], charset=charset_of(path, declared).codec))
            reasons = [reject.reason for part in collector.parts for reject in part.rejects]
            return Orders(rows, reasons, signals + collector.signals)


@pytest.fixture
def report(found, tmp_path):
    return Report(found[BULK.types["created"]].text, tmp_path)


@pytest.fixture
def base(report):
    base = report.read()
    assert all(base.rows.values())
    assert (base.reasons, base.signals) == ([], Counter())
    return base


def of_order(message):
    return message.findtext("Order/AmazonOrderID")


def test_the_order_of_elements_and_of_orders_does_not_matter(report, base):
    for element in report.root.iter():
        if element.tag in ("Order", "OrderItem", "FulfillmentData", "ItemPrice", "Component"):
            children = list(element)[::-1]
            for child in children:
                element.remove(child)
            element.extend(children)
    turned = report.read()
    messages = report.messages[::-1]
    for message in messages:
        report.root.remove(message)
    report.root.extend(messages)
    for found in (turned, report.read()):
        assert (found.reasons, found.signals) == ([], Counter())
        for table, rows in base.rows.items():
            assert sorted(map(str, found.rows[table])) == sorted(map(str, rows)), table


@pytest.mark.parametrize(("codec", "declared"), CODECS)
def test_the_charset_of_the_report_does_not_matter(report, codec, declared):
    """The bytes tell the charset, or else the answer with the document; the XML says UTF-8 in every case."""
    title = report.root.find("Message/Order/OrderItem/ProductName")
    title.text = {"cp1252": "Käse", "shift_jis": "商品"}.get(codec, "Käse 商品")
    text = report.text.encode(codec, "replace").decode(codec)
    assert report.read(text.encode(codec), declared=declared) == report.read(text.encode())
    assert title.text in {
        row["title"] for row in report.read(text.encode(codec), declared=declared).rows["order_items"]
    }


NUMBERS = ("Quantity", "Amount", "ItemPromotionDiscount", "ShipPromotionDiscount")


@pytest.mark.parametrize("value", [LOCAL, "1,5", "12 345"])
def test_a_number_in_a_local_format_is_never_another_number(report, base, value):
    """An order with a number that nobody can read is rejected whole, with its lines; the others are loaded."""
    tried = set()
    for message in report.messages:
        for element in message.iter():
            if element.tag not in NUMBERS or not element.text or element.tag in tried:
                continue
            tried.add(element.tag)
            known, element.text = element.text, value
            found = report.read()
            element.text = known
            lost = of_order(message)
            assert found.reasons, element.tag
            assert not any(value in reason for reason in found.reasons), "a reason quotes no values"
            assert found.of(lost) == {table: [] for table in base.rows}, element.tag
            others = [of_order(each) for each in report.messages if each is not message]
            assert found.of(*others) == base.of(*others)
    assert {"Quantity", "Amount"} <= tried


def test_half_a_report_and_somebody_elses_document_are_refused(report, found):
    with pytest.raises(BadAnswer, match="the XML is cut off or malformed"):
        report.read(report.text.encode()[:-200])
    for kind, foreign in found.items():
        if kind not in BULK.types.values():
            with pytest.raises(BadAnswer, match="the document is not XML"):
                report.read(foreign.text.encode())
