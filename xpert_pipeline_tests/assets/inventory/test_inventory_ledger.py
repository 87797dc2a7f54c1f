"""The inventory ledger: rows equal the books of the world, and each line goes to the store of its country."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from xpert_pipeline.assets.inventory.inventory_ledger import SOURCE, ledger_day
from xpert_pipeline.partitions import local_today
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline_tests.assets.orders.payloads import market_of
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, hours_pass, make_sandbox
from xpert_pipeline_tests.sources.conftest import FRANCE, GERMANY, INDIA

__all__ = ["empty_pipeline", "hours_pass", "make_sandbox"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
DAY = date(2026, 11, 5)
LINE = {
    "Date": "11/05/2026", "FNSKU": "X001", "ASIN": "B001", "MSKU": "A", "Title": "Kurta", "Disposition": "SELLABLE",
    "Starting Warehouse Balance": "10", "In Transit Between Warehouses": "2", "Receipts": "5",
    "Customer Shipments": "-4", "Customer Returns": "1", "Vendor Returns": "0", "Warehouse Transfer In/Out": "-1",
    "Found": "2", "Lost": "-3", "Damaged": "-1", "Disposed": "0", "Other Events": "0",
    "Ending Warehouse Balance": "9", "Unknown Events": "0", "Location": "DE", "Store": "Amazon.de",
}  # fmt: skip
"""10 + 5 - 4 + 1 - 1 + 2 - 3 - 1 = 9."""


def row_of(signals=None, markets=(INDIA, GERMANY), **cells):
    requested = Requested(tuple(map(market_of, markets)), frozenset([DAY]))
    return SOURCE.row(LINE | cells, requested, Counter() if signals is None else signals)


@pytest.fixture
def ledger(empty_pipeline, make_sandbox):
    """A seller with three stores."""
    empty_pipeline.sources = (SOURCE,)
    stores = (INDIA, GERMANY, FRANCE)
    empty_pipeline.serve(make_sandbox(marketplaces=stores, days=12, orders_per_day=30, skus=20), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=stores)
    return empty_pipeline


def rewrite(pipeline, change):
    """Let the sandbox write the report's lines as `change` has them: their cells, the header first."""
    kinds = pipeline.sandbox.state.report_kinds
    kind = kinds[SOURCE.report]

    def write(content):
        lines = "".join(kind.write(content)).splitlines()
        return ("\t".join(cells) + "\r\n" for cells in change([line.split("\t") for line in lines]))

    kinds[SOURCE.report] = replace(kind, write=write)


def test_one_report_fills_every_store_and_a_second_run_changes_nothing(ledger, hours_pass):
    done = ledger.run(days=ledger.days)
    assert (done.success, done.states) == (True, {"inventory_ledger": "ok"})
    assert ledger.calls("createReport") == 1
    (request,) = ledger.rows("report_requests", "options")
    assert request["options"] == {"aggregatedByTimePeriod": "DAILY", "aggregateByLocation": "COUNTRY"}
    assert ledger.differences("inventory_ledger") == []
    rows = ledger.rows("inventory_ledger")
    assert {row["marketplace_id"] for row in rows} == {INDIA, GERMANY, FRANCE}
    assert {row["unexplained_quantity"] for row in rows} == {0}
    for name in ("receipts", "customer_shipments", "customer_returns", "other_events"):
        assert any(row[f"{name}_quantity"] for row in rows), name
    assert ledger.run(days=ledger.days).states == {"inventory_ledger": "up_to_date"}

    hours_pass()
    gone = next(
        row for row in rows if row["marketplace_id"] == FRANCE and (ledger.today - row["business_date"]).days < 9
    )
    rewrite(ledger, lambda lines: [cells for cells in lines if cells[3] != gone["sku"] or cells[-2] != "FR"])
    again = ledger.run(days=[ledger.today]).counts["inventory_ledger"]
    lost = [row for row in rows if (row["marketplace_id"], row["sku"]) == (FRANCE, gone["sku"])]
    recent = [row for row in lost if (local_today("Europe/Paris") - row["business_date"]).days <= 10]
    assert (again["inserted"], again["updated"], again["deleted"]) == (0, 0, len(recent))


