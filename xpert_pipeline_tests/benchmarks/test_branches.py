"""Every table of the pipeline takes part in the bound, and a source or table that the bound does not know is refused."""

from types import SimpleNamespace

import psycopg
import pytest

from benchmarks.branches import LOADS, branches_of, loads_of
from benchmarks.token_bound import Branch
from xpert_pipeline.assets.registry import SOURCES

KNOWN = {branch.name: branch for branch in branches_of(SOURCES)}
DERIVED = {source.tables[0].name for source in SOURCES if source.is_derived}


def test_every_source_has_a_branch_unless_it_is_derived():
    assert DERIVED
    assert KNOWN.keys() | DERIVED == {source.tables[0].name for source in SOURCES}
    assert not KNOWN.keys() & DERIVED


def test_the_stages_of_a_branch_follow_from_the_kind_of_its_source():
    assert KNOWN["fba_inventory"] == Branch("fba_inventory", pages=("getInventorySummaries",))
    assert KNOWN["products"].made_by == "createReport"
    assert KNOWN["orders"] == Branch("orders", ("getOrderMetrics",), ("searchOrders",), "createReport")
    assert KNOWN["economics_daily"].reads_queries
    assert not KNOWN["orders"].reads_queries
    assert KNOWN["settlements"] == Branch("settlements", ("getReports",), ("getReportDocument",))


def test_a_source_of_an_unknown_kind_is_refused():
    source = SimpleNamespace(is_derived=False, tables=[SimpleNamespace(name="settlements")])
    with pytest.raises(LookupError, match=r"settlements \(SimpleNamespace\): add the kind to benchmarks/branches.py"):
        branches_of([source])


def test_a_load_has_the_rows_of_its_largest_table():
    rows = [
        ("orders", "a", "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", 100, True),
        ("order_items", "a", "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", 120, True),
        ("orders", "b", "searchOrders", 5, False),
        ("order_items", "b", "searchOrders", 6, False),
        ("sales_data", "c", "derived", 60, False),
    ]
    loads = loads_of(rows, SOURCES)
    assert loads.reports == {"orders": [120]}
    assert loads.sources == ("GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", "searchOrders")


@pytest.mark.parametrize(
    ("table", "source", "has_report", "is_made"),
    [
        ("products", "GET_MERCHANT_LISTINGS_ALL_DATA", False, True),
        ("products", "searchListingsItems", False, False),
        ("orders", "searchOrders", True, True),  # the report came, but was not used
        ("fba_inventory", "getInventorySummaries", False, False),
        ("economics_daily", "analytics_economics_2024_03_15", False, True),
        ("settlements", "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", False, False),
    ],
)
def test_a_load_waited_for_a_report_or_query_unless_an_operation_brought_its_rows(table, source, has_report, is_made):
    loads = loads_of([(table, "a", source, 7, has_report)], SOURCES)
    assert loads.reports == ({table: [7]} if is_made else {})


def test_a_table_that_no_source_fills_is_refused():
    with pytest.raises(LookupError, match="no source in assets/registry.py fills unheard_of"):
        loads_of([("unheard_of", "a", "GET_UNHEARD_OF", 1, False)], SOURCES)


def test_the_ledger_can_be_read(admin_dsn):
    with psycopg.connect(admin_dsn) as connection:
        names = [column.name for column in connection.execute(LOADS).description]
    assert names == ["table_name", "load_id", "source", "sum", "bool_or"]
