"""One settlement report as rows: the styles of several countries, and the summary among rows without a type."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from xpert_pipeline.assets.finance.settlement_report import NEEDS, OPTIONAL, REPORT, read_settlement
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.sources.listed_document import ListedDocument
from xpert_pipeline.spapi.documents.charsets import charset_of
from xpert_pipeline.spapi.documents.download import Document
from xpert_pipeline.spapi.jobs.listed_reports import ListedReport
from xpert_pipeline_tests.assets.orders.payloads import market_of
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA
from xpert_pipeline_tests.sources.statements import COLUMNS, order_row, statement

START, END = datetime(2026, 11, 5, 6, tzinfo=UTC), datetime(2026, 11, 12, 6, tzinfo=UTC)


@pytest.fixture
def read(tmp_path):
    """Reads a report of the period from START to END: its contents, the rows of its lines, and its own row."""

    def read(text, marketplace=INDIA, encoding="utf-8"):
        path = tmp_path / "report"
        path.write_bytes(text.encode(encoding))
        listed = ListedReport("R1", "D1", END, START, END, (marketplace,))
        file = Document(path, charset_of(path, encoding), path.stat().st_size)
        document = ListedDocument(file, listed, REPORT, NEEDS, OPTIONAL)
        contents, market = read_settlement(document), market_of(marketplace)
        rows = [contents.line(line, market) for line in document.lines() if contents.is_line(line[1])]
        contents.add(rows)
        return contents, rows, contents.row(0, market)

    return read


def test_an_indian_report_becomes_these_rows(read):
    """Worked by hand: a sale of 499.00 with its fee, GST, TCS and TDS, and storage without a transaction type."""
    posted = {"posted-date": "05.11.2026", "posted-date-time": "05.11.2026 19:30:00 UTC"}
    lines = [
        order_row("499.00", **posted, **{"quantity-purchased": "1", "marketplace-name": "Amazon.in"}),
        order_row("-50.00", "Commission", **posted, **{"amount-type": "ItemFees"}),
        order_row("-9.00", "Commission IGST", **posted, **{"amount-type": "ItemFees"}),
        order_row("-2.38", "TCS-IGST", **posted, **{"amount-type": "ItemTCS"}),
        order_row("-0.50", "TDS (Section 194-O)", **posted, **{"amount-type": "ItemTDS"}),
        {
            **posted,
            "order-id": "FBA15ABCDEFG",
            "amount-type": "FBAFees",
            "amount-description": "FBA Inbound Convenience Fee",
            "amount": "-30.00",
        },
    ]
    contents, rows, own = read(statement("900", "407.12", lines))
    assert contents.key == {"settlement_id": "900"}
    assert own == {
        "marketplace_id": INDIA,
        "settlement_id": "900",
        "settlement_date": date(2026, 11, 12),
        "started_at": START,
        "ended_at": END,
        "deposited_at": datetime(2026, 11, 14, 6, tzinfo=UTC),
        "total_amount": Decimal("407.12"),
        "rows_amount": Decimal("407.12"),
        "difference_amount": 0,
        "is_balanced": True,
        "row_count": 6,
        "rejected_count": 0,
        "currency": "INR",
    }
    assert [(row["row_number"], row["amount_description"], row["amount"]) for row in rows] == [
        (2, "Principal", Decimal("499.00")),
        (3, "Commission", Decimal("-50.00")),
        (4, "Commission IGST", Decimal("-9.00")),
        (5, "TCS-IGST", Decimal("-2.38")),
        (6, "TDS (Section 194-O)", Decimal("-0.50")),
        (7, "FBA Inbound Convenience Fee", Decimal("-30.00")),
    ]
    first, *_, last = rows
    assert (first["posted_at"], first["posted_date"]) == (datetime(2026, 11, 5, 19, 30, tzinfo=UTC), date(2026, 11, 6))
    assert (first["quantity_purchased"], first["marketplace_name"], first["sku"]) == ("1", "Amazon.in", "SKU-1")
    assert (last["transaction_type"], last["order_id"], last["marketplace_name"]) == (None, "FBA15ABCDEFG", None)


@pytest.mark.parametrize(
    ("start", "end", "posted", "total", "amount"),
    [
        ("05.11.2026 06:00:00 UTC", "12.11.2026 06:00:00 UTC", "07.11.2026", "1.095,00", "1.095,00"),
        ("2026-11-05 06:00:00 UTC", "2026-11-12 06:00:00 UTC", "11/07/26", "1,095.00", "1,095.00"),
        ("11/05/26", "11/12/26", "11/07/26", "1095.00", "1095.00"),
        ("05/11/2026 06:00:00 UTC", "12/11/2026 06:00:00 UTC", "07/11/2026", "1095", "1095"),
        ("2026-11-05T06:00:00+00:00", "2026-11-12T06:00:00+00:00", "2026-11-07", "1\u00a0095,00", "1\u00a0095,00"),
    ],
    ids=["Germany", "USA", "USA without times", "Britain", "older"],
)
def test_dates_and_decimals_are_decided_by_the_document_and_its_period(read, start, end, posted, total, amount):
    summary = {"settlement-start-date": start, "settlement-end-date": end, "deposit-date": ""}
    line = order_row(amount, **{"posted-date": posted, "posted-date-time": ""})
    _, (row,), own = read(statement("900", total, [line], **summary), GERMANY, "utf-8")
    assert (row["posted_date"], row["posted_at"]) == (date(2026, 11, 7), None)
    assert (own["settlement_date"], own["deposited_at"]) == (date(2026, 11, 12), None)
    assert own["started_at"] in (START, None)
    assert (own["total_amount"], own["is_balanced"]) == (1095, True)


def test_a_settlement_in_which_nothing_happened_has_no_rows(read):
    _, rows, own = read(statement("900", "0.00", []))
    assert (rows, own["row_count"], own["is_balanced"]) == ([], 0, True)


def test_equal_rows_are_kept_and_only_the_summary_is_none_of_them(read):
    """The summary was once recognised by its empty transaction type; then India's FBA fees vanished from the sum."""
    fee = {"amount-type": "FBAFees", "amount-description": "FBA Weight Handling Fee", "amount": "-10.00"}
    _, rows, own = read(statement("900", "-20.00", [fee, fee]))
    assert [(row["row_number"], row["amount"], row["posted_date"]) for row in rows] == [(2, -10, None), (3, -10, None)]
    assert own["is_balanced"]


def test_other_columns_in_another_order_are_read_and_missing_optional_ones_are_null(read):
    columns = [name for name in reversed(COLUMNS) if name not in ("promotion-id", "deposit-date")]
    spelt = [{"sku": "SKU", "settlement-id": "Settlement ID"}.get(name, name) for name in columns]
    text = statement("900", "5.00", [order_row("5.00")], columns=columns).split("\r\n", 1)[1]
    _, (row,), own = read("\t".join(spelt) + "\r\n" + text)
    assert (row["amount"], row["sku"], row["promotion_id"]) == (5, "SKU-1", None)
    assert own["deposited_at"] is None


def test_dates_that_the_period_does_not_decide_are_refused(read):
    summary = {"settlement-start-date": "02/03/26", "settlement-end-date": "02/10/26", "deposit-date": ""}
    line = order_row("1.00", **{"posted-date": "02/05/26", "posted-date-time": ""})
    with pytest.raises(Unfit, match="nothing tells whether '02/0[35]/26' begins with the day or with the month"):
        read(statement("900", "1.00", [line], **summary))
