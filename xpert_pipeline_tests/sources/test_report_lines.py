"""Lines of a report: cells and columns that lack or are too many."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.spapi.documents.flat_files import Ragged
from xpert_pipeline_tests.assets.orders.payloads import market_of
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import INDIA
from xpert_pipeline_tests.sources.sold_lines import (
    REPORT,
    SOURCE,
    rows,
    sold,
)

__all__ = ["sold"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]


@pytest.mark.parametrize("cells", [{"": "more"}, {"sku": None}])
def test_a_line_with_fewer_or_more_cells_than_the_header_is_rejected_whole(cells):
    line = Ragged(
        {"amazon-order-id": "1", "purchase-date": "2026-11-01T10:00:00+00:00", "sku": "A", "quantity": "1", **cells}
    )
    with pytest.raises(Unfit, match="the line does not have as many cells as the header"):
        SOURCE.row(line, Requested((market_of(INDIA),), [date(2026, 11, 1)]), Counter())


def test_an_empty_cell_is_no_value():
    line = {"amazon-order-id": "1", "purchase-date": "", "sku": "A", "quantity": "", "item-price": ""}
    row = SOURCE.row(line, Requested((market_of(INDIA),), [date(2026, 11, 1)]), Counter())
    assert (row["sold_on"], row["quantity"], row["price"]) == (None, None, None)


def rewrite_reports(pipeline, change):
    """Let the sandbox write the report's lines as `change` has them: their cells, the header first."""
    kinds = pipeline.sandbox.state.report_kinds
    kind = kinds[REPORT]

    def write(content):
        lines = "".join(kind.write(content)).split("\n")[:-1]
        return ("\t".join(cells) + "\n" for cells in change([line.rstrip("\r").split("\t") for line in lines]))

    kinds[REPORT] = replace(kind, write=write)


def without(*names):
    """The change that leaves out columns."""

    def change(lines):
        places = [place for place, name in enumerate(lines[0]) if name not in names]
        return [[cells[place] for place in places] for cells in lines]

    return change


def test_a_column_that_the_report_lacks_leaves_what_is_known(sold, hours_pass):
    """A report without a column overwrote all its known values with NULL."""
    sold.run(days=sold.past_days)
    before = rows(sold)
    hours_pass()
    rewrite_reports(sold, without("sales-channel", "item-price"))
    done = sold.run(days=[sold.today])
    assert (done.success, done.states) == (True, {"sold_lines": "ok"})
    assert done.counts["sold_lines"] | {"updated": 0, "deleted": 0} == done.counts["sold_lines"]
    assert done.counts["sold_lines"]["unchanged"] > 0
    assert rows(sold) == before


def test_a_report_without_a_column_that_may_not_be_null_fails_with_its_name(sold):
    rewrite_reports(sold, without("quantity"))
    failed = sold.run(days=sold.past_days[:3])
    assert not failed.success
    assert "has no column quantity" in failed.error


def test_a_line_of_another_length_deletes_no_row_of_its_days(sold, hours_pass):
    sold.run(days=sold.past_days)
    before = rows(sold)
    hours_pass()
    rewrite_reports(sold, lambda lines: [lines[0], [*lines[1], "stray"], *lines[3:]])
    done = sold.run(days=[sold.today])
    assert done.counts["sold_lines"] | {"rejected": 1, "deleted": 0} == done.counts["sold_lines"]
    assert rows(sold) == before
    (reject,) = sold.rows("rejected_records")
    assert reject["reason"] == "the line does not have as many cells as the header"
    assert "stray" in reject["record"][""]
