"""A table for one test, filled by a report of order lines over windows of days."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import pytest
from typing_extensions import TypedDict

from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.values import local_day
from xpert_pipeline.sources.windows import Restatement
from xpert_pipeline.tables.columns import At
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Id, MarketplaceId, Quantity, Text
from xpert_pipeline_tests.sources.throwaway import make_table

IST = ZoneInfo("Asia/Kolkata")
REPORT = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"


class SoldLineRow(TypedDict):
    """What an order sold of a SKU."""

    marketplace_id: MarketplaceId
    sold_on: Annotated[date, At("purchase-date", local_day, in_zone=True), "Local day of the order."]
    order_id: Annotated[Id, At("amazon-order-id"), "The order."]
    sku: Annotated[Id, At("sku"), "The SKU."]
    quantity: Annotated[Quantity, At("quantity"), "Units."]
    price: Annotated[Amount | None, At("item-price"), "What they cost together."]
    channel: Annotated[Text | None, At("sales-channel"), "Where the order was placed."]


SOLD_LINES = Table(
    "sold_lines",
    SoldLineRow,
    key=("marketplace_id", "sold_on", "order_id", "sku"),
    day="sold_on",
    replaced_by=("marketplace_id", "sold_on"),
)
RESTATED, OLDEST, LONGEST = 5, 60, 10
SOURCE = WindowedReport(
    table=SOLD_LINES,
    group="orders",
    roles=("Inventory and Order Tracking",),
    report=REPORT,
    needs=("amazon-order-id", "sku", "purchase-date"),
    longest=LONGEST,
    rule=Restatement(restated=timedelta(days=RESTATED), oldest=timedelta(days=OLDEST)),
)


@pytest.fixture
def sold(empty_pipeline, make_sandbox, admin, monkeypatch):
    """A seller of 25 days whose order lines come by a flat file into a table of their own."""
    make_table(admin, monkeypatch, SOLD_LINES)
    empty_pipeline.sources = (SOURCE,)
    empty_pipeline.serve(make_sandbox(days=25, orders_per_day=12))
    return empty_pipeline


def expected(pipeline):
    """Rows that the orders of the sandbox's past days make."""
    lines = {}
    for order in pipeline.sandbox.state.worlds[pipeline.sellers[0]].orders:
        day = datetime.fromtimestamp(order.created, IST).date()
        if day < pipeline.today:
            lines |= {
                (day, order.id, item.sku): (item.quantity, item.amount and Decimal(item.amount), order.channel)
                for item in order.items
            }
    return lines


def rows(pipeline):
    columns = "sold_on, order_id, sku, quantity, price, channel"
    return {
        (row["sold_on"], row["order_id"], row["sku"]): (row["quantity"], row["price"], row["channel"])
        for row in pipeline.rows("sold_lines", columns)
    }


def change_orders(pipeline, change):
    """Put other orders into the sandbox's world."""
    world = pipeline.sandbox.state.worlds[pipeline.sellers[0]]
    pipeline.sandbox.state.worlds[world.seller_id] = replace(world, orders=change(list(world.orders)))


def windows(pipeline):
    """Ages of the first and last day of each load, in order, and the number of reports that it has in its details."""
    loads = sorted(pipeline.rows("loads"), key=lambda load: load["finished_at"])
    spans = [(load["window_start"].astimezone(IST), load["window_end"].astimezone(IST)) for load in loads]
    assert all(moment.hour == moment.minute == 0 for span in spans for moment in span)
    assert {(load["window_kind"], load["source"]) for load in loads} <= {("created", REPORT)}
    assert all(len(load["details"]["reports"]) == 1 for load in loads)
    return [((pipeline.today - start.date()).days, (pipeline.today - end.date()).days + 1) for start, end in spans]
