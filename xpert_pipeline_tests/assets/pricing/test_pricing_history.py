"""The history of prices: one row for each change, nothing for a rerun, and a price that returns is a new row."""

from decimal import Decimal

import pytest

from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(300)]

SOURCES = ["products", "offer_summaries", "competitor_data", "pricing_history"]


@pytest.fixture
def shop(empty_pipeline, make_sandbox):
    """A seller whose prices were seen once."""
    empty_pipeline.serve(make_sandbox(days=1, orders_per_day=5, skus=60))
    done = empty_pipeline.run(tables=SOURCES, days=empty_pipeline.days)
    assert (done.success, done.states["pricing_history"]) == (True, "ok")
    return empty_pipeline


def rederive(shop):
    done = shop.run(tables=["pricing_history"], days=[shop.today])
    counts = done.counts["pricing_history"]
    return counts["inserted"], counts["updated"], counts["deleted"]


def history(shop, sku):
    """The rows of a listing, in their order."""
    return [row for row in shop.rows("pricing_history") if row["sku"] == sku]


def test_the_first_sync_sees_every_price_and_a_rerun_changes_nothing(shop):
    shop.assert_whole("pricing_history")
    rows = shop.rows("pricing_history")
    assert {row["is_featured_own"] for row in rows} == {True, False, None}
    assert {row["is_buyable"] for row in rows} == {True, False}
    assert all(row["featured_listing_price"] is None for row in rows if not row["is_buyable"])
    assert {(row["regular_price"] > row["listing_price"]) for row in rows} == {True, False}, "some have a discount"
    assert rederive(shop) == (0, 0, 0)
    assert shop.rows("pricing_history") == rows
    past = shop.run(tables=["pricing_history"], days=shop.past_days)
    assert past.states == {"pricing_history": "no_history"}
    assert shop.rows("pricing_history") == rows


def test_a_change_closes_the_row_and_opens_another_and_a_price_that_returns_is_a_third(shop, admin):
    sku = next(row["sku"] for row in shop.rows("pricing_history") if row["shipping_price"] is not None)
    (first,) = history(shop, sku)
    admin.execute("update products set price = price + 10 where sku = %s", [sku])
    assert rederive(shop) == (1, 1, 0)
    admin.execute("update products set price = price - 10 where sku = %s", [sku])
    assert rederive(shop) == (1, 1, 0)
    rows = history(shop, sku)
    price = first["listing_price"]
    assert [row["listing_price"] for row in rows] == [price, price + 10, price]
    assert [row["landed_price"] - row["listing_price"] for row in rows] == [first["shipping_price"]] * 3
    assert [row["valid_to"] for row in rows] == [*(row["valid_from"] for row in rows[1:]), None]
    assert rows[0] == first | {name: rows[0][name] for name in ("valid_to", "load_id", "updated_at")}
    assert rederive(shop) == (0, 0, 0)


def test_a_discount_that_ends_is_a_change_of_the_price_alone(shop, admin):
    sku = next(row["sku"] for row in shop.rows("pricing_history") if row["regular_price"] > row["listing_price"])
    admin.execute("update products set price = regular_price where sku = %s", [sku])
    assert rederive(shop) == (1, 1, 0)
    before, now = history(shop, sku)
    assert before["listing_price"] < now["listing_price"] == now["regular_price"] == before["regular_price"]
    admin.execute("update products set regular_price = null where sku = %s", [sku])
    assert rederive(shop) == (1, 1, 0)


def test_the_featured_offer_is_a_part_of_the_state(shop, admin):
    sku = next(row["sku"] for row in shop.rows("pricing_history") if row["featured_landed_price"])
    admin.execute("update offer_summaries set featured_landed_price = 7, is_featured_own = false where sku = %s", [sku])
    assert rederive(shop) == (1, 1, 0)
    assert [row["featured_landed_price"] for row in history(shop, sku)][1] == Decimal(7)


def test_a_page_that_amazon_has_not_processed_leaves_what_is_known(shop, admin):
    """Else each new listing of a competitor would be told as a lost and a won featured offer."""
    sku = next(row["sku"] for row in shop.rows("pricing_history") if row["featured_landed_price"])
    admin.execute(
        "insert into offer_summaries (seller_id, marketplace_id, sku, captured_date, item_condition, status, source, "
        "load_id) select seller_id, marketplace_id, sku, captured_date + 1, item_condition, "
        "'ActiveButTooSoonForProcessing', source, load_id from offer_summaries where sku = %s",
        [sku],
    )
    assert rederive(shop) == (0, 0, 0)


def test_amounts_of_another_currency_do_not_stand_beside_the_price(shop, admin):
    sku = next(row["sku"] for row in shop.rows("pricing_history") if row["featured_landed_price"])
    admin.execute("update offer_summaries set currency = 'USD' where sku = %s", [sku])
    assert rederive(shop) == (1, 1, 0)
    *_, row = history(shop, sku)
    assert (row["featured_landed_price"], row["featured_listing_price"], row["currency"]) == (None, None, "INR")


def test_a_listing_that_is_gone_or_has_no_price_ends_its_row(shop, admin):
    first, second, *_ = [row["sku"] for row in shop.rows("pricing_history")]
    admin.execute("delete from products where sku = %s", [first])
    admin.execute("update products set price = null where sku = %s", [second])
    assert rederive(shop) == (0, 2, 0)
    for sku in (first, second):
        (row,) = history(shop, sku)
        assert row["valid_to"] > row["valid_from"]