def test_headers_without_spaces_are_the_same_and_columns_that_are_missing_leave_what_is_known(ledger, hours_pass):
    ledger.run(days=ledger.days)
    before = ledger.rows("inventory_ledger")
    hours_pass()

    def respelt(lines):
        keep = [place for place, name in enumerate(lines[0]) if name not in ("Title", "Found")]
        header, *others = [[cells[place] for place in reversed(keep)] for cells in lines]
        return [[name.replace(" ", "").upper() for name in header], *others]

    rewrite(ledger, respelt)
    counts = ledger.run(days=[ledger.today]).counts["inventory_ledger"]
    names = set(before[0]) - {"unexplained_quantity", "updated_at", "load_id"}
    after = ledger.rows("inventory_ledger")
    assert [{name: row[name] for name in names} for row in after] == [
        {name: row[name] for name in names} for row in before
    ]
    assert (counts["inserted"], counts["deleted"], counts["rejected"]) == (0, 0, 0)


def test_a_seller_without_stock_at_amazon_is_told_that_there_is_none(ledger):
    """Amazon cancels the report of a seller who does not use its warehouses."""
    kinds = ledger.sandbox.state.report_kinds
    kinds[SOURCE.report] = replace(kinds[SOURCE.report], count=lambda _world, _report: 0)
    done = ledger.run(days=ledger.days)
    assert (done.success, done.states) == (True, {"inventory_ledger": "empty"})
    assert ledger.run(days=ledger.past_days).states == {"inventory_ledger": "empty"}
    assert ledger.calls("createReport") == 1


def test_a_document_in_foreign_writing_deletes_nothing_and_its_days_stay_open(ledger, hours_pass):
    ledger.run(days=ledger.days)
    before = ledger.rows("inventory_ledger")
    hours_pass()
    rewrite(ledger, lambda lines: [lines[0], *([cells[0].replace("/", "."), *cells[1:]] for cells in lines[1:])])
    done = ledger.run(days=[ledger.today])
    assert "were rejected; see rejected_records" in done.reasons["inventory_ledger"]
    assert ledger.rows("inventory_ledger") == before


def test_a_line_becomes_a_row_of_the_store_in_its_country():
    row = row_of()
    assert (row["marketplace_id"], row["location"], row["store"]) == (GERMANY, "DE", "Amazon.de")
    assert (row["business_date"], row["sku"], row["fn_sku"], row["asin"]) == (DAY, "A", "X001", "B001")
    assert (row["opening_quantity"], row["closing_quantity"], row["unexplained_quantity"]) == ("10", "9", 0)


@pytest.mark.parametrize(
    ("cells", "unexplained"),
    [
        ({"Ending Warehouse Balance": "12"}, 3),
        ({"Starting Warehouse Balance": "12"}, -2),
        ({"Lost": ""}, -3),
        ({"Unknown Events": "1"}, -1),
        ({"Receipts": "5,0"}, None),
    ],
)
def test_what_does_not_add_up_is_kept_beside_the_balances(cells, unexplained):
    assert row_of(**cells)["unexplained_quantity"] == unexplained


def test_units_in_a_country_without_a_store_of_the_seller_stay_with_the_first_one_and_are_told():
    signals = Counter()
    assert row_of(signals, Location="CZ")["marketplace_id"] == INDIA
    assert signals == {"lines of CZ, where the seller has no marketplace": 1}
    assert row_of(Location="CZ")["location"] == "CZ"


def test_units_without_a_sku_or_store_have_a_word_for_it():
    row = row_of(MSKU="", Store=" ")
    assert (row["sku"], row["store"]) == ("(no SKU)", "(no store)")


def test_a_line_of_a_day_that_was_not_requested_is_no_row():
    with pytest.raises(Unfit, match="a line of 2026-05-11, which was not requested"):
        row_of(Date="05/11/2026")


@pytest.mark.parametrize("text", ["13/11/2026", "2026.11.05", "", None, "5 Nov 2026"])
def test_a_day_in_another_writing_is_not_guessed(text):
    assert ledger_day(text) is None
