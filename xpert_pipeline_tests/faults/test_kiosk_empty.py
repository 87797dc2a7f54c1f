"""Data Kiosk's answers without any record: doubted where rows are known, and believed when told twice."""

import pytest

from xpert_pipeline.sandbox.jobs import kiosk_documents
from xpert_pipeline_tests.faults.kiosk import KIOSK, SOURCES, changes, doubted_runs, loads, warnings

pytestmark = pytest.mark.long


def test_an_answer_without_any_record_is_believed_when_a_query_an_hour_later_says_the_same(few_days, hours_pass):
    """One answer that was made too early emptied its window, green and without a word."""
    known = {table: few_days.rows(table) for table in KIOSK}
    few_days.fault("kiosk-lag")
    for doubted in doubted_runs(few_days, hours_pass, known):
        for table in KIOSK:
            said = f"although the table has {len(known[table])} rows; nothing was changed; the next run checks again"
            assert said in doubted.reasons[table]
            assert [text for text in warnings(few_days, doubted) if said in text]
    hours_pass(0.2)
    believed = few_days.run(tables=KIOSK)
    for table in KIOSK:
        days = len({row["business_date"] for row in known[table]})
        assert changes(believed, table) == {"inserted": 0, "updated": 0, "deleted": len(known[table])}
        assert few_days.rows(table) == []
        assert loads(few_days, table)[-1]["details"]["signals"] == {"days that became empty": days}
        assert [
            text for text in warnings(few_days, believed) if f"deleting {len(known[table])} rows from the table" in text
        ]


def test_an_answer_without_any_record_is_forgotten_once_the_days_are_told_again(few_days, hours_pass):
    few_days.fault("kiosk-lag")
    hours_pass()
    assert few_days.run(tables=KIOSK).states["economics_daily"] == "skipped"
    few_days.mend()
    hours_pass()
    assert few_days.run(tables=KIOSK).states["economics_daily"] == "ok", "the days stayed open"
    few_days.assert_whole(*KIOSK)
    few_days.fault("kiosk-lag")
    hours_pass()
    again = few_days.run(tables=KIOSK)
    assert again.states == {"economics_daily": "skipped", "traffic_daily": "skipped"}, "the first of its kind"
    few_days.assert_whole(*KIOSK)


def test_a_part_of_a_window_that_was_empty_is_no_word_on_the_whole(few_days, hours_pass, admin):
    """Of two queries of 30 ASINs one may have none with traffic, in a window that has rows."""
    few_days.fault("kiosk-lag")
    hours_pass()
    admin.execute("update report_requests set state = 'EMPTY', reason = 'the query found no rows'")
    admin.execute("update loads set started_at = started_at - interval '1 day'")
    assert few_days.run(tables=KIOSK).states == {"economics_daily": "skipped", "traffic_daily": "skipped"}
    few_days.assert_whole(*KIOSK)


def test_a_document_without_records_counts_as_an_empty_answer(few_days, hours_pass, monkeypatch):
    """DONE with a document in which there is nothing, or nothing but null."""
    known = few_days.rows("economics_daily")
    hours_pass()
    with monkeypatch.context() as nulls:
        nulls.setattr(kiosk_documents, "_lines", lambda _query: iter(["null\n"]))
        doubted = few_days.run(tables=["economics_daily"])
    assert doubted.states["economics_daily"] == "skipped"
    assert few_days.rows("economics_daily") == known
    few_days.sandbox.state.documents.kept.clear()
    assert few_days.run(tables=["economics_daily"]).states["economics_daily"] == "ok", "it is not taken again"
    few_days.assert_whole("economics_daily")


def test_a_seller_that_never_sold_is_read_as_empty_without_doubt(empty_pipeline, make_sandbox):
    empty_pipeline.serve(make_sandbox())
    empty_pipeline.fault("kiosk-lag")
    assert empty_pipeline.run(tables=SOURCES).states["economics_daily"] == "empty"
    (load,) = loads(empty_pipeline, "economics_daily")
    assert "signals" not in load["details"]
