"""A report over windows of days: windows, restated days, parked reports, and what is not loaded."""

from dataclasses import replace
from datetime import datetime

import pytest

from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA
from xpert_pipeline_tests.sources.sold_lines import (
    IST,
    REPORT,
    RESTATED,
    SOLD_LINES,
    SOURCE,
    change_orders,
    expected,
    rows,
    sold,
    windows,
)
from xpert_pipeline_tests.sources.throwaway import make_table

__all__ = ["sold"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]


def test_days_are_cut_into_windows_of_the_longest_report_and_every_line_becomes_a_row(sold):
    done = sold.run(days=sold.past_days)
    assert (done.success, done.states) == (True, {"sold_lines": "ok"})
    assert windows(sold) == [(9, 1), (17, 10), (25, 18)]
    assert sold.calls("createReport") == 3
    assert rows(sold) == expected(sold)
    assert len(rows(sold)) > 50
    assert {row["source"] for row in sold.rows("sold_lines")} == {REPORT}


def test_complete_days_are_not_asked_for_again_and_today_never(sold):
    sold.run(days=sold.past_days)
    before = sold.rows("sold_lines")
    assert sold.run(days=sold.past_days).states == {"sold_lines": "up_to_date"}
    assert sold.run(days=sold.days).states == {"sold_lines": "up_to_date"}, "restated days were read a moment ago"
    assert sold.run(days=[sold.today]).states == {"sold_lines": "empty"}
    assert sold.calls("createReport") == 3
    assert sold.rows("sold_lines") == before


def test_a_day_that_is_missing_is_asked_for_alone(sold):
    missing = sold.past_days[7]
    for days in (sold.past_days[:7], sold.past_days[8:]):
        sold.run(days=days)
    before = len(windows(sold))
    sold.run(days=sold.past_days)
    age = (sold.today - missing).days
    assert windows(sold)[before:] == [(age, age)]
    assert rows(sold) == expected(sold)


def test_restated_days_are_read_again_by_every_live_run_and_gone_lines_lose_their_rows(sold, hours_pass):
    sold.run(days=sold.past_days)
    hours_pass()
    world = sold.sandbox.state.worlds[sold.sellers[0]]
    recent = [order for order in world.orders if age_of(sold, order) in range(1, RESTATED + 1)]
    older = [order for order in world.orders if age_of(sold, order) > RESTATED]
    gone, more = recent[0], recent[1]

    def change(orders):
        line = more.items[0]._replace(quantity=more.items[0].quantity + 7)
        changed = more._replace(items=(line, *more.items[1:]))
        return [changed if order.id == more.id else order for order in orders if order.id not in (gone.id, older[0].id)]

    change_orders(sold, change)
    done = sold.run(days=[sold.today])
    assert done.states == {"sold_lines": "ok"}
    assert windows(sold)[3:] == [(RESTATED, 1)]
    after = expected(sold)
    kept = {(day, name, sku) for day, name, sku in rows(sold).keys() - after.keys()}
    assert {name for _, name, _ in kept} == {older[0].id}, "a settled day is not read again"
    assert {key: value for key, value in rows(sold).items() if key not in kept} == after
    assert done.counts["sold_lines"]["deleted"] == len({item.sku for item in gone.items})
    assert done.counts["sold_lines"]["updated"] == 1


def age_of(pipeline, order):
    return (pipeline.today - datetime.fromtimestamp(order.created, IST).date()).days


def test_a_refetch_reads_complete_days_again(sold):
    sold.run(days=sold.past_days)
    done = sold.run(days=sold.past_days[:4], refetch=True)
    assert windows(sold)[3:] == [(25, 22)]
    assert done.counts["sold_lines"]["unchanged"] == done.counts["sold_lines"]["fetched"] > 0


def release(pipeline):
    """Let stuck reports be ready."""
    for report in pipeline.sandbox.state.reports.reports.values():
        report.seconds = 0.0


def test_a_report_that_is_not_ready_is_parked_and_the_next_run_collects_it(sold):
    sold.fault("report-stuck", count=1)
    parked = sold.run_impatiently(days=sold.past_days)
    assert (parked.success, parked.states) == (True, {"sold_lines": "incomplete"})
    assert "is not ready" in parked.reasons["sold_lines"]
    assert "Its id is kept, and the next run collects it" in parked.reasons["sold_lines"]
    assert len(windows(sold)) == 2
    (stuck,) = [row for row in sold.rows("report_requests") if row["collected_at"] is None]
    assert stuck["amazon_id"] in parked.reasons["sold_lines"]
    release(sold)

    done = sold.run(days=sold.past_days)
    assert done.states == {"sold_lines": "ok"}
    assert sold.calls("createReport") == 3, "nothing was requested a second time"
    loads = sorted(sold.rows("loads"), key=lambda load: load["finished_at"])
    assert [report["id"] for report in loads[-1]["details"]["reports"]] == [stuck["amazon_id"]]
    assert rows(sold) == expected(sold)


def test_a_run_of_other_days_collects_a_parked_report_that_holds_one_of_them(sold):
    sold.fault("report-stuck", count=1)
    sold.run_impatiently(days=sold.past_days[:10])
    release(sold)
    assert sold.run(days=sold.past_days[8:12]).success
    assert sorted(windows(sold)) == [(15, 14), (25, 16)], "the parked window, and the days that it lacks"


def test_a_parked_report_of_a_marketplace_that_the_seller_left_is_not_collected(sold):
    sold.fault("report-stuck", count=1)
    sold.run_impatiently(days=sold.past_days[:5])
    release(sold)
    sold.one("update report_requests set marketplace_ids = %s returning 1", [GERMANY])
    assert sold.run(days=sold.past_days[:5]).states == {"sold_lines": "ok"}
    assert sold.calls("createReport") == 2


