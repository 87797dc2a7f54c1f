"""The merchant returns report: its days, its blanks, and a seller who has no such returns at all."""

from dataclasses import replace
from datetime import date

import pytest

from xpert_pipeline.assets.returns.merchant_returns import SOURCE, report_day, yes_or_no
from xpert_pipeline_tests.assets.returns.truth import assert_true
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]


def rewrite(pipeline, change):
    """Let the sandbox write the report's lines as `change` has them: their cells, the header first."""
    kinds = pipeline.sandbox.state.report_kinds
    kind = kinds[SOURCE.report]

    def write(content):
        lines = [line.split("\t") for line in "".join(kind.write(content)).splitlines()]
        return ("\t".join(cells) + "\r\n" for cells in change(lines))

    kinds[SOURCE.report] = replace(kind, write=write)


def test_each_request_is_a_row_and_a_second_run_changes_nothing(make_returning, hours_pass):
    returning = make_returning((SOURCE,))
    assert returning.run(days=returning.past_days).success
    assert_true(returning, "merchant_returns", "return_date")
    rows = returning.rows("merchant_returns")
    assert {row["rma_id"] is None for row in rows} == {True, False}
    hours_pass()
    again = returning.run(days=[returning.today])
    assert (
        again.counts["merchant_returns"] | {"inserted": 0, "updated": 0, "deleted": 0}
        == (again.counts["merchant_returns"])
    )
    assert again.counts["merchant_returns"]["unchanged"] == len(rows) > 0


def test_a_seller_without_such_orders_has_none_and_the_days_are_complete(make_returning):
    """For a seller whose orders Amazon fulfils, the report is cancelled."""
    returning = make_returning((SOURCE,))
    world = returning.sandbox.state.worlds[returning.sellers[0]]
    orders = [order._replace(fba=True) for order in world.orders]
    returning.sandbox.state.worlds[world.seller_id] = replace(world, orders=orders)
    days = returning.past_days[-9:]
    done = returning.run(days=days)
    assert (done.success, done.states) == (True, {"merchant_returns": "empty"})
    assert returning.rows("merchant_returns") == []
    asked = returning.calls("createReport")
    assert returning.run(days=days).success
    assert returning.calls("createReport") == asked


def test_a_report_from_before_2026_has_no_order_items(make_returning):
    returning = make_returning((SOURCE,))
    rewrite(returning, lambda lines: [cells[:-1] for cells in lines])
    assert returning.run(days=returning.past_days).success
    truth = {row["return_key"]: row for row in returning.truth("merchant_returns") if row["rma_id"]}
    rows = [row for row in returning.rows("merchant_returns") if row["rma_id"]]
    assert rows
    for row in rows:
        assert row["order_item_id"] is None
        assert [key for key in truth if key.startswith(row["return_key"] + "|")]


def test_a_day_and_an_amount_in_another_format_are_refused_not_guessed(make_returning):
    returning = make_returning((SOURCE,))

    def change(lines):
        places = {name: place for place, name in enumerate(lines[0])}
        lines[1][places["Return request date"]] = "11/05/2026"
        lines[2][places["Order Amount"]] = "1.234,50"
        return lines

    rewrite(returning, change)
    done = returning.run(days=returning.past_days)
    assert done.counts["merchant_returns"]["rejected"] == 2
    reasons = sorted(reject["reason"] for reject in returning.rows("rejected_records"))
    assert [reason.split(":")[0] for reason in reasons] == ["order_amount", "return_date"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("05-Jan-2026", date(2026, 1, 5)),
        ("31-DEC-2025", date(2025, 12, 31)),
        ("31-Feb-2026", None),
        ("05-01-2026", None),
        ("2026-01-05", None),
        (" ", None),
        (None, None),
    ],
)
def test_a_day_is_read_only_as_amazon_writes_it(text, day):
    assert report_day(text) == day


def test_yes_and_no_are_read_and_other_words_are_unknown():
    assert [yes_or_no(text) for text in ("Y", "no", " N ", "maybe", "", None)] == [True, False, False, None, None, None]
