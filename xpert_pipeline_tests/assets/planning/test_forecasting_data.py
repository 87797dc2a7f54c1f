"""Forecasts in the database: a hand-computed shop, odd SKUs, and what makes a forecast change."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.assets.inventory.velocity_trends import SOURCE as VELOCITY
from xpert_pipeline.assets.planning.forecasting_data import SOURCE
from xpert_pipeline.assets.sales.sales_data import SOURCE as SALES
from xpert_pipeline_tests.assets.shops import END, days_until, open_shop
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

POINTS = ("p10", "p50", "p90")


@pytest.fixture
def shop(pool, seller, admin):
    """Derives sales, velocity and forecasts from the orders and the stock of one seller."""
    return open_shop(pool, seller, admin, SALES, VELOCITY, SOURCE)


def steady(shop, sku, days, units=1, store=INDIA):
    for day in days:
        shop.order(day, sku, units, store=store)


def of(shop, sku, ahead=28, store=INDIA, end=END):
    scope = "ACCOUNT" if sku == "(all)" else "SKU"
    return shop.rows()[store, scope, sku, end + timedelta(days=ahead)]


def test_what_sells_every_day_is_forecast_to_sell_every_day(shop):
    """1 unit a day, and 3 of another SKU: 28 and 84 in four weeks, each a little nearer to the other; 112 together."""
    days = days_until(END, 84)
    steady(shop, "A", days)
    steady(shop, "B", days, 3)
    shop.stock(END, "A", 5, inbound_quantity=4)
    shop.loaded(days[0], END)
    shop.run()
    rows = shop.rows()
    assert len(rows) == 3 * 28
    assert {key[3] for key in rows} == {END + timedelta(days=ahead) for ahead in range(1, 29)}
    one, three, both = (of(shop, sku) for sku in ("A", "B", "(all)"))
    assert float(one["total_mean"]) == pytest.approx(28, rel=0.03)
    assert float(three["total_mean"]) == pytest.approx(84, rel=0.03)
    assert float(both["total_mean"]) == pytest.approx(112, rel=0.001)
    assert both["total_mean"] == one["total_mean"] + three["total_mean"]
    assert both["total_p10"] <= 112 <= both["total_p90"]
    assert (one["backtest_weeks"], both["backtest_weeks"]) == (10, 10)
    assert float(both["bias_pct"]) == pytest.approx(0, abs=0.1)
    assert 0 < one["bias_pct"] < 25, "forecasts from less than 70 days of history lean to the other SKU"
    assert three["coverage_pct"] == 100
    assert (one["history_days"], one["sold_days"], one["stockout_days"], one["origin_date"]) == (84, 84, 0, END)
    lead = one["lead_time_demand"]
    assert 14 <= lead <= 28, "14 days of 1 unit, and what the service level asks for"
    assert (one["stock_quantity"], one["inbound_quantity"], one["reorder_quantity"]) == (5, 4, lead - 9)
    assert (three["stock_quantity"], three["reorder_quantity"], both["reorder_quantity"]) == (None, None, None)


def test_means_add_up_to_the_last_digit_and_quantiles_are_in_order(shop):
    days = days_until(END, 40)
    for place in range(12):
        steady(shop, f"S{place % 3}-{place}", days[place :: place + 1], 1 + place % 2)
    shop.loaded(days[0], END)
    shop.run()
    rows = shop.rows()
    for ahead in range(1, 29):
        day = END + timedelta(days=ahead)
        own = [row for (_, scope, _, each), row in rows.items() if (scope, each) == ("SKU", day)]
        account = rows[INDIA, "ACCOUNT", "(all)", day]
        assert account["units_mean"] == sum(row["units_mean"] for row in own)
        assert account["total_mean"] == sum(row["total_mean"] for row in own)
        for row in (*own, account):
            assert row["units_p10"] <= row["units_p50"] <= row["units_p90"]
            assert row["total_p10"] <= row["total_p50"] <= row["total_p90"]
            assert row["total_mean"] == sum(
                rows[INDIA, row["scope"], row["sku"], END + timedelta(days=each)]["units_mean"]
                for each in range(1, ahead + 1)
            )


def test_every_sku_has_a_forecast_or_the_reason_why_not(shop):
    days = days_until(END, 70)
    steady(shop, "regular", days)
    shop.order(days[-1], "one sale", 1)
    shop.order(days[5], "long ago", 3)
    shop.order(days[-5], "negative", -2)
    shop.order(days[-5], "cancelled", 2, is_cancelled=True)
    shop.stock(END, "never sold", 7)
    shop.order(days[-30], "sold out", 9)
    for day in days[-29:]:
        shop.stock(day, "sold out", 0)
    steady(shop, "one day", [END], store=GERMANY)
    for store, first in ((INDIA, days[0]), (GERMANY, END)):
        shop.loaded(first, END, store=store)
    shop.run()
    reasons = {(store, sku): row["reason"] for (store, _, sku, _), row in shop.rows().items()}
    assert reasons == {
        (INDIA, "(all)"): None,
        (INDIA, "regular"): None,
        (INDIA, "one sale"): None,
        (INDIA, "long ago"): "NO_RECENT_SALES",
        (INDIA, "negative"): "NO_RECENT_SALES",
        (INDIA, "cancelled"): "NO_RECENT_SALES",
        (INDIA, "never sold"): "NO_RECENT_SALES",
        (INDIA, "sold out"): "OUT_OF_STOCK",
        (GERMANY, "(all)"): "SHORT_HISTORY",
        (GERMANY, "one day"): "SHORT_HISTORY",
    }
    absent = of(shop, "sold out", 1)
    assert (absent["is_sufficient"], absent["units_mean"], absent["model"]) == (False, None, None)
    assert absent["stock_quantity"] == 0
    assert 0 < of(shop, "one sale")["total_mean"] < of(shop, "regular")["total_mean"]


def test_days_out_of_stock_are_no_days_without_demand(shop):
    """Both sold 2 a day on every second day; of one of them the stock says that it was out of stock on the others."""
    days = days_until(END, 56)
    steady(shop, "A", days[::2], 2)
    steady(shop, "B", days[::2], 2)
    for day in days[1::2]:
        shop.stock(day, "A", 0)
        shop.stock(day, "B", 5)
    shop.loaded(days[0], END)
    shop.run()
    censored, known = of(shop, "A"), of(shop, "B")
    assert (censored["stockout_days"], known["stockout_days"]) == (28, 0)
    assert censored["total_mean"] > Decimal("1.3") * known["total_mean"]


def test_a_late_order_of_three_weeks_ago_reaches_the_forecast_in_the_next_run_and_leaves_with_its_cancellation(shop):
    days = days_until(END, 40)
    steady(shop, "A", days)
    steady(shop, "B", days[::3])
    shop.loaded(days[0], END)
    shop.run()
    before = of(shop, "B")
    assert shop.run() == (0, 0, 0)
    late = shop.order(END - timedelta(days=21), "B", 9)
    assert shop.run()[1] > 0
    assert of(shop, "B")["total_mean"] > before["total_mean"]
    shop.admin.execute("update order_items set is_cancelled = true where order_id = %s", [late])
    shop.run()
    after = of(shop, "B")
    changing = {"updated_at", "load_id"}
    assert {name: after[name] for name in after.keys() - changing} == {
        name: before[name] for name in before.keys() - changing
    }


def test_a_new_day_moves_the_origin_and_a_leap_day_is_a_day(shop):
    """The newest whole day is first the 24th of February 2024, then the 2nd of March."""
    days = days_until(END, 40)
    steady(shop, "A", days)
    shop.loaded(days[0], END - timedelta(days=7))
    shop.run()
    leap = date(2024, 2, 29)
    assert of(shop, "A", 5, end=END - timedelta(days=7))["forecast_date"] == leap
    assert float(of(shop, "A", 5, end=END - timedelta(days=7))["units_mean"]) == pytest.approx(1, rel=0.2)
    shop.loaded(END - timedelta(days=6), END)
    assert shop.run() == (14, 42, 14), "a week goes, a week comes, for the SKU and the account"
    assert {row["origin_date"] for row in shop.rows().values()} == {END}


def test_other_settings_change_what_to_order(shop):
    days = days_until(END, 40)
    steady(shop, "A", days)
    shop.stock(END, "A", 3)
    shop.loaded(days[0], END)
    shop.run()
    before = of(shop, "A")
    shop.run(lead_time_days=40, service_level_pct=Decimal(99))
    after = of(shop, "A")
    assert (after["lead_time_days"], after["service_level_pct"]) == (40, 99)
    assert after["reorder_quantity"] > before["reorder_quantity"] + 20
    assert after["total_mean"] == before["total_mean"]
