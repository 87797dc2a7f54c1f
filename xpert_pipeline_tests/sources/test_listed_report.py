"""Reports that Amazon makes by itself: each document is read once, kept for good, and never replaced by less."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.assets.finance.settlement_report import REPORT, SOURCE
from xpert_pipeline.partitions import local_today
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.sources.plan import plan_run
from xpert_pipeline.spapi.errors import DocumentBroken, NotGranted
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline_tests.sources.statements import Statements, listed, order_row, statement
from xpert_pipeline_tests.spapi.conftest import make_api
from xpert_pipeline_tests.spapi.jobs.reports import REPORTS
from xpert_pipeline_tests.spapi.scripted import refusal

__all__ = ["make_api"]
TODAY = local_today("Asia/Kolkata")
ROWS = [order_row("100.00"), order_row("-20.50", "Commission", **{"amount-type": "ItemFees"})]
WHOLE = statement("900", "79.50", ROWS)
TABLES = ("settlements", "settlement_rows")


class Seller:
    """A seller whose settlement reports are scripted."""

    def __init__(self, pool, seller, make_run, make_api, amazon):
        self.pool, self.seller, self._make_run = pool, seller, make_run
        self.amazon = Statements(amazon)
        self._api = make_api(seller_id=seller.amazon_seller_id)

    def new_run(self, days=(TODAY,), **options):
        return self._make_run(self.seller, days, lambda: self._api, **options)

    def run(self, days=(TODAY,), **options):
        run = self.new_run(days, **options)
        SOURCE.sync(run, SOURCE.prepare(run))
        return run

    def ask(self, statement):
        with tenant(self.pool, self.seller.id) as connection:
            return connection.execute(statement).fetchall()

    @property
    def settlements(self):
        return self.ask(
            "select settlement_id, total_amount, difference_amount, is_balanced from settlements order by 1"
        )

    @property
    def rows(self):
        return self.ask("select settlement_id, row_number, amount from settlement_rows order by 1, 2")


@pytest.fixture
def paid(pool, seller, make_run, make_api, amazon):
    return Seller(pool, seller, make_run, make_api, amazon)


def test_a_document_is_downloaded_once_however_often_amazon_lists_it(paid):
    """Amazon lists the same settlement again and again: three times here, on two pages."""
    paid.amazon.lists([listed("D1", 1), listed("D1", 2)], [listed("D1", 3)])
    paid.amazon.has(D1=WHOLE)
    paid.run()
    assert paid.settlements == [("900", Decimal("79.50"), 0, True)]
    assert paid.rows == [("900", 2, 100), ("900", 3, Decimal("-20.50"))]
    assert paid.amazon.downloads("D1") == 1
    first, second = paid.amazon.listings()
    assert (first["reportTypes"], first["processingStatuses"]) == ([REPORT], ["DONE"])
    assert (
        timedelta(days=89) < datetime.now(UTC) - datetime.fromisoformat(first["createdSince"][0]) <= timedelta(days=90)
    )
    assert second == {"nextToken": ["page-2"]}, "a token is the only parameter of its request"
    before = paid.ask("select * from settlements"), paid.ask("select * from settlement_rows")
    paid.amazon.lists([listed("D1", 1)])
    paid.run()
    assert paid.amazon.downloads("D1") == 1
    assert (paid.ask("select * from settlements"), paid.ask("select * from settlement_rows")) == before


def test_a_copy_with_another_document_changes_nothing_and_is_read_once(paid):
    paid.amazon.lists([listed("D2", 1), listed("D1", 2)])
    paid.amazon.has(D1=WHOLE, D2=WHOLE)
    for _ in range(2):
        paid.run()
        assert paid.ask("select settlement_id, report_document_id from settlements") == [("900", "D2")]
        assert len(paid.rows) == 2
    assert (paid.amazon.downloads("D1"), paid.amazon.downloads("D2")) == (1, 1)


def test_what_amazon_no_longer_lists_stays(paid):
    paid.amazon.lists([listed("D1")])
    paid.amazon.has(D1=WHOLE)
    paid.run()
    paid.amazon.lists([])
    run = paid.run()
    assert [len(paid.settlements), len(paid.rows)] == [1, 2]
    assert "lists no GET_V2_SETTLEMENT" in run.outcome("settlements").reason
    assert run.outcome("settlements").state(run.markets[0].id, date(2026, 11, 12), {}, rows=1) == "up_to_date"
    states = {run.outcome(table).state(run.markets[0].id, TODAY, {}) for table in TABLES}
    assert states == {"up_to_date"}, "no settlement was paid today, but the table has all that there are"


def test_an_account_without_reports_is_empty_and_older_days_have_no_history(paid):
    run = paid.run()
    outcome, market = run.outcome("settlements"), run.markets[0].id
    assert outcome.state(market, TODAY, {}) == "empty"
    assert outcome.state(market, TODAY - timedelta(days=91), {}) == "no_history"
    assert "That does not mean that nothing was paid" in outcome.reason
    assert paid.ask("select window_kind, source, fetched from loads") == [("snapshot", "getReports", 0)] * 2


def test_a_document_that_was_cut_says_so_and_a_whole_copy_replaces_it(paid):
    cut = statement("900", "79.50", ROWS[:1])
    paid.amazon.lists([listed("D1", 3)])
    paid.amazon.has(D1=cut, D2=WHOLE, D3=cut)
    paid.run()
    assert paid.settlements == [("900", Decimal("79.50"), Decimal("-20.50"), False)]
    paid.amazon.lists([listed("D2", 2), listed("D1", 3)])
    paid.run()
    assert paid.settlements == [("900", Decimal("79.50"), 0, True)]
    paid.amazon.lists([listed("D3", 1), listed("D2", 2), listed("D1", 3)])
    paid.run()
    assert paid.settlements == [("900", Decimal("79.50"), 0, True)], "less never replaces more"
    assert len(paid.rows) == 2


def test_a_corrected_copy_replaces_its_rows(paid):
    paid.amazon.lists([listed("D1", 2)])
    paid.amazon.has(D1=WHOLE, D2=statement("900", "80.00", [order_row("80.00")]))
    paid.run()
    paid.amazon.lists([listed("D2", 1), listed("D1", 2)])
    paid.run()
    assert paid.settlements == [("900", 80, 0, True)]
    assert paid.rows == [("900", 2, 80)]


BAD = {
    "B1": ("", "is empty: it does not even have a header"),
    "B2": ("Internal error. Please try again later.\r\n", "its first line is 'Internal error."),
    "B3": (WHOLE.splitlines()[0] + "\r\n", "it has no summary row"),
    "B4": (WHOLE + WHOLE.splitlines()[1] + "\r\n", "it has 2 summary rows"),
    "B5": (
        statement("900", "1.00", [order_row("1.00", **{"posted-date": "11/13/26", "posted-date-time": "13/11/26"})]),
        "its dates contradict each other",
    ),
    "B6": (statement("900", "79.50", [order_row("79,50")]), "its amounts contradict each other"),
    "B7": (statement("900", "79.50", ROWS, **{"settlement-end-date": ""}), "settlement_date: Input should be a valid"),
    "B8": (statement("900", "79.50", ROWS, currency=""), "currency: String should match pattern"),
}


def test_documents_that_cannot_be_understood_go_to_quarantine_and_the_others_are_loaded(paid):
    paid.amazon.lists([*(listed(name) for name in BAD), listed("D1")])
    paid.amazon.has(D1=statement("901", "5.00", [order_row("5.00")]), **{name: text for name, (text, _) in BAD.items()})
    for times in (1, 2):
        run = paid.run()
        assert [row[0] for row in paid.settlements] == ["901"]
        assert {row[0] for row in paid.rows} == {"901"}
        kept = paid.ask("select record ->> 'reportDocumentId', reason, times_seen from rejected_records")
        assert {name for name, _, _ in kept} == set(BAD)
        for name, reason, seen in kept:
            assert BAD[name][1] in reason, name
            assert reason.startswith(f"the report report-{name}-1 cannot be read: ")
            assert reason in run.outcome("settlements").reason
            assert seen == times
    assert run.outcome("settlements").state(run.markets[0].id, TODAY, {}) == "skipped"
    assert (paid.amazon.downloads("B1"), paid.amazon.downloads("D1")) == (2, 1)


def test_a_line_that_cannot_be_read_is_rejected_and_the_settlement_is_not_balanced(paid):
    bad = [
        order_row("1.00", **{"settlement-id": "777"}),
        order_row("one rupee"),
        order_row("3.00", **{"posted-date-time": "soon"}),
    ]
    text = statement("900", "79.50", [*ROWS, *bad]) + "900\t05.11.2026 06:00:00 UTC\r\n"
    paid.amazon.lists([listed("D1")])
    paid.amazon.has(D1=text)
    run = paid.run()
    assert paid.settlements == [("900", Decimal("79.50"), 0, False)]
    assert paid.ask("select row_count, rejected_count from settlements") == [(2, 4)]
    reasons = {row[0] for row in paid.ask("select reason from rejected_records")}
    assert reasons == {
        "it belongs to another settlement than the summary of its report",
        "its amount cannot be read: not a number in the style of the document",
        "its posted date cannot be read: not a date",
        "the line does not have as many cells as the header",
    }
    assert "4 lines of the report report-D1-1 cannot be read; see rejected_records" in run.outcome("settlements").reason


def test_amounts_of_two_currencies_are_never_added(paid):
    paid.amazon.lists([listed("D1")])
    paid.amazon.has(D1=statement("900", "79.50", [*ROWS, order_row("7.00", currency="USD")]))
    paid.run()
    assert paid.settlements == [("900", Decimal("79.50"), 0, False)]
    assert paid.ask("select currency, sum(amount) from settlement_rows group by 1 order by 1") == [
        ("INR", Decimal("79.50")), ("USD", 7)
    ]  # fmt: skip


def test_a_run_that_ends_early_keeps_what_it_loaded_and_the_next_one_goes_on(paid):
    paid.amazon.lists([listed("D1", 1), listed("D2", 2), listed("D3", 3)])
    paid.amazon.has(D1=WHOLE, D2=b"\x1f\x8b\x08\x00cut", D3=statement("902", "5.00", [order_row("5.00")]))
    with pytest.raises(DocumentBroken):
        paid.run()
    assert [row[0] for row in paid.settlements] == ["900", "902"]
    assert paid.ask("select count(*) from loads where source = 'getReports'") == [(0,)], "the list is not all known"
    paid.amazon.has(D2=statement("901", "5.00", [order_row("5.00")]))
    paid.run()
    assert [row[0] for row in paid.settlements] == ["900", "901", "902"]
    assert (paid.amazon.downloads("D1"), paid.amazon.downloads("D3")) == (1, 1)


def test_documents_for_which_there_are_no_tokens_are_left_to_the_next_run(paid, monkeypatch):
    paid.amazon.lists([listed("D1", 1), listed("D2", 2)])
    paid.amazon.has(D1=WHOLE, D2=statement("901", "5.00", [order_row("5.00")]))
    api, tokens = paid.new_run().client(), iter((1.0, -5.0))
    monkeypatch.setattr(api, "level", lambda _operation: next(tokens))
    monkeypatch.setattr(api, "rate", lambda _operation: 1 / 60)
    run = paid.run(patience=120.0)
    assert [row[0] for row in paid.settlements] == ["900"]
    assert (
        "1 document of GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2 left to the next run"
        in run.outcome("settlements").reason
    )
    assert all(run.outcome(table).is_continued for table in TABLES)
    monkeypatch.undo()
    assert not paid.run().outcome("settlements").is_continued
    assert [row[0] for row in paid.settlements] == ["900", "901"]


def test_older_documents_leave_the_tokens_that_requested_reports_still_need(paid, monkeypatch):
    names = [f"D{n}" for n in range(1, 6)]
    paid.amazon.lists([listed(name, n) for n, name in enumerate(names, 1)])
    paid.amazon.has(**{name: statement(f"90{n}", "5.00", [order_row("5.00")]) for n, name in enumerate(names, 1)})
    run, left = paid.new_run(), 4.0
    for day in range(2):
        start = datetime(2026, 3, 1 + day, tzinfo=UTC)
        request = JobRequest("GET_OTHER", start, start + timedelta(days=1), {}, (run.markets[0].id,))
        run.jobs.find_or_add("report", request, timedelta(0), timedelta(days=1))
    api = run.client()
    monkeypatch.setattr(api, "level", lambda _operation: left - sum(map(paid.amazon.downloads, names)))
    monkeypatch.setattr(api, "rate", lambda _operation: 1 / 60)
    outcome = paid.run().outcome("settlements")
    assert [row[0] for row in paid.settlements] == ["901", "902"], "the last two payouts"
    assert "3 documents of GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2 left to the next run" in outcome.reason


def test_the_plan_guesses_the_documents_and_asks_for_nothing(paid):
    paid.amazon.lists([listed("D1", 1)])
    paid.amazon.has(D1=WHOLE)
    (stream,) = plan_run([SOURCE], paid.new_run()).streams
    assert (stream.calls, stream.source) == ({"getReports": 1, "getReportDocument": 13}, REPORT)
    assert stream.plain.startswith("about 13 new documents")
    assert paid.amazon.listings() == []
    paid.run()
    (stream,) = plan_run([SOURCE], paid.new_run()).streams
    assert stream.calls == {"getReports": 1}


def test_a_run_of_past_days_lists_nothing_after_a_run_of_today(paid):
    yesterday = (TODAY - timedelta(days=1),)
    paid.run(days=yesterday)
    assert len(paid.amazon.listings()) == 1, "nothing was listed before"
    run = paid.run(days=yesterday)
    assert plan_run([SOURCE], run).streams == []
    assert run.outcome("settlements").state(run.markets[0].id, *yesterday, {}) == "empty"
    assert len(paid.amazon.listings()) == 1
    paid.run()
    assert len(paid.amazon.listings()) == 2


def test_a_refetch_reads_every_listed_document_again(paid):
    paid.amazon.lists([listed("D1")])
    paid.amazon.has(D1=WHOLE)
    paid.run()
    paid.run(refetch=True)
    assert paid.amazon.downloads("D1") == 2
    assert paid.settlements == [("900", Decimal("79.50"), 0, True)]


def test_reports_of_marketplaces_that_the_seller_does_not_load_are_left_out(paid):
    paid.amazon.lists([listed("D1", marketplaceIds=["A1PA6795UKMFR9"]), listed("D2", marketplaceIds=[])])
    paid.amazon.has(D2=WHOLE)
    paid.run()
    assert paid.ask("select marketplace_id from settlements") == [("A21TJRUUN4KGV",)]
    assert paid.amazon.downloads("D1") == 0
    details = paid.ask("select details from loads where window_kind = 'snapshot' and table_name = 'settlements'")
    assert details == [({"listed": 1, "of other marketplaces": 1},)]


def test_a_seller_who_does_not_grant_the_role_is_told_so(paid, amazon):
    amazon.on("GET", REPORTS, refusal(403, "Unauthorized", "Access to requested resource is denied."))
    with pytest.raises(NotGranted):
        paid.run()
