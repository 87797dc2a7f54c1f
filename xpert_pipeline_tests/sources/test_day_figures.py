"""What a partition tells of its day: rows and the figures that the source declares, read from the table."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.events import day_reports
from xpert_pipeline.sources.day_figures import ROWS, DayContent, read_contents, total_contents
from xpert_pipeline.sources.declarations import DeclarationError, require_valid
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
SALES = ["orders", "order_items", "sales_data"]


@pytest.fixture
def pipeline(empty_pipeline, make_sandbox):
    """A pipeline that reads a small sandbox."""
    empty_pipeline.serve(make_sandbox())
    return empty_pipeline


def told(pipeline, done, table):
    """The metadata of each day of a table."""
    return {
        report.partition.split("|")[0]: {name: value.value for name, value in report.metadata.items()}
        for report in day_reports(pipeline.instance, done.run_id)
        if report.asset_key.to_user_string() == table
    }


def test_orders_units_and_sales_of_each_day_are_those_of_amazon_also_after_a_run_without_news(pipeline):
    """Plots showed eleven flat zeros after the second sync."""
    first, again = pipeline.run(tables=SALES), pipeline.run(tables=SALES)
    orders, units, sales = Counter(), Counter(), Counter()
    for order in pipeline.truth("orders"):
        if order["fulfillment_status"] != "CANCELLED":
            orders[order["order_date"]] += 1
            units[order["order_date"]] += order["units_ordered"]
    for item in pipeline.truth("order_items"):
        if not item["is_cancelled"] and item["item_subtotal"] is not None:
            sales[item["order_date"]] += Decimal(str(item["item_subtotal"]))
    assert orders.total() > 20
    for done in (first, again):
        days = told(pipeline, done, "orders")
        assert {day: facts["orders"] for day, facts in days.items() if facts.get("orders")} == orders
        assert {day: facts["units"] for day, facts in days.items() if facts.get("units")} == +units
        items = told(pipeline, done, "order_items")
        found = {day: Decimal(str(facts["sales INR"])) for day, facts in items.items() if "sales INR" in facts}
        assert found == {day: amount for day, amount in sales.items() if day in found}
        assert sum(found.values()) == sales.total() > 0
    assert {facts["state"] for facts in told(pipeline, again, "orders").values()} <= {"up_to_date", "empty", "ok"}
    assert not any("fetched" in facts for facts in told(pipeline, again, "orders").values())


def test_a_days_rows_are_those_of_the_table_and_unknown_where_amazon_keeps_no_history(pipeline):
    done = pipeline.run(tables=["products", "fba_inventory"])
    today = pipeline.today.isoformat()
    for table in ("products", "fba_inventory"):
        days = told(pipeline, done, table)
        assert days[today][ROWS] == len(pipeline.rows(table))
        assert not any(ROWS in facts for day, facts in days.items() if day != today), "not 0: it is not known"


def test_amounts_of_different_currencies_are_never_added():
    contents = [
        DayContent(2, {"units": Decimal(3), "sales INR": Decimal("10.50")}),
        DayContent(1, {"units": Decimal(4), "sales EUR": Decimal(7)}),
    ]
    assert total_contents(contents) == {ROWS: 3, "units": 7, "sales INR": 10.5, "sales EUR": 7}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.step)
def test_every_declared_figure_can_be_read_from_an_empty_table(pool, seller, source):
    class Run:
        days = (date(2026, 11, 1),)
        markets = ()

    run = Run()
    run.pool, run.seller = pool, seller
    for table in source.tables:
        assert read_contents(run, table, source.figures) == {}


def test_a_figure_of_another_sources_table_is_refused_with_the_line_to_correct():
    feed = next(source for source in SOURCES if ORDERS in source.tables)
    other = next(source for source in SOURCES if ORDERS not in source.tables and source.figures)
    with pytest.raises(DeclarationError, match=f"{other.step}: the figure orders is of the table orders") as refused:
        require_valid([replace(other, figures=feed.figures[:1])])
    assert ".py:" in str(refused.value)


def test_the_same_day_of_two_marketplaces_is_added_up_for_the_partition():
    contents = {INDIA: DayContent(2, {"orders": Decimal(2)}), GERMANY: DayContent(3, {"orders": Decimal(3)})}
    assert total_contents(list(contents.values())) == {ROWS: 5, "orders": 5}
