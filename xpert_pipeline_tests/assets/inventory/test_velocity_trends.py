"""Velocity and cover: hand-computed rows, a recomputation by other means, and any history gives what a fresh start gives."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from psycopg.rows import dict_row

from xpert_pipeline.assets.inventory.velocity_trends import SOURCE
from xpert_pipeline.assets.planning.forecasting_data import SOURCE as FORECASTS
from xpert_pipeline.assets.sales.sales_data import SOURCE as SALES
from xpert_pipeline.sandbox.inventory.forecast_truth import demand_of
from xpert_pipeline.sandbox.inventory.forecast_truth import rows_of as forecast_rows
from xpert_pipeline.sandbox.inventory.velocity_truth import Sku, rows_of_day
from xpert_pipeline_tests.assets.by_hand import ZONES
from xpert_pipeline_tests.assets.shops import END, days_until, open_shop
from xpert_pipeline_tests.faults.pipeline import same
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def shop(pool, seller, admin):
    """Derives sales and velocity from the orders and the stock of one seller."""
    return open_shop(pool, seller, admin, SALES, SOURCE)


@pytest.fixture
def planning(pool, seller, admin):
    """Derives forecasts from what the shop has derived."""
    return open_shop(pool, seller, admin, FORECASTS)


def figures(row, *names):
    return tuple(str(row[name]) if isinstance(row[name], Decimal) else row[name] for name in names)


PLAN = ("velocity_basis", "planning_velocity", "days_of_cover", "stockout_date_est", "reorder_point", "velocity_class")


def test_days_without_stock_do_not_count(shop):
    """2 a day for 20 days in stock, then none for 10 days out of stock: 40 in 30 days, but 2 on each day in stock."""
    month = days_until(END, 30)
    for place, day in enumerate(month):
        shop.stock(day, "A", 50 if place < 20 else 0)
        if place < 20:
            shop.order(day, "A", 2)
    shop.loaded(month[0], END)
    shop.run()
    row = shop.row("A")
    assert figures(row, "units_30", "v30", "in_stock_days_30", "stock_known_days_30", "in_stock_v30") == (
        40, "1.3333", 20, 30, "2.0000",
    )  # fmt: skip
    assert figures(row, *PLAN) == ("IN_STOCK", "2.0000", "0.0000", END, "28.0000", "FAST"), "2 * 14, never another"
    assert figures(row, "units_7", "trend_pct", "wow_pct") == (0, "-100.0000", "-100.0000"), "6 in the week before"
    assert figures(row, "units_60", "v60", "units_90", "v90", "loaded_days") == (None, None, None, None, 30)


def test_the_reorder_point_covers_the_lead_time_and_what_demand_varies(shop):
    """1 unit on 6 of 30 days: 0.2 a day; s = sqrt(4.8 / 29) = 0.406838; 14 * 0.2 + 1.6449 * s * sqrt(14) = 5.3039."""
    month = days_until(END, 30)
    for day in month[::5]:
        shop.order(day, "B", 1)
    shop.stock(END, "B", 7, inbound_quantity=3)
    shop.loaded(month[0], END)
    shop.run()
    row = shop.row("B")
    assert figures(row, "asin", "available_quantity", "inbound_quantity", "stock_quantity") == ("BB", 7, 3, 7)
    assert figures(row, *PLAN) == ("ALL_DAYS", "0.2000", "35.0000", date(2024, 4, 6), "5.3039", "STEADY")
    assert figures(row, "cv_30", "in_stock_days_30", "stock_known_days_30") == ("2.0342", 1, 1)
    shop.run(lead_time_days=0)
    assert figures(shop.row("B"), "lead_time_days", "reorder_point") == (0, "0.0000"), "another setting, another point"


def test_the_slope_is_that_of_the_straight_line(shop):
    """1, 2, ... 28 units in 28 days."""
    month = days_until(END, 28)
    for units, day in enumerate(month, start=1):
        shop.order(day, "C", units)
    shop.loaded(month[0], END)
    shop.run()
    assert figures(shop.row("C"), "slope_28d", "units_7", "wow_pct", "v30", "velocity_class") == (
        "1.0000", 175, "38.8889", None, None,
    )  # fmt: skip


def test_odd_skus_have_a_row_or_an_honest_absence(shop):
    """One sale, none, returns as negative units, never in stock, half known stock, and a month in the dark before."""
    days = days_until(END, 90)
    shop.order(days[0], "ONE", 1)
    shop.order(END, "MINUS", -3)
    shop.order(days[40], "GONE", 9)
    for day in days[-30:]:
        shop.stock(day, "GONE", 0)
        shop.stock(day, "IDLE", 4)
    shop.stock(END, "HALF", 4)
    shop.stock(END, "HALF", None, channel="MERCHANT")
    shop.stock(END, "EMPTY", 0)
    shop.order(END, "NO-SALE", 1, is_cancelled=True)
    shop.loaded(days[0], END)
    shop.run()
    assert {sku for _, day, sku in shop.rows() if day == END} == {"ONE", "MINUS", "GONE", "IDLE", "NO-SALE"}
    assert figures(shop.row("ONE"), "units_90", "v90", *PLAN) == (
        1, "0.0111", "ALL_DAYS", "0.0000", None, None, "0.0000", "SLOW",
    )  # fmt: skip
    assert figures(shop.row("MINUS"), "units_30", "trend_pct", "cv_30", *PLAN) == (
        -3, None, None, "ALL_DAYS", "-0.1000", None, None, None, "DEAD",
    )  # fmt: skip
    assert figures(shop.row("GONE"), "in_stock_days_30", *PLAN) == (0, "IN_STOCK", None, None, None, None, None)
    assert figures(shop.row("IDLE"), *PLAN) == ("IN_STOCK", "0.0000", None, None, "0.0000", "DEAD")
    assert figures(shop.row("NO-SALE"), "units_90", "velocity_class") == (0, "DEAD")


def test_a_seller_with_one_day_of_history_has_rows_without_figures(shop):
    """The load ended in the evening of the day: what was sold until then counts."""
    shop.order(END, "A", 5)
    shop.loaded(END, END, end=datetime(2024, 3, 2, 19, tzinfo=ZONES[INDIA]))
    shop.run()
    row = shop.row("A")
    assert (row["loaded_days"], row["is_complete"]) == (1, False)
    unknown = [name for name, value in row.items() if value is None]
    assert {"units_7", "v7", "units_90", "velocity_basis", "days_of_cover", "velocity_class"} <= set(unknown)


def test_a_gap_in_what_is_loaded_is_no_time_without_sales(shop):
    """40 days are loaded, of which 5 come later: until then windows end at the gap."""
    days = days_until(END, 40)
    for day in days:
        shop.order(day, "A", 1)
    shop.loaded(days[0], days[14])
    shop.loaded(days[20], END)
    shop.run()
    assert {day for _, day, _ in shop.rows()} == {day for day in days[:15] + days[20:] if day.isoweekday() == 6}
    assert figures(shop.row("A"), "loaded_days", "is_complete", "units_14", "units_30") == (20, True, 14, None)
    shop.loaded(days[15], days[19])
    shop.run()
    assert figures(shop.row("A"), "loaded_days", "units_14", "units_30") == (40, 14, 30), "no row of sales changed"


def expected(shop, covered):
    """All rows of velocity and of forecasts, from the raw orders and the stock, by other means than the pipeline's."""
    lines = shop.admin.execute(
        "select i.marketplace_id, i.order_date, i.sku, i.asin,"
        " case when i.is_cancelled or o.fulfillment_status = 'CANCELLED' then 0 else i.quantity_ordered end"
        " from order_items i join orders o using (seller_id, marketplace_id, order_id)"
    ).fetchall()
    stores = {store: {} for store in ZONES}
    for store, day, sku, asin, units in lines:
        own, place = stores[store].setdefault(sku, Sku()), day.toordinal()
        own.units[place] = own.units.get(place, 0) + units
        own.asins[place] = asin
    firsts = {
        store: min((day for sku in skus.values() for day in sku.units), default=0) for store, skus in stores.items()
    }
    with shop.admin.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute("select * from inventory_levels").fetchall():
            own = stores[row["marketplace_id"]].setdefault(row["sku"], Sku())
            own.stock.setdefault(row["snapshot_date"].toordinal(), []).append(row)
    velocity, forecasts = {}, {}
    for store, skus in stores.items():
        today, seen, days = datetime.now(ZONES[store]).date().toordinal(), {}, range(0)
        for day in sorted(covered[store]):
            if firsts[store] <= day <= today and (day > today - 90 or day % 7 == 6) and firsts[store]:
                loaded = next(
                    n for n in range(1, 91) if n == 90 or day - n < firsts[store] or day - n not in covered[store]
                )
                seen = {row["sku"]: row for row in rows_of_day(skus, day, loaded)} or seen
                days = (
                    range(day - loaded + 1, day + 1)
                    if seen and seen[min(seen)]["as_of_date"] == str(date.fromordinal(day))
                    else days
                )
                for row in rows_of_day(skus, day, loaded):
                    velocity[store, date.fromordinal(day), row["sku"]] = row
        if seen:
            demands = {sku: demand_of(sku, skus[sku], days, {}) for sku in sorted(seen)}
            for row in forecast_rows(seen, demands, days):
                forecasts[store, row["scope"], row["sku"], date.fromisoformat(row["forecast_date"])] = row
    return velocity, forecasts


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_history_gives_the_rows_of_a_fresh_start(shop, planning, seed):
    """Late orders, cancellations, moves, deletions, stock that changes, old days that are loaded later, and reruns."""
    rng = random.Random(seed)
    today = min(datetime.now(zone).date() for zone in ZONES.values()) - timedelta(days=2)
    covered, known = {store: set() for store in ZONES}, []
    cover(shop, covered, GERMANY, today - timedelta(days=20), today)
    cover(shop, covered, INDIA, today - timedelta(days=110), today)
    for step in range(8):
        for _ in range(25 if step == 0 else 3):
            store, day = rng.choice(list(ZONES)), today - timedelta(days=rng.choice([0, 1, 5, 21, rng.randrange(130)]))
            sku, units = rng.choice("ABC"), rng.choice([1, 1, 2, 5, 0, -2])
            known.append(shop.order(day, sku, units, store=store, asin=f"B{sku}"))
            change_stock(shop, rng, store, today)
        change_order(shop, rng, known, today)
        if rng.random() < 0.4:
            last = today - timedelta(days=rng.randrange(100))
            cover(shop, covered, rng.choice(list(ZONES)), last - timedelta(days=rng.randrange(30)), last)
        shop.run(today)
        if step % 3 == 0:
            assert_all(shop, planning, covered)
    shop.admin.execute("update order_items set is_cancelled = true where sku = 'C'")
    shop.run(today)
    assert_all(shop, planning, covered)
    assert planning.run(again=True) == (0, 0, 0), "the same input gives the same forecasts"
    stamps = {key: row["updated_at"] for key, row in shop.rows().items()}
    shop.admin.execute("delete from loads where table_name = 'velocity_trends'")
    shop.run(today)
    assert stamps == {key: row["updated_at"] for key, row in shop.rows().items()}, "all days are computed: none differs"
    shop.admin.execute("delete from order_items")
    shop.admin.execute("delete from inventory_levels")
    shop.run(today)
    planning.run()
    assert (shop.rows(), planning.rows()) == ({}, {})


