"""Which rows of velocity_trends a change computes: those of the SKUs and days that it touches, and no others."""

from datetime import datetime, timedelta

import pytest

from xpert_pipeline.assets.inventory.velocity_trends import SOURCE
from xpert_pipeline.assets.sales.sales_data import SOURCE as SALES
from xpert_pipeline_tests.assets.by_hand import ZONES
from xpert_pipeline_tests.assets.shops import days_until, open_shop
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def shop(pool, seller, admin):
    """Derives sales and velocity from the orders and the stock of one seller."""
    return open_shop(pool, seller, admin, SALES, SOURCE)


def fetched(shop):
    """How many rows the last computation returned."""
    statement = (
        "select sum(fetched) from loads where load_id = ("
        " select load_id from loads where table_name = 'velocity_trends' order by finished_at desc limit 1)"
    )
    return shop.admin.execute(statement).fetchone()[0]


def spoil(shop):
    """Make every row wrong, so that those that are computed again can be told from the others."""
    shop.admin.execute("update velocity_trends set units_30 = 1000")


def unspoiled(shop):
    return {(store, day, sku) for (store, day, sku), row in shop.rows().items() if row["units_30"] != 1000}


def open_two_stores(shop, days):
    """A and B sell every day in both stores, and have stock in one."""
    for store in ZONES:
        for day in days:
            shop.order(day, "A", 1, store=store)
            shop.order(day, "B", 1, store=store)
        shop.loaded(days[0], days[-1], store=store)
    for day in days:
        shop.stock(day, "A", 3)
        shop.stock(day, "B", 3)
    shop.run()


def recent_days(number):
    """Days up to the day before yesterday; all of them are kept."""
    return days_until(min(datetime.now(zone).date() for zone in ZONES.values()) - timedelta(days=2), number)


def test_a_late_order_computes_its_sku_alone_and_only_days_from_it_on(shop):
    """One late order of three weeks ago computed all SKUs of every later day: 21 s for a seller of 6,690 SKUs."""
    days = recent_days(40)
    open_two_stores(shop, days)
    spoil(shop)
    shop.order(days[19], "A", 5, store=GERMANY)
    shop.run()
    later = {(store, day, "A") for store in ZONES for day in days[19:]}
    assert unspoiled(shop) == later, "an order of one store touches the SKU in all stores"
    assert fetched(shop) == len(later)
    assert shop.rows()[GERMANY, days[-1], "A"]["units_30"] == 35
    assert shop.rows()[INDIA, days[-1], "A"]["units_30"] == 30
    spoil(shop)
    shop.stock(days[30], "B", 9, channel="MERCHANT")
    shop.run()
    assert unspoiled(shop) == {(store, day, "B") for store in ZONES for day in days[30:]}
    shop.run()
    assert fetched(shop) == 0


def test_a_sku_that_vanishes_takes_its_own_rows_and_no_others(shop):
    days = recent_days(20)
    open_two_stores(shop, days)
    before = shop.rows().keys()
    shop.order(days[5], "LATE", 1)
    shop.run()
    assert shop.rows().keys() - before == {(INDIA, day, "LATE") for day in days[5:]}
    shop.admin.execute("update order_items set sku = 'OTHER' where sku = 'LATE'")
    shop.run()
    assert shop.rows().keys() - before == {(INDIA, day, "OTHER") for day in days[5:]}
    shop.admin.execute("delete from order_items where sku = 'OTHER'")
    shop.run()
    assert (shop.rows().keys(), fetched(shop)) == (before, 0)


def test_days_before_the_first_sale_go_also_for_skus_that_did_not_change(shop):
    """IDLE has stock and was never sold: no change of its own tells that its days are before the first sale now."""
    days = recent_days(9)
    shop.order(days[0], "A", 1)
    shop.order(days[5], "A", 1)
    for day in days:
        shop.stock(day, "IDLE", 4)
    shop.loaded(days[0], days[-1])
    shop.run()
    assert {day for _, day, sku in shop.rows() if sku == "IDLE"} == set(days)
    shop.admin.execute("delete from order_items where order_date = %s", [days[0]])
    shop.run()
    assert {day for _, day, sku in shop.rows() if sku == "IDLE"} == set(days[5:])
    assert {row["loaded_days"] for row in shop.rows().values()} == {1, 2, 3, 4}


def test_old_rows_of_a_store_that_the_seller_left_go(shop):
    """The days to delete were sought in the present stores of the seller alone."""
    days = recent_days(9)
    open_two_stores(shop, days)
    shop.admin.execute("update sellers set marketplace_ids = array[%s]", [INDIA])
    shop.admin.execute("update velocity_trends set as_of_date = as_of_date - 210 where marketplace_id = %s", [GERMANY])
    shop.run()
    assert {day for store, day, _ in shop.rows() if store == GERMANY} & {
        day - timedelta(days=210) for day in days
    } == set()


def test_days_in_any_case_and_keys_without_subjects_are_whole_days(shop):
    """An older version, or a change of very many SKUs, writes keys without subjects."""
    days = recent_days(12)
    open_two_stores(shop, days)
    spoil(shop)
    shop.run(days[-1])
    assert unspoiled(shop) == {(store, days[-1], sku) for store in ZONES for sku in "AB"}
    spoil(shop)
    shop.admin.execute(
        "insert into dirty_keys (consumer, seller_id, business_date, subjects) select 'velocity_trends', id, day, skus"
        " from sellers, (values (%(day)s::date, null), (%(day)s::date, array['A']), (%(first)s::date, array['A'])) as d (day, skus)",
        {"first": days[0], "day": days[-2]},
    )  # fmt: skip
    shop.run()
    whole = {(store, day, sku) for store in ZONES for sku in "AB" for day in days[-2:]}
    assert unspoiled(shop) == whole | {(store, day, "A") for store in ZONES for day in days}
    assert fetched(shop) == len(unspoiled(shop)), "no row twice"
