"""The figures of loading for known numbers, and the reports that are loaded."""

import pytest

from benchmarks import load
from benchmarks.load import MEASURED, not_measured, outcome
from benchmarks.report_files import LAST_DAY, write_listings, write_orders
from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.spapi.documents.flat_files import read_rows
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.operations.all_orders_report import read_orders


def took(first, again, *, peak=200e6, changed=0):
    return {"first": first, "again": again, "peak": peak, "first_changed": 10, "again_changed": changed}


def test_speeds_are_ratios_of_medians_at_the_largest_size():
    results = {
        1_000: {"xml": [took(9.0, 9.0, peak=200e6)], "bare": [took(9.0, 9.0)]},
        10_000: {
            "xml": [took(4.0, 3.0, peak=210e6), took(90.0, 90.0, peak=210e6), took(2.0, 1.0, peak=210e6)],
            "bare": [took(1.0, 1.5), took(2.0, 3.0), took(3.0, 4.5)],
        },
    }
    figures = outcome(results).figures
    assert figures["xml_first_vs_bare"] == 0.5
    assert figures["xml_again_vs_bare"] == 1.0
    assert (figures["peak_mb"], figures["rss_ratio"], figures["rss_ratio_of_rows"]) == (210.0, 1.05, 10.0)
    assert (figures["xml_peak_mb_at_1000"], figures["xml_first_vs_bare_at_10000"]) == (200.0, 0.5)
    assert outcome(results).holds


def test_a_row_changed_by_the_second_load_misses_the_goal():
    results = {100: {"xml": [took(1.0, 1.0, changed=1)], "bare": [took(1.0, 1.0, changed=100)]}}
    assert outcome(results).figures["again_changed_rows"] == 1
    assert not outcome(results).holds


def test_ways_that_were_not_measured_have_no_figures_and_no_goals():
    document = outcome({100: {"rows": [took(1.0, 1.0)], "bare": [took(1.0, 2.0)]}}).as_json()
    assert set(document["goals"]) == {"rows_first_vs_bare", "rows_again_vs_bare", "again_changed_rows", "peak_mb"}
    assert "rss_ratio" not in document["figures"]


def test_every_source_of_documents_is_measured_or_named_as_not_measured(monkeypatch):
    reading = {"getReportDocument", "getDocument"}
    with_documents = {
        source.tables[0].name for source in SOURCES if reading & set(source.operations) or getattr(source, "bulk", None)
    }
    assert {*MEASURED, *not_measured()} == with_documents
    monkeypatch.setattr(load, "MEASURED", ("orders",))
    figures = outcome({100: {"xml": [took(1.0, 1.0)], "bare": [took(1.0, 1.0)]}}).figures
    assert set(figures["documents_not_measured"].split(", ")) == with_documents - {"orders"}


@pytest.mark.parametrize("lines", [1, 500])
def test_an_orders_report_has_the_requested_number_of_lines_in_unique_orders(tmp_path, lines):
    write_orders(tmp_path / "orders.xml", lines)
    orders = list(read_orders(tmp_path / "orders.xml", [by_id("A21TJRUUN4KGV")], charset="utf-8"))
    assert lines <= sum(len(order["items"]) for order in orders) <= lines + 2
    assert len({order["order_id"] for order in orders}) == len(orders)
    assert max(order["purchase_date"] for order in orders) < f"{LAST_DAY.isoformat()}T18:30"


def test_a_listings_report_has_a_line_for_each_sku(tmp_path):
    write_listings(tmp_path / "listings.tsv", 300)
    with (tmp_path / "listings.tsv").open(encoding="utf-8", newline="\n") as file:
        rows = list(read_rows(file, ("seller-sku", "item-name"), report="listings"))
    assert len({row["seller-sku"] for row in rows}) == len(rows) == 300