def test_a_failed_report_does_not_keep_the_other_windows_from_being_loaded(sold):
    sold.fault("report-fatal", count=1)
    failed = sold.run(days=sold.past_days)
    assert failed.error.startswith(f"ReportFailed: seller {sold.sellers[0]}: ")
    assert len(windows(sold)) == 2
    assert sold.run(days=sold.past_days).states == {"sold_lines": "ok"}
    assert sold.calls("createReport") == 4
    assert rows(sold) == expected(sold)


def test_lines_that_break_the_contract_are_rejected_and_their_rows_stay(sold, hours_pass):
    sold.run(days=sold.past_days)
    before = rows(sold)
    hours_pass()
    victim = next(
        order for order in sold.sandbox.state.worlds[sold.sellers[0]].orders if 0 < age_of(sold, order) <= RESTATED
    )
    line = victim.items[0]

    def change(orders):
        broken = victim._replace(items=(line._replace(amount="12,5"), *victim.items[1:]))
        return [broken if order.id == victim.id else order for order in orders]

    change_orders(sold, change)
    done = sold.run(days=[sold.today])
    assert done.counts["sold_lines"]["rejected"] == 1
    assert rows(sold) == before
    (reject,) = sold.rows("rejected_records")
    assert reject["reason"].startswith("price: Input should be a valid decimal")
    assert reject["record"]["amazon-order-id"] == victim.id
    day = datetime.fromtimestamp(victim.created, IST).date()
    assert reject["record_key"] == f"{day} {victim.id} {line.sku}"


def test_a_report_without_a_needed_column_fails_with_its_name(sold):
    sold.sources = (replace(SOURCE, needs=("amazon-order-id", "shelf-number")),)
    failed = sold.run(days=sold.past_days[:3])
    assert not failed.success
    assert "shelf-number" in failed.error
    assert REPORT in failed.error


def test_an_empty_report_is_believed_only_when_a_second_one_says_the_same(sold, hours_pass):
    sold.run(days=sold.past_days)
    before = rows(sold)
    hours_pass()
    change_orders(sold, lambda orders: [order for order in orders if age_of(sold, order) > RESTATED])
    doubted = sold.run(days=[sold.today])
    assert doubted.states == {"sold_lines": "skipped"}
    assert "Amazon returned no rows" in doubted.reasons["sold_lines"]
    assert rows(sold) == before
    hours_pass(2)
    assert sold.run(days=[sold.today]).states == {"sold_lines": "ok"}
    assert rows(sold) == expected(sold)


def test_each_marketplace_has_a_report_of_its_own(empty_pipeline, make_sandbox, admin, monkeypatch):
    make_table(admin, monkeypatch, SOLD_LINES)
    empty_pipeline.sources = (SOURCE,)
    empty_pipeline.serve(make_sandbox(marketplaces=(INDIA, GERMANY)), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=(INDIA, GERMANY))
    assert empty_pipeline.run(days=empty_pipeline.past_days[-3:]).success
    requested = empty_pipeline.rows("report_requests", "marketplace_ids")
    assert sorted(row["marketplace_ids"] for row in requested) == sorted([[INDIA], [GERMANY]])
    assert {load["marketplace_id"] for load in empty_pipeline.rows("loads")} == {INDIA, GERMANY}


def test_a_marketplace_that_amazon_refuses_does_not_keep_the_reports_of_the_others(
    empty_pipeline, make_sandbox, admin, monkeypatch
):
    make_table(admin, monkeypatch, SOLD_LINES)
    empty_pipeline.sources = (SOURCE,)
    sandbox = make_sandbox(marketplaces=(INDIA, GERMANY), days=4, rate_scale=0, denied_marketplaces=(GERMANY,))
    empty_pipeline.serve(sandbox, onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=(INDIA, GERMANY))
    done = empty_pipeline.run(days=empty_pipeline.past_days)
    assert (done.success, done.states) == (True, {"sold_lines": "ok"})
    assert {row["marketplace_id"] for row in empty_pipeline.rows("sold_lines")} == {INDIA}
    assert {load["marketplace_id"] for load in empty_pipeline.rows("loads")} == {INDIA}
    assert "Grant the role" in done.reasons["sold_lines"]
    (sentence,) = empty_pipeline.one("select sentence from check_results where check_name = 'role_granted'")
    assert "for Amazon.de" in sentence
    assert "Amazon.in" not in sentence


def test_a_report_for_the_account_is_requested_once_and_belongs_to_the_first_marketplace(
    empty_pipeline, make_sandbox, admin, monkeypatch
):
    make_table(admin, monkeypatch, SOLD_LINES)
    empty_pipeline.sources = (replace(SOURCE, is_for_account=True),)
    empty_pipeline.serve(make_sandbox(marketplaces=(INDIA, GERMANY), days=4, orders_per_day=12), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=(INDIA, GERMANY))
    done = empty_pipeline.run(days=empty_pipeline.past_days)
    assert (done.success, done.states) == (True, {"sold_lines": "ok"})
    assert empty_pipeline.calls("createReport") == 1
    assert [row["marketplace_ids"] for row in empty_pipeline.rows("report_requests")] == [[INDIA]]
    found = empty_pipeline.rows("sold_lines")
    assert {row["marketplace_id"] for row in found} == {INDIA}
    assert {row["channel"] for row in found} >= {"Amazon.in", "Amazon.de"}, "the report has the lines of all stores"
    assert empty_pipeline.run(days=empty_pipeline.past_days).states == {"sold_lines": "up_to_date"}
    assert empty_pipeline.calls("createReport") == 1