def assert_all(shop, planning, covered):
    planning.run()
    velocity, forecasts = expected(shop, covered)
    assert_equal(shop.rows(), velocity)
    assert_equal(planning.rows(), forecasts)


def cover(shop, covered, store, first, last):
    shop.loaded(first, last, store=store)
    covered[store].update(range(first.toordinal(), last.toordinal() + 1))


def change_stock(shop, rng, store, today):
    first = today - timedelta(days=rng.randrange(100))
    sku, units = rng.choice("ABCD"), rng.choice([0, 0, 3, 40, None])
    for day in days_until(first, rng.choice([1, 12])):
        shop.admin.execute("delete from inventory_levels where snapshot_date = %s and sku = %s", [day, sku])
        shop.stock(day, sku, units, store=store)
        if rng.random() < 0.2:
            shop.stock(day, sku, 2, store=store, channel="MERCHANT")


def change_order(shop, rng, known, today):
    number, kind = rng.choice(known), rng.choice(["cancel", "move", "delete", "line"])
    if kind == "cancel":
        shop.admin.execute("update orders set fulfillment_status = 'CANCELLED' where order_id = %s", [number])
    elif kind == "line":
        shop.admin.execute("update order_items set quantity_ordered = 7 where order_id = %s", [number])
    else:
        day = today - timedelta(days=rng.randrange(60))
        for table in ("order_items", "orders"):
            statement = "update {} set order_date = %(day)s" if kind == "move" else "delete from {}"
            shop.admin.execute(f"{statement.format(table)} where order_id = %(id)s", {"day": day, "id": number})


def assert_equal(rows, truth):
    assert rows.keys() == truth.keys()
    wrong = [
        f"{key}: {name} is {rows[key][name]}, not {value}"
        for key, row in truth.items()
        for name, value in row.items()
        if not same(rows[key][name], value)
    ]
    assert wrong == []
    assert len(rows) > 50
