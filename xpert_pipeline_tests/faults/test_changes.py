"""Orders that change once they are loaded: late states arrive, stale ones do not, no source harms the other."""

import time
from decimal import Decimal

import pytest

from xpert_pipeline.sandbox.world.order_charges import TAX, charge
from xpert_pipeline_tests.faults.pipeline import CARRIED

ORDERS = ["orders", "order_items"]
SALES = [*ORDERS, "sales_data"]


def carried(pipeline, table):
    return pipeline.rows(table, ", ".join(CARRIED[table]))


def a_sale(pipeline, *, is_taxed=None):
    """Place of a shipped order with a price; on its first line with tax or without, if that is asked."""
    orders = pipeline.sandbox.state.worlds[pipeline.sellers[0]].orders
    return next(
        place
        for place, order in enumerate(orders)
        if order.status == "SHIPPED"
        and order.is_sale
        and order.items[0].amount
        and order.items[0].quantity
        and is_taxed in (None, charge(order.items[0], TAX) is not None)
    )


def test_a_late_change_reaches_items_and_sales(pipeline):
    assert pipeline.run(tables=SALES).success
    place = a_sale(pipeline)
    before = pipeline.sandbox.state.worlds[pipeline.sellers[0]].orders[place]
    lines = tuple(line._replace(cancelled=True) for line in before.items)
    changed = pipeline.change_order(place, status="CANCELLED", items=lines)
    done = pipeline.run(tables=SALES)
    assert done.success
    assert done.counts["orders"]["updated"] == 1
    assert done.counts["order_items"]["updated"] == len(lines)
    assert done.counts["sales_data"]["updated"] >= 1
    assert {row["is_cancelled"] for row in pipeline.rows("order_items") if row["order_id"] == changed.id} == {True}
    pipeline.assert_whole(*SALES)


def test_a_line_taken_out_of_an_order_is_taken_out_of_items_and_sales(pipeline):
    assert pipeline.run(tables=SALES).success
    orders = pipeline.sandbox.state.worlds[pipeline.sellers[0]].orders
    place = next(place for place, order in enumerate(orders) if len(order.items) > 1 and order.is_sale)
    pipeline.change_order(place, items=orders[place].items[:1])
    done = pipeline.run(tables=SALES)
    assert done.counts["order_items"]["deleted"] == len(orders[place].items) - 1
    pipeline.assert_whole(*SALES)


def test_a_price_that_comes_late_fills_the_unknown_one(pipeline):
    orders = pipeline.sandbox.state.worlds[pipeline.sellers[0]].orders
    place = a_sale(pipeline)
    priced = orders[place]
    pipeline.change_order(place, status="PENDING", items=tuple(line._replace(amount=None) for line in priced.items))
    assert pipeline.run(tables=SALES).success
    pipeline.assert_whole(*SALES)
    pipeline.change_order(place, status="SHIPPED", items=priced.items, updated=int(time.time()) - 199)
    assert pipeline.run(tables=SALES).success
    (line, *_) = [row for row in pipeline.rows("order_items") if row["order_id"] == priced.id]
    assert line["item_subtotal"] == Decimal(next(i.amount for i in priced.items if i.id == line["order_item_id"]))
    pipeline.assert_whole(*SALES)


def test_a_stale_page_after_a_newer_one_changes_nothing(pipeline):
    place = a_sale(pipeline)
    old = pipeline.sandbox.state.worlds[pipeline.sellers[0]].orders[place]
    pipeline.change_order(place, status="CANCELLED", items=old.items[:1])
    assert pipeline.run(tables=SALES).success
    newest = {table: pipeline.rows(table) for table in ORDERS}
    pipeline.change_order(place, updated=old.updated, status="UNSHIPPED", items=old.items)
    done = pipeline.run(tables=SALES, refetch=True)
    assert done.success
    assert done.counts["orders"]["updated"] == done.counts["order_items"]["inserted"] == 0
    assert newest == {table: pipeline.rows(table) for table in ORDERS}


def test_both_sources_give_the_same_rows_for_the_columns_that_both_carry(pipeline, by_report):
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    reported = {table: carried(pipeline, table) for table in ORDERS}
    by_report.source = "pages"
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days, refetch=True).success
    assert reported == {table: carried(pipeline, table) for table in ORDERS}
    pipeline.assert_whole(*ORDERS)


def test_a_report_leaves_alone_what_only_pages_carry(pipeline, by_report):
    by_report.source = "pages"
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    place = a_sale(pipeline, is_taxed=False)  # with tax, a report does not tell what a line is worth
    first, *others = pipeline.sandbox.state.worlds[pipeline.sellers[0]].orders[place].items
    changed = pipeline.change_order(place, items=(first._replace(title="A new title"), *others))
    by_report.source = "report"
    done = pipeline.run(tables=ORDERS, days=pipeline.past_days, refetch=True)
    assert done.counts["orders"]["updated"] == 1
    (line,) = [row for row in pipeline.rows("order_items") if row["order_item_id"] == first.id]
    assert (line["title"], line["order_id"]) == ("A new title", changed.id)
    assert None not in (line["item_proceeds"], line["quantity_fulfilled"], line["unit_price"])
    pipeline.assert_whole(*ORDERS)


@pytest.mark.parametrize("source", ["pages", "report"])
def test_an_order_of_another_shop_is_no_sale_by_either_source(pipeline, by_report, source):
    """The API words its channel NON_AMAZON and the report Non-Amazon; by the API such orders counted as sales."""
    by_report.source = source
    place = a_sale(pipeline)
    before = pipeline.sandbox.state.worlds[pipeline.sellers[0]].orders[place]
    foreign = pipeline.change_order(place, channel="Non-Amazon", updated=before.updated)
    assert pipeline.run(days=pipeline.past_days, tables=SALES).success
    (row,) = [row for row in pipeline.rows("orders") if row["order_id"] == foreign.id]
    assert row["sales_channel"] == "NON_AMAZON"
    assert {row["sales_channel"] for row in pipeline.rows("orders")} == {"AMAZON", "NON_AMAZON"}
    pipeline.assert_whole("sales_data")
    sold = pipeline.one(
        "select sum(i.quantity_ordered) from order_items as i join orders as o using (seller_id, order_id)"
        " where not i.is_cancelled and o.sales_channel = 'AMAZON'"
    )
    assert pipeline.one("select sum(units_ordered) from sales_data") == sold
