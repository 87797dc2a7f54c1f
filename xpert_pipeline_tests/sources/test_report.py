"""A report over windows of days: windows, restated days, parked reports, and lines read by the columns' paths."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import pytest
from typing_extensions import TypedDict

from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.values import local_day
from xpert_pipeline.sources.windows import Restatement
from xpert_pipeline.tables.columns import At
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Id, MarketplaceId, Quantity, Text
from xpert_pipeline_tests.assets.orders.payloads import market_of
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA
from xpert_pipeline_tests.sources.throwaway import make_table

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
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


def test_days_are_cut_into_windows_of_the_longest_report_and_every_line_becomes_a_row(sold):
    done = sold.run(days=sold.past_days)
    assert (done.success, done.states) == (True, {"sold_lines": "ok"})
    assert windows(sold) == [(10, 1), (20, 11), (25, 21)]
    assert sold.calls("createReport") == 3
    assert rows(sold) == expected(sold)
    assert len(rows(sold)) > 50
    assert {row["source"] for row in sold.rows("sold_lines")} == {REPORT}


def test_complete_days_are_not_asked_for_again_and_today_never(sold):
    sold.run(days=sold.past_days)
    before = sold.rows("sold_lines")
    assert sold.run(days=sold.past_days).states == {"sold_lines": "up_to_date"}
    assert sold.run(days=sold.days).states == {"sold_lines": "up_to_date"}, "restated days were read a moment ago"
    assert sold.run(days=[sold.today]).states == {"sold_lines": "empty"}
    assert sold.calls("createReport") == 3
    assert sold.rows("sold_lines") == before


def test_a_day_that_is_missing_is_asked_for_alone(sold):
    missing = sold.past_days[7]
    for days in (sold.past_days[:7], sold.past_days[8:]):
        sold.run(days=days)
    before = len(windows(sold))
    sold.run(days=sold.past_days)
    age = (sold.today - missing).days
    assert windows(sold)[before:] == [(age, age)]
    assert rows(sold) == expected(sold)


def test_restated_days_are_read_again_by_every_live_run_and_gone_lines_lose_their_rows(sold, hours_pass):
    sold.run(days=sold.past_days)
    hours_pass()
    world = sold.sandbox.state.worlds[sold.sellers[0]]
    recent = [order for order in world.orders if age_of(sold, order) in range(1, RESTATED + 1)]
    older = [order for order in world.orders if age_of(sold, order) > RESTATED]
    gone, more = recent[0], recent[1]

    def change(orders):
        line = more.items[0]._replace(quantity=more.items[0].quantity + 7)
        changed = more._replace(items=(line, *more.items[1:]))
        return [changed if order.id == more.id else order for order in orders if order.id not in (gone.id, older[0].id)]

    change_orders(sold, change)
    done = sold.run(days=[sold.today])
    assert done.states == {"sold_lines": "ok"}
    assert windows(sold)[3:] == [(RESTATED, 1)]
    after = expected(sold)
    kept = {(day, name, sku) for day, name, sku in rows(sold).keys() - after.keys()}
    assert {name for _, name, _ in kept} == {older[0].id}, "a settled day is not read again"
    assert {key: value for key, value in rows(sold).items() if key not in kept} == after
    assert done.counts["sold_lines"]["deleted"] == len({item.sku for item in gone.items})
    assert done.counts["sold_lines"]["updated"] == 1


def age_of(pipeline, order):
    return (pipeline.today - datetime.fromtimestamp(order.created, IST).date()).days


def test_a_refetch_reads_complete_days_again(sold):
    sold.run(days=sold.past_days)
    done = sold.run(days=sold.past_days[:4], refetch=True)
    assert windows(sold)[3:] == [(25, 22)]
    assert done.counts["sold_lines"]["unchanged"] == done.counts["sold_lines"]["fetched"] > 0


def release(pipeline):
    """Let stuck reports be ready."""
    for report in pipeline.sandbox.state.reports.reports.values():
        report.seconds = 0.0


def test_a_report_that_is_not_ready_is_parked_and_the_next_run_collects_it(sold):
    sold.fault("report-stuck", count=1)
    parked = sold.run_impatiently(days=sold.past_days)
    assert (parked.success, parked.states) == (True, {"sold_lines": "incomplete"})
    assert "is not ready" in parked.reasons["sold_lines"]
    assert "Its id is kept, and the next run collects it" in parked.reasons["sold_lines"]
    assert len(windows(sold)) == 2
    (stuck,) = [row for row in sold.rows("report_requests") if row["collected_at"] is None]
    assert stuck["amazon_id"] in parked.reasons["sold_lines"]
    release(sold)

    done = sold.run(days=sold.past_days)
    assert done.states == {"sold_lines": "ok"}
    assert sold.calls("createReport") == 3, "nothing was requested a second time"
    loads = sorted(sold.rows("loads"), key=lambda load: load["finished_at"])
    assert [report["id"] for report in loads[-1]["details"]["reports"]] == [stuck["amazon_id"]]
    assert rows(sold) == expected(sold)


def test_a_run_of_other_days_collects_a_parked_report_that_holds_one_of_them(sold):
    sold.fault("report-stuck", count=1)
    sold.run_impatiently(days=sold.past_days[:10])
    release(sold)
    assert sold.run(days=sold.past_days[8:12]).success
    assert sorted(windows(sold)) == [(15, 14), (25, 16)], "the parked window, and the days that it lacks"


def test_a_parked_report_of_a_marketplace_that_the_seller_left_is_not_collected(sold):
    sold.fault("report-stuck", count=1)
    sold.run_impatiently(days=sold.past_days[:5])
    release(sold)
    sold.one("update report_requests set marketplace_ids = %s returning 1", [GERMANY])
    assert sold.run(days=sold.past_days[:5]).states == {"sold_lines": "ok"}
    assert sold.calls("createReport") == 2


def test_a_failed_report_does_not_keep_the_other_windows_from_being_loaded(sold):
    sold.fault("report-fatal", count=1)
    failed = sold.run(days=sold.past_days)
    assert failed.error.startswith(f"ReportFailed: seller {sold.sellers[0]}: ")
    assert len(windows(sold)) == 2
    assert sold.run(days=sold.past_days).states == {"sold_lines": "ok"}
    assert sold.calls("createReport") == 4
    assert rows(sold) == expected(sold)


def test_lines_that_break_the_contract_are_rejected_and_their_rows_stay(sold, hours_pass):
    sold.run(days=sold.past_days)
    before = rows(sold)
    hours_pass()
    victim = next(
        order for order in sold.sandbox.state.worlds[sold.sellers[0]].orders if 0 < age_of(sold, order) <= RESTATED
    )
    line = victim.items[0]

    def change(orders):
        broken = victim._replace(items=(line._replace(amount="12,5"), *victim.items[1:]))
        return [broken if order.id == victim.id else order for order in orders]

    change_orders(sold, change)
    done = sold.run(days=[sold.today])
    assert done.counts["sold_lines"]["rejected"] == 1
    assert rows(sold) == before
    (reject,) = sold.rows("rejected_records")
    assert reject["reason"].startswith("price: Input should be a valid decimal")
    assert reject["record"]["amazon-order-id"] == victim.id
    day = datetime.fromtimestamp(victim.created, IST).date()
    assert reject["record_key"] == f"{day} {victim.id} {line.sku}"


def test_a_report_without_a_needed_column_fails_with_its_name(sold):
    sold.sources = (replace(SOURCE, needs=("amazon-order-id", "shelf-number")),)
    failed = sold.run(days=sold.past_days[:3])
    assert not failed.success
    assert "shelf-number" in failed.error
    assert REPORT in failed.error


def test_an_empty_report_is_believed_only_when_a_second_one_says_the_same(sold, hours_pass):
    sold.run(days=sold.past_days)
    before = rows(sold)
    hours_pass()
    change_orders(sold, lambda orders: [order for order in orders if age_of(sold, order) > RESTATED])
    doubted = sold.run(days=[sold.today])
    assert doubted.states == {"sold_lines": "skipped"}
    assert "Amazon returned no rows" in doubted.reasons["sold_lines"]
    assert rows(sold) == before
    hours_pass(2)
    assert sold.run(days=[sold.today]).states == {"sold_lines": "ok"}
    assert rows(sold) == expected(sold)


def test_each_marketplace_has_a_report_of_its_own(empty_pipeline, make_sandbox, admin, monkeypatch):
    make_table(admin, monkeypatch, SOLD_LINES)
    empty_pipeline.sources = (SOURCE,)
    empty_pipeline.serve(make_sandbox(marketplaces=(INDIA, GERMANY)), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=(INDIA, GERMANY))
    assert empty_pipeline.run(days=empty_pipeline.past_days[-3:]).success
    requested = empty_pipeline.rows("report_requests", "marketplace_ids")
    assert sorted(row["marketplace_ids"] for row in requested) == sorted([[INDIA], [GERMANY]])
    assert {load["marketplace_id"] for load in empty_pipeline.rows("loads")} == {INDIA, GERMANY}


def test_a_report_for_the_account_is_requested_once_and_belongs_to_the_first_marketplace(
    empty_pipeline, make_sandbox, admin, monkeypatch
):
    make_table(admin, monkeypatch, SOLD_LINES)
    empty_pipeline.sources = (replace(SOURCE, is_for_account=True),)
    empty_pipeline.serve(make_sandbox(marketplaces=(INDIA, GERMANY), days=4, orders_per_day=12), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=(INDIA, GERMANY))
    done = empty_pipeline.run(days=empty_pipeline.past_days)
    assert (done.success, done.states) == (True, {"sold_lines": "ok"})
    assert empty_pipeline.calls("createReport") == 1
    assert [row["marketplace_ids"] for row in empty_pipeline.rows("report_requests")] == [[INDIA]]
    found = empty_pipeline.rows("sold_lines")
    assert {row["marketplace_id"] for row in found} == {INDIA}
    assert {row["channel"] for row in found} >= {"Amazon.in", "Amazon.de"}, "the report has the lines of all stores"
    assert empty_pipeline.run(days=empty_pipeline.past_days).states == {"sold_lines": "up_to_date"}
    assert empty_pipeline.calls("createReport") == 1


@pytest.mark.parametrize("cells", [{"": "more"}, {"sku": None}])
def test_a_line_with_fewer_or_more_cells_than_the_header_is_rejected_whole(cells):
    line = {"amazon-order-id": "1", "purchase-date": "2026-11-01T10:00:00+00:00", "sku": "A", "quantity": "1", **cells}
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
