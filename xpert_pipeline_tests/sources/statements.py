"""A scripted Amazon that has made settlement reports by itself, and the texts of such reports."""

from datetime import UTC, datetime, timedelta

from xpert_pipeline.assets.finance.settlement_report import REPORT
from xpert_pipeline_tests.spapi.jobs.reports import INDIA, REPORTS, UNLIMITED
from xpert_pipeline_tests.spapi.scripted import Reply

COLUMNS = (
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency transaction-type "
    "order-id merchant-order-id adjustment-id shipment-id marketplace-name amount-type amount-description amount "
    "fulfillment-id posted-date posted-date-time order-item-code merchant-order-item-id merchant-adjustment-item-id "
    "sku quantity-purchased promotion-id"
).split()
SUMMARY = {
    "settlement-start-date": "05.11.2026 06:00:00 UTC",
    "settlement-end-date": "12.11.2026 06:00:00 UTC",
    "deposit-date": "14.11.2026 06:00:00 UTC",
    "currency": "INR",
}
POSTED = {"posted-date": "07.11.2026", "posted-date-time": "07.11.2026 20:15:00 UTC"}


def order_row(amount, description="Principal", **cells):
    """A row of an order; it has no id of its settlement yet."""
    order = {"transaction-type": "Order", "order-id": "402-1", "amount-type": "ItemPrice", **POSTED}
    return {**order, "amount-description": description, "amount": amount, "sku": "SKU-1", **cells}


def statement(number, total, rows, *, columns=COLUMNS, **summary):
    """The text of a settlement report."""
    lines = [{**SUMMARY, "total-amount": total, **summary}, *rows]
    cells = [{"settlement-id": number, **line} for line in lines]
    text = [columns, *([line.get(name, "") for name in columns] for line in cells)]
    return "".join("\t".join(line) + "\r\n" for line in text)


def listed(document, number=1, **changes):
    """A report as Amazon lists it; those with lower numbers are newer."""
    return {
        "reportId": f"report-{document}-{number}",
        "reportType": REPORT,
        "marketplaceIds": [INDIA],
        "dataStartTime": "2026-11-05T06:00:00Z",
        "dataEndTime": "2026-11-12T06:00:00Z",
        "createdTime": (datetime.now(UTC) - timedelta(days=number)).isoformat(),
        "processingStatus": "DONE",
        "reportDocumentId": document,
        **changes,
    }


class Statements:
    """Amazon's settlement reports, as a script."""

    def __init__(self, amazon):
        self.amazon = amazon
        self.lists([])

    def lists(self, *pages):
        """Amazon lists these pages of reports, from the next listing on."""
        replies = []
        for place, page in enumerate(pages):
            token = {"nextToken": f"page-{place + 2}"} if place + 1 < len(pages) else {}
            replies.append(Reply(200, {"reports": page, **token}, UNLIMITED))
        self.amazon.on("GET", REPORTS, *replies)

    def has(self, **documents):
        """Amazon has these documents."""
        for name, text in documents.items():
            path = f"/reports/2021-06-30/documents/{name}"
            url = {"reportDocumentId": name, "url": f"{self.amazon.url}/files/{name}"}
            self.amazon.on("GET", path, Reply(200, url, UNLIMITED))
            body = text if isinstance(text, bytes) else text.encode()
            kind = {"Content-Type": "text/tab-separated-values;charset=UTF-8"}
            self.amazon.on("GET", f"/files/{name}", Reply(200, body, kind))

    def downloads(self, name):
        """How often a document was downloaded."""
        return len(self.amazon.calls(f"/files/{name}"))

    def listings(self):
        """The queries of the listings so far."""
        return [seen.query for seen in self.amazon.calls(REPORTS)]
