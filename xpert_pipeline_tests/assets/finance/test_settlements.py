"""Settlements: what the sandbox lists becomes exactly its truth; what Amazon lists again changes nothing."""

import pytest

from xpert_pipeline.assets.finance.settlement_report import SOURCE
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, make_sandbox

__all__ = ["empty_pipeline", "make_sandbox"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
TABLES = ["settlements", "settlement_rows"]
WORLD = {"days": 24, "orders_per_day": 12, "skus": 20}


@pytest.fixture
def settled(empty_pipeline, make_sandbox):
    """A seller of 24 days in India, with two ways of payment."""
    empty_pipeline.sources = (SOURCE,)
    empty_pipeline.serve(make_sandbox(**WORLD))
    return empty_pipeline


def test_settlements_are_loaded_row_for_row_and_a_second_run_changes_nothing(settled):
    done = settled.run(checks=True)
    assert done.errors == {}
    settled.assert_whole(*TABLES)
    again = settled.run()
    assert (again.errors, again.states) == ({}, dict.fromkeys(TABLES, "up_to_date"))
    assert all(again.counts[table]["fetched"] == 0 for table in TABLES)


def test_reports_that_were_cut_are_told_and_whole_ones_take_their_place(settled):
    """Half of the rows arrived, and every line was whole: only the sum shows that something is missing."""
    settled.fault("settlement-cut")
    assert settled.run().errors == {}
    rows = settled.rows("settlements")
    assert {row["is_balanced"] for row in rows if row["total_amount"]} == {False}
    assert all(row["total_amount"] - row["rows_amount"] == row["difference_amount"] for row in rows)
    settled.mend()
    assert settled.run(refetch=True).errors == {}
    settled.assert_whole(*TABLES)
