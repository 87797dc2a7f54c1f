"""The XML all-orders report is streamed into dicts; other stores are left out, attacks and incomplete files refused."""

import tracemalloc

import pytest

from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.operations.all_orders_report import read_orders

INDIA = by_id("A21TJRUUN4KGV")
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<AmazonEnvelope xsi:noNamespaceSchemaLocation="amzn-envelope.xsd" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Header><DocumentVersion>1.00</DocumentVersion></Header>'
    "<MessageType>AllOrdersReport</MessageType>"
)
TAIL = "</AmazonEnvelope>"
ITEM = (
    "<OrderItem><AmazonOrderItemCode>77</AmazonOrderItemCode><ASIN>0123456789</ASIN><SKU>KURTA-M</SKU>"
    "<ItemStatus>Shipped</ItemStatus><ProductName>Kurta &amp; कुर्ता</ProductName><Quantity>2</Quantity><ItemPrice>"
    '<Component><Type>Principal</Type><Amount currency="INR">406.00</Amount></Component>'
    '<Component><Type>Shipping</Type><Amount currency="INR">40.00</Amount></Component></ItemPrice>'
    "<Promotion><PromotionIDs>P-1</PromotionIDs><ItemPromotionDiscount currency='INR'>20.00</ItemPromotionDiscount>"
    "</Promotion><Promotion><PromotionIDs>P-2</PromotionIDs></Promotion>"
    "</OrderItem>"
)


def order(number="404-1", channel="Amazon.in", items=ITEM, more=""):
    return (
        f"<Message><Order><AmazonOrderID>{number}</AmazonOrderID><MerchantOrderID>M-1</MerchantOrderID>"
        "<PurchaseDate>2026-10-01T10:00:00+00:00</PurchaseDate><LastUpdatedDate>2026-10-02T10:00:00+00:00"
        f"</LastUpdatedDate><OrderStatus>Shipped</OrderStatus><SalesChannel>{channel}</SalesChannel><FulfillmentData>"
        "<FulfillmentChannel>Merchant</FulfillmentChannel><ShipServiceLevel>Expedited</ShipServiceLevel><Address>"
        "<City>PUNE</City><State>MH</State><PostalCode>411001</PostalCode><Country>IN</Country></Address>"
        f"</FulfillmentData><IsBusinessOrder>true</IsBusinessOrder>{items}{more}</Order></Message>"
    )


@pytest.fixture
def read(tmp_path):
    def reading(text, **options):
        path = tmp_path / "report.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return list(read_orders(path, [INDIA], **options))

    return reading


def test_an_order_comes_with_all_its_facts_and_without_the_buyers_address(read):
    assert read(HEAD + order() + TAIL) == [
        {
            "marketplace_id": "A21TJRUUN4KGV",
            "order_id": "404-1",
            "merchant_order_id": "M-1",
            "purchase_date": "2026-10-01T10:00:00+00:00",
            "last_updated": "2026-10-02T10:00:00+00:00",
            "status": "Shipped",
            "sales_channel": "Amazon.in",
            "fulfillment_channel": "Merchant",
            "service_level": "Expedited",
            "ship_country": "IN",
            "is_business": True,
            "items": [
                {
                    "item_id": "77",
                    "asin": "0123456789",
                    "sku": "KURTA-M",
                    "status": "Shipped",
                    "title": "Kurta & कुर्ता",
                    "quantity": 2,
                    "prices": {"Principal": ("406.00", "INR"), "Shipping": ("40.00", "INR")},
                    "promotion_ids": ["P-1", "P-2"],
                    "discounts": [("20.00", "INR")],
                }
            ],
            "unknown": [],
        }
    ]


def test_other_amazon_stores_are_left_out_and_non_amazon_channels_kept(read):
    channels = ["Amazon.in", "Amazon.de", "AMAZON.IN", "Non-Amazon", "Amazon.co.uk", ""]
    orders = read(HEAD + "".join(order(str(n), channel) for n, channel in enumerate(channels)) + TAIL)
    assert [status["order_id"] for status in orders] == ["0", "2", "3", "5"]


def test_each_order_of_a_european_report_names_its_marketplace(tmp_path):
    channels = ["Amazon.in", "amazon.DE", "Amazon.co.uk", "Non-Amazon IN", "", "Amazon.com.be", "Amazon.de "]
    path = tmp_path / "report.xml"
    path.write_text(HEAD + "".join(order(str(n), channel) for n, channel in enumerate(channels)) + TAIL)
    orders = list(read_orders(path, [INDIA, by_id("A1PA6795UKMFR9")]))
    assert [(order["sales_channel"], order["marketplace_id"]) for order in orders] == [
        ("Amazon.in", "A21TJRUUN4KGV"),
        ("amazon.DE", "A1PA6795UKMFR9"),
        ("Non-Amazon IN", None),
        (None, None),
        ("Amazon.de ", "A1PA6795UKMFR9"),
    ]


def test_missing_values_are_none_and_never_zero(read):
    (orders,) = read(HEAD + "<Message><Order><OrderItem><Quantity>x</Quantity></OrderItem></Order></Message>" + TAIL)
    assert orders["order_id"] is orders["is_business"] is orders["fulfillment_channel"] is None
    assert orders["items"][0]["prices"] == {}
    assert orders["items"][0]["quantity"] == "x"
    assert orders["items"][0]["sku"] is None


