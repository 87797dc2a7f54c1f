"""Worlds from an order export: the same lines on later days, and clear messages about files that are no export."""

import gzip
import lzma
from datetime import UTC, date, datetime, timedelta

import pytest

from xpert_pipeline.sandbox.marketplaces import IST
from xpert_pipeline.sandbox.world.csv_world import build
from xpert_pipeline.sandbox.world.orders_csv import NotAnOrderReportError
from xpert_pipeline_tests.sandbox.world.exports import HEADER, LINE

LAST = date(2026, 11, 20)


def order_of(path):
    (order,) = build(path, "A", LAST).orders
    return order


@pytest.mark.parametrize(("suffix", "opener"), [("", open), (".gz", gzip.open), (".xz", lzma.open)])
def test_plain_gz_and_xz_files_give_the_same_order(write, suffix, opener):
    order = order_of(write({}, name=f"orders.csv{suffix}", opener=opener))
    assert (order.id, order.status, order.fba, order.service) == (LINE["Order ID"], "SHIPPED", True, "Expedited")
    assert (order.city, order.postal_code) == ("NAVI MUMBAI", "410210")
    (item,) = order.items
    assert (item.sku, item.asin, item.quantity, item.amount) == ("JNE3371-KR-XL", "B07WV4JV4D", 1, "329.00")


def test_days_move_by_whole_weeks_and_the_last_one_stays_in_the_past(write):
    path = write({"Order ID": "1", "Date": "04-30-22"}, {"Order ID": "2", "Date": "05-31-22"})
    for back in range(7):
        last = LAST - timedelta(days=back)
        days = [datetime.fromtimestamp(order.created, IST).date() for order in build(path, "A", last).orders]
        assert days[1] - days[0] == timedelta(days=31)
        assert (days[1] - date(2022, 5, 31)).days % 7 == 0
        assert timedelta(0) <= last - days[1] < timedelta(days=7)


def test_the_time_of_day_follows_from_the_order_id(write):
    first, second = order_of(write({})), order_of(write({}))
    assert first == second
    other = order_of(write({"Order ID": "405-0000001-0000002"}))
    assert other.created != first.created


def test_nothing_is_updated_after_the_last_day(write):
    path = write(*({"Order ID": str(n), "Date": "05-31-22"} for n in range(200)))
    end = datetime(2022, 6, 1, tzinfo=IST).astimezone(UTC).timestamp()
    world = build(path, "A", date(2022, 5, 31))
    assert all(order.created <= order.updated < end for order in world.orders)


@pytest.mark.parametrize(
    ("written", "status", "cancelled"),
    [
        ("Cancelled", "CANCELLED", True),
        ("Pending", "PENDING", False),
        ("Pending - Waiting for Pick Up", "UNSHIPPED", False),
        ("Shipping", "UNSHIPPED", False),
        ("Shipped", "SHIPPED", False),
        ("Shipped - Returned to Seller", "SHIPPED", False),
    ],
)
def test_statuses(write, written, status, cancelled):
    order = order_of(write({"Status": written}))
    assert order.status == status
    assert order.items[0].cancelled == cancelled
    assert order.items[0].shipped == (1 if status == "SHIPPED" else 0)


def test_identical_lines_are_two_items_with_different_ids(write):
    order = order_of(write({}, {}, {"Qty": "0"}))
    assert len(order.items) == 3
    assert len({item.id for item in order.items}) == 3


def test_a_quantity_with_decimals_is_a_number_of_units(write):
    assert order_of(write({"Qty": "2.0"})).items[0].quantity == 2


def test_an_empty_amount_is_unknown_and_zero_units_are_kept(write):
    order = order_of(write({"Amount": "", "Qty": "0"}))
    assert (order.items[0].amount, order.items[0].quantity) == (None, 0)


@pytest.mark.parametrize(
    ("amount", "text"), [("647.62", "647.62"), ("406", "406.00"), ("10.125", "10.125"), ("0", "0.00")]
)
def test_amounts_keep_their_digits(write, amount, text):
    assert order_of(write({"Amount": amount})).items[0].amount == text


def test_a_sales_channel_outside_amazon_keeps_its_name(write):
    order = order_of(write({"Sales Channel": "Non-Amazon"}))
    assert (order.channel, order.is_sale, order.is_prime) == ("Non-Amazon", False, False)


def test_easy_ship_and_business_orders(write):
    order = order_of(write({"Fulfilment": "Merchant", "fulfilled-by": "Easy Ship", "B2B": "True"}))
    assert (order.fba, order.is_easy_ship, order.is_business) == (False, True, True)


def test_promotions_are_a_list(write):
    assert order_of(write({"promotion-ids": "one, two,,three"})).items[0].promotions == ("one", "two", "three")


def test_columns_may_have_another_order_and_others_between_them(write):
    header = ["index", *reversed(HEADER), "Unnamed: 22"]
    assert order_of(write({"index": "0"}, header=header)).id == LINE["Order ID"]


def test_every_sku_has_a_listing_with_its_latest_price(write):
    path = write(
        {"Order ID": "1", "Date": "05-01-22", "Amount": "100"},
        {"Order ID": "2", "Date": "05-02-22", "Amount": "240", "Qty": "2"},
        {"Order ID": "3", "Date": "05-03-22", "SKU": "OTHER", "Fulfilment": "Merchant", "Amount": ""},
    )
    listings = {listing.sku: listing for listing in build(path, "A", LAST).listings}
    assert (listings["JNE3371-KR-XL"].price, listings["JNE3371-KR-XL"].fba) == ("120.00", True)
    assert (listings["OTHER"].price, listings["OTHER"].fba) == (None, False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Date": "30 April"}, "line 2: '30 April' is not a date"),
        ({"Status": "Lost"}, "line 2: 'Lost' is not an order status"),
        ({"Amount": "a lot"}, "line 2: 'a lot' is not an amount"),
        ({"Amount": "NaN"}, "line 2: 'NaN' is not an amount"),
        ({"Qty": "some"}, "line 2: 'some' is not a quantity"),
        ({"Qty": "1.5"}, "line 2: '1.5' is not a quantity"),
        ({"Qty": "Infinity"}, "line 2: 'Infinity' is not a quantity"),
    ],
)
def test_an_unreadable_value_is_reported_with_its_line(write, changes, words):
    with pytest.raises(NotAnOrderReportError, match=words):
        build(write(changes), "A", LAST)


def test_missing_columns_are_reported(write):
    path = write({}, header=[name for name in HEADER if name not in ("SKU", "Qty")])
    with pytest.raises(NotAnOrderReportError, match="is not an all-orders report: the columns SKU, Qty are missing"):
        build(path, "A", LAST)


def test_other_files_are_refused(tmp_path, write):
    for name, content in (("a.csv", b""), ("b.csv", b"\xff\xfe\x00"), ("c.csv.xz", b"no xz"), ("d.csv.gz", b"no gz")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(NotAnOrderReportError, match=name):
            build(tmp_path / name, "A", LAST)
    with pytest.raises(NotAnOrderReportError, match=r"missing\.csv"):
        build(tmp_path / "missing.csv", "A", LAST)
    with pytest.raises(NotAnOrderReportError, match="contains no orders"):
        build(write(), "A", LAST)
    whole = write({}, name="cut.csv.xz", opener=lzma.open)
    whole.write_bytes(whole.read_bytes()[:-30])
    with pytest.raises(NotAnOrderReportError, match="cannot be read"):
        build(whole, "A", LAST)
