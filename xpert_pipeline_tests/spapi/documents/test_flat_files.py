"""Flat files are read by column name, without quoting; new, missing and moved columns are allowed, error texts are refused."""

import io

import pytest

from xpert_pipeline.spapi.documents.flat_files import BadHeader, FlatColumn, is_ragged, read_rows

REQUIRED = ("seller-sku", "price")


def rows(text):
    return list(read_rows(io.StringIO(text, newline="\n"), REQUIRED, report="GET_MERCHANT_LISTINGS_ALL_DATA"))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_are_read_by_column_name_in_any_order_with_new_columns(end):
    text = end.join(["price\tnew-column\tseller-sku", "10.00\tx\tA 1", "\t\tB"]) + end
    assert rows(text) == [
        {"price": "10.00", "new-column": "x", "seller-sku": "A 1"},
        {"price": "", "new-column": "", "seller-sku": "B"},
    ]


def test_quotes_and_carriage_returns_are_data():
    assert rows('seller-sku\tprice\n5" pipe\t"1\na\rb\t2\n') == [
        {"seller-sku": '5" pipe', "price": '"1'},
        {"seller-sku": "a\rb", "price": "2"},
    ]


def test_a_short_line_lacks_values_and_a_long_one_keeps_them_apart():
    assert rows("seller-sku\tprice\nA\nB\t1\tx\ty\n") == [
        {"seller-sku": "A", "price": None},
        {"seller-sku": "B", "price": "1", "": "x\ty"},
    ]


def test_a_header_alone_is_an_empty_report():
    assert rows("seller-sku\tprice\n") == []


def test_blank_lines_are_no_rows():
    assert rows("seller-sku\tprice\n\nA\t1\n\n") == [{"seller-sku": "A", "price": "1"}]


def test_a_very_long_cell_is_read():
    assert rows("seller-sku\tprice\n" + "x" * 500_000 + "\t1\n")[0]["seller-sku"] == "x" * 500_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Date range exceeded. Report can be requested only upto 30 days",
        "<Error><Code>AccessDenied</Code></Error>",
        "seller-sku\tquantity\nA\t1\n",
        "seller-sku\tprice\tprice\nA\t1\t2\n",
        "seller-sku\tPrice\tprice\nA\t1\t2\n",
    ],
)
def test_another_file_is_refused_with_its_first_line(text):
    with pytest.raises(BadHeader) as caught:
        rows(text)
    assert text.split("\n")[0][:30] in str(caught.value).replace("\\t", "\t")


def test_needless_columns_of_the_same_name_are_kept_apart():
    """Two columns named "Deprecated column" had the whole report refused."""
    text = "seller-sku\tDeprecated column\tprice\tDeprecated column\t\t\nA\tx\t1\ty\tz\t\n"
    assert rows(text) == [
        {
            "seller-sku": "A",
            "Deprecated column": "x",
            "price": "1",
            "Deprecated column (2)": "y",
            "(column 5)": "z",
            "(column 6)": "",
        }
    ]


@pytest.mark.parametrize(
    "spelt",
    [
        "fulfillment-channel",
        "fulfilment-channel",
        "Fulfillment Channel",
        "FULFILMENT_CHANNEL",
        "フルフィルメント・チャンネル",
    ],
)
def test_a_column_is_known_by_each_of_its_spellings_whatever_its_case_and_punctuation(spelt):
    needs = [FlatColumn("fulfillment-channel", ("fulfilment-channel", "フルフィルメント・チャンネル"))]
    lines = read_rows(io.StringIO(f"sku\t{spelt}\nA\tDEFAULT\n", newline="\n"), needs, report="listings")
    assert list(lines) == [{"sku": "A", "fulfillment-channel": "DEFAULT"}]


def test_two_spellings_of_one_column_are_refused():
    needs = [FlatColumn("fulfillment-channel", ("fulfilment-channel",), is_optional=True)]
    with pytest.raises(BadHeader, match="has the column fulfillment-channel more than once"):
        read_rows(io.StringIO("fulfillment-channel\tfulfilment-channel\n"), needs, report="listings")


def test_the_columns_that_came_are_known_before_the_first_row():
    needs = ["seller-sku", FlatColumn("asin1", is_optional=True), FlatColumn("status", is_optional=True)]
    lines = read_rows(io.StringIO("Seller SKU\tASIN 1\tmore\n"), needs, report="listings")
    assert lines.columns == {"seller-sku", "asin1", "more"}
    assert list(lines) == []


@pytest.mark.parametrize(("line", "is_wrong"), [("A\t1", False), ("A\t", False), ("A", True), ("A\t1\t", True)])
def test_a_line_of_another_length_than_the_header_is_told_apart(line, is_wrong):
    (row,) = rows(f"seller-sku\tprice\n{line}\n")
    assert is_ragged(row) is is_wrong


def test_a_column_that_nobody_declared_is_named_once_as_it_is_spelt():
    text = "seller-sku\tItem_Note\tShiny-New\tShiny-New\t\nA\t1\t2\t3\t4\n"
    rows = read_rows(io.StringIO(text, newline="\n"), ("seller-sku",), report="listings", ignores=("item-note",))
    assert rows.unknown == ("Shiny-New",)
    assert rows.signals == {"unknown column Shiny-New": 1}
    assert next(rows)["Shiny-New (2)"] == "3"


def test_an_empty_file_is_not_one_without_rows():
    with pytest.raises(BadHeader, match="listings is empty: it does not even have a header"):
        read_rows(io.StringIO(""), ("seller-sku",), report="listings")