def test_new_elements_are_named_and_not_lost_silently(read):
    (orders,) = read(HEAD + order(items=ITEM.replace("<ASIN>", "<Colour>red</Colour><ASIN>"), more="<New/>") + TAIL)
    assert orders["unknown"] == ["OrderItem/Colour", "New"]


def test_a_price_component_that_comes_twice_is_added(read):
    twice = "<Component><Type>Tax</Type><Amount currency='INR'>1.10</Amount></Component>" * 2
    (orders,) = read(HEAD + order(items=ITEM.replace("</ItemPrice>", twice + "</ItemPrice>")) + TAIL)
    assert orders["items"][0]["prices"]["Tax"] == ("2.20", "INR")


def test_a_report_without_orders_is_empty(read):
    assert read(HEAD + TAIL) == []


@pytest.mark.parametrize(
    "text",
    [
        HEAD + order(),
        HEAD + order()[:-30] + TAIL,
        (HEAD + order() + TAIL)[:700],
        "",
        "Date range exceeded. Report can be requested only upto 30 days",
        "<Error><Code>AccessDenied</Code></Error>",
        HEAD.replace("AllOrdersReport", "OtherReport") + order() + TAIL,
        HEAD + "<Message/>" + TAIL,
        HEAD + order() + TAIL + "<more/>",
        HEAD.replace("UTF-8", "no-such-charset") + TAIL,
    ],
    ids=[
        "no end",
        "bad nesting",
        "cut",
        "empty",
        "error text",
        "s3 error",
        "other report",
        "no order",
        "tail",
        "charset",
    ],
)
def test_a_file_that_is_not_a_whole_report_is_refused(read, text):
    with pytest.raises(BadAnswer):
        read(text)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE AmazonEnvelope SYSTEM "file:///etc/passwd">',
        "<!-- " + "x" * 20_000 + " --><!DOCTYPE AmazonEnvelope>",
    ],
)
def test_a_doctype_is_refused_before_anything_is_parsed(read, doctype):
    declaration, rest = HEAD.split("\n", 1)
    with pytest.raises(BadAnswer, match="DOCTYPE"):
        read(declaration + doctype + rest + order() + TAIL)


@pytest.mark.parametrize("encoding", ["UTF-16", "cp1252", "UTF-8-SIG"])
def test_the_declared_encoding_is_used(read, encoding):
    declared = encoding.removesuffix("-SIG")
    text = HEAD.replace("UTF-8", declared) + order(items=ITEM.replace("कुर्ता", "café")) + TAIL
    assert read(text.encode(encoding))[0]["items"][0]["title"] == "Kurta & café"


@pytest.mark.parametrize("head", [HEAD, HEAD.split("\n", 1)[1]], ids=["claims UTF-8", "claims nothing"])
def test_a_report_that_is_not_utf_8_is_read_in_the_documents_charset(read, head):
    text = head + order(items=ITEM.replace("कुर्ता", "café")) + TAIL
    assert read(text.encode("cp1252"), charset="cp1252")[0]["items"][0]["title"] == "Kurta & café"
    assert read(text.encode("cp1252"))[0]["items"][0]["title"] == "Kurta & café"


@pytest.mark.parametrize("declared", ["Shift_JIS", "Windows-31J", "EUC-JP", "UTF-16", "GB18030"])
def test_a_report_in_a_multi_byte_encoding_is_read(read, declared):
    """The parser knows single-byte encodings only, and refused the reports of Japan."""
    stored = {"Windows-31J": "cp932"}.get(declared, declared)
    text = HEAD.replace("UTF-8", declared) + order(items=ITEM.replace("कुर्ता", "着物")) * 3000 + TAIL
    orders = read(text.encode(stored))
    assert len(orders) == 3000, "longer than what is read at once"
    assert {order["items"][0]["title"] for order in orders} == {"Kurta & 着物"}


def test_a_byte_that_is_no_utf_8_costs_its_own_character_alone(read):
    """One such byte had the whole report refused."""
    bad = order("404-2", items=ITEM.replace("Kurta", "Caf#")).encode().replace(b"#", b"\xe9")
    first, second = read(HEAD.encode() + order().encode() + bad + TAIL.encode())
    assert first["items"][0]["title"] == "Kurta & कुर्ता"
    assert second["items"][0]["title"] == "Caf\ufffd & कुर्ता"


def test_memory_does_not_grow_with_a_report_in_a_multi_byte_encoding(tmp_path):
    assert_flat(tmp_path, "Shift_JIS")


def test_memory_does_not_grow_with_the_report(tmp_path):
    assert_flat(tmp_path, "UTF-8")


def assert_flat(tmp_path, encoding):
    def peak(orders):
        path = tmp_path / f"{orders}.xml"
        text = HEAD.replace("UTF-8", encoding) + order(items=ITEM.replace("कुर्ता", "着物")) * orders + TAIL
        path.write_bytes(text.encode(encoding))
        tracemalloc.start()
        assert sum(1 for _ in read_orders(path, [INDIA])) == orders
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(300), peak(6000)
    assert large <= small * 1.1 + 100_000


def test_a_reader_that_stops_early_leaves_no_open_file(tmp_path):
    path = tmp_path / "report.xml"
    path.write_text(HEAD + order() * 3 + TAIL)
    walk = read_orders(path, [INDIA])
    next(walk)
    walk.close()
