"""The FBA returns report: returns keep their keys when they move, and customers' words are kept nowhere."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from xpert_pipeline.assets.returns import fba_returns
from xpert_pipeline.assets.returns.fba_returns import SOURCE
from xpert_pipeline.sandbox.world.movements import CUSTOMER_RETURN
from xpert_pipeline.sandbox.world.stock import stock_of
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline_tests.assets.orders.payloads import market_of
from xpert_pipeline_tests.assets.returns.truth import assert_true
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
WORDS = ("example.com", "98450", "does not fit")


def days_by_key(pipeline):
    return {row["return_key"]: row["return_date"] for row in pipeline.rows("fba_returns")}


def test_a_return_with_another_date_moves_into_its_new_window_and_back(make_returning, hours_pass):
    """The same return came again under another date, in a window of its own, and was counted twice."""
    returning = make_returning((fba_returns.SOURCE,), days=55)
    days = returning.past_days
    assert returning.run(days=days).success
    assert returning.calls("createReport") == 2, "two windows"
    assert_true(returning, "fba_returns", "return_date")
    before, border = days_by_key(returning), days[-30]
    returning.fault("returns-moved")
    hours_pass()
    assert returning.run(days=days, refetch=True).success
    moved = days_by_key(returning)
    assert moved.keys() == before.keys()
    assert [key for key in moved if before[key] < border <= moved[key]], "returns moved to the newer window"
    assert_true(returning, "fba_returns", "return_date")
    returning.mend()
    hours_pass()
    assert returning.run(days=days, refetch=True).success
    assert days_by_key(returning) == before


def test_each_unit_that_the_stock_took_back_is_a_row_and_no_comment_is_kept(make_returning):
    returning = make_returning((fba_returns.SOURCE,), orders_per_day=12)
    assert returning.run(days=returning.past_days).success
    world = returning.sandbox.state.worlds[returning.sellers[0]]
    booked = [
        (movement.reference, line.sku, movement.quantity)
        for line in stock_of(world, INDIA, world.end).lines
        for movement in line.movements
        if movement.type == CUSTOMER_RETURN and date.fromordinal(movement.day) < returning.today
    ]
    rows = returning.rows("fba_returns")
    assert len(rows) == sum(row["quantity"] for row in rows) == sum(units for *_, units in booked)
    assert {(row["order_id"], row["sku"]) for row in rows} == {(order, sku) for order, sku, _ in booked}
    blank = Counter((row["order_id"], row["sku"]) for row in rows if row["license_plate_number"] is None)
    assert max(blank.values()) > 1, "identical lines without licence plates"
    said = returning.everything_said() + str(rows)
    assert not [words for words in WORDS if words in said]


def test_a_line_whose_comment_breaks_it_is_rejected_without_a_word_of_it(make_returning):
    returning = make_returning((fba_returns.SOURCE,))
    kinds = returning.sandbox.state.report_kinds
    kind = kinds[SOURCE.report]

    def write(content):
        header, first, *others = "".join(kind.write(content)).splitlines()
        return [header + "\n", first + "secret\twords of a customer\n", *(line + "\n" for line in others)]

    kinds[SOURCE.report] = replace(kind, write=write)
    done = returning.run(days=returning.past_days[-30:])
    assert done.counts["fba_returns"]["rejected"] == 1
    (reject,) = returning.rows("rejected_records")
    assert reject["reason"] == "the line does not have as many cells as the header"
    assert reject["record"] == {"": "14 cells not kept, because a person's own words may be among them"}
    assert "words of a customer" not in returning.everything_said()


def test_a_return_is_dated_by_the_clock_of_its_market_and_a_blank_cell_is_unknown():
    line = {
        "return_key": "404-1|SKU|LPN1", "return-date": "2026-07-19T19:30:00+00:00", "order-id": "404-1", "sku": "SKU",
        "asin": "B0", "fnsku": "X0", "product-name": "Kurta", "quantity": "1", "fulfillment-center-id": "BLR7",
        "detailed-disposition": "SELLABLE", "reason": "UNWANTED_ITEM", "status": " ", "license-plate-number": "LPN1",
    }  # fmt: skip
    row = SOURCE.row(line, Requested((market_of(INDIA),), []), Counter())
    assert (row["return_date"], row["status"], row["return_key"]) == (date(2026, 7, 20), None, "404-1|SKU|LPN1")
