"""Seasonal indices: by hand, below what they need, and on any sales as plain Python computes them."""

import json
import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.assets.planning.seasonal_patterns import SOURCE
from xpert_pipeline.sandbox.inventory.seasons_truth import rows_of
from xpert_pipeline.sandbox.inventory.velocity_truth import Sku
from xpert_pipeline_tests.assets.shops import END, days_until, open_shop
from xpert_pipeline_tests.faults.pipeline import same
from xpert_pipeline_tests.sources.conftest import INDIA


@pytest.fixture
def shop(pool, seller, admin):
    """Derives seasons from the sales, the stock and the products of one seller."""
    shop = open_shop(pool, seller, admin, SOURCE)
    sales = (
        "insert into sales_data (seller_id, marketplace_id, sale_date, sku, units_ordered, orders, order_items,"
        " units_b2b, units_without_price, units_cancelled, units_shipped, is_final, source, load_id)"
        " values (%s, %s, %s, %s, %s, 1, 1, 0, 0, 0, 0, true, 't', gen_random_uuid())"
    )

    def sell(sku, units):
        with admin.cursor() as cursor:
            cursor.executemany(sales, [(seller.id, INDIA, day, sku, number) for day, number in units.items()])

    shop.sell = sell
    return shop


def of(shop, season_type, level="ACCOUNT"):
    return {
        (key[2], key[4], key[5]): row for key, row in shop.rows().items() if (key[1], key[3]) == (level, season_type)
    }


def events(*named):
    return json.dumps(
        [
            {"marketplace_id": INDIA, "event": name, "first_date": str(first), "last_date": str(last)}
            for name, first, last in named
        ]
    )


def test_sundays_that_sell_twice_as_much_have_an_index_of_1_75(shop):
    """1 unit a day, 2 on Sundays: every 7 days have 8, so ratios are 7/8 and 14/8, which explain all of the variance."""
    days = days_until(END, 84)
    shop.sell("A", {day: 2 if day.isoweekday() == 7 else 1 for day in days})
    shop.loaded(days[0], END)
    assert shop.run()[0] == 7 + 7 + 1
    for level, subject in (("ACCOUNT", "(all)"), ("SKU", "A")):
        rows = of(shop, "DOW", level)
        assert {key: row["index_value"] for key, row in rows.items()} == {
            (subject, name, number): Decimal("1.75") if number == 7 else Decimal("0.875")
            for number, name in enumerate(
                ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), start=1
            )
        }
        sunday = rows[subject, "Sunday", 7]
        assert (sunday["strength"], sunday["baseline"], sunday["cycles"]) == (1, Decimal("1.1429"), 12)
        # the first Sunday has no three days before it
        assert (sunday["observations"], sunday["window_start"], sunday["window_end"]) == (11, days[0], END)
    month = of(shop, "MONTH")["(all)", "(none)", 0]
    assert (month["is_sufficient"], month["reason"], month["observations"]) == (False, "SHORT_HISTORY", 2)
    assert shop.run() == (0, 0, 0)


def test_a_month_has_an_index_from_two_years_on(shop):
    """1 unit a day, 3 in December: an average month has 14/12 a day, so December is 3 / (14/12), before normalising."""
    first, last = date(2022, 1, 1), date(2023, 12, 31)
    days = days_until(last, (last - first).days + 1)
    shop.sell("A", {day: 3 if day.month == 12 else 1 for day in days})
    shop.loaded(days[0], last)
    shop.run()
    months = of(shop, "MONTH")
    assert len(months) == 12
    december, may = months["(all)", "December", 12], months["(all)", "May", 5]
    assert december["index_value"] == round(Decimal(36) / 14, 4)
    assert may["index_value"] == round(Decimal(12) / 14, 4)
    assert (may["cycles"], may["observations"], may["strength"]) == (2, 1, 1)
    shop.admin.execute("delete from sales_data where sale_date = %s", [days[0]])
    shop.run()
    (short,) = of(shop, "MONTH").values()
    assert (short["reason"], short["index_value"], short["observations"]) == ("SHORT_HISTORY", None, 23)


def test_an_event_is_measured_against_the_days_before_it_that_are_in_no_other_event(shop):
    """2 units a day, 9 in the earlier event, 5 in the later one: 2.5 times as much as usual."""
    days = days_until(END, 60)
    units = {day: 9 if place in range(30, 34) else 5 if place in range(50, 55) else 2 for place, day in enumerate(days)}
    shop.sell("A", units)
    shop.loaded(days[0], END)
    calendar = events(
        ("Sale", days[30], days[33]),
        ("Feast", days[50], days[54]),
        ("Early", days[8], days[9]),
        ("Late", END, END + timedelta(days=1)),
    )
    shop.run(events=calendar)
    rows = of(shop, "EVENT")
    feast = rows["(all)", "Feast", 2024]
    assert (feast["index_value"], feast["baseline"], feast["observations"]) == (Decimal("2.5"), 2, 5)
    assert (feast["window_start"], feast["window_end"]) == (days[50], days[54])
    assert rows["(all)", "Sale", 2024]["index_value"] == Decimal("4.5")
    assert (rows["(all)", "Early", 2024]["reason"], len(rows)) == ("SHORT_HISTORY", 3), "one is not over"
    assert ("A", "Early", 2024) not in of(shop, "EVENT", "SKU")
    shop.run(events="[]")
    assert of(shop, "EVENT") == {}


@pytest.mark.parametrize("seed", [1, 2])
def test_any_sales_give_the_indices_of_plain_python(shop, seed):
    """Late sales, stock-outs, products that come and go, and a gap in what is loaded."""
    rng = random.Random(seed)
    days = days_until(END, 800)
    skus, types = {}, {"A": "SHIRT", "B": "SHIRT", "C": "SAREE"}
    for name, rate in {"A": 3, "B": 1, "C": 0.3, "D": 2, "E": 0.01}.items():
        own = skus[name] = Sku()
        busy = {day: rng.choice([1, 2, 5, -1]) for day in days if rng.random() < rate / 4}
        own.units = {day.toordinal(): units for day, units in busy.items()}
        shop.sell(name, busy)
        for day in rng.sample(days, 40):
            units = rng.choice([0, 4])
            row = {
                "available_quantity": units,
                "on_hand_quantity": units,
                "is_in_stock": units > 0,
                "inbound_quantity": 0,
            }
            own.stock[day.toordinal()] = [row]
            shop.stock(day, name, units)
    for name, kind in types.items():
        shop.put("products", sku=name, product_type=kind)
    festive = [("Feast", days[place], days[place + 6]) for place in range(100, 700, 400)]
    shop.loaded(days[0], days[20 * seed])
    shop.loaded(days[20 * seed + 3], END)
    for _ in range(2):
        shop.run(events=events(*festive))
        first = max(min(min(sku.units) for sku in skus.values()), days[20 * seed + 3].toordinal())
        plain = [(name, start.toordinal(), end.toordinal()) for name, start, end in festive]
        told = list(rows_of(skus, types, range(first, END.toordinal() + 1), plain))
        rows = shop.rows()
        key = ("level", "subject_id", "season_type", "season_name", "season_index")
        assert {each[1:] for each in rows} == {tuple(row[name] for name in key) for row in told}
        for row in told:
            ours = rows[INDIA, *(row[name] for name in key)]
            assert [name for name, value in row.items() if not same(ours[name], value)] == [], row
        assert {row["season_type"] for row in told if row["is_sufficient"]} == {"DOW", "MONTH", "EVENT"}
        late = {day: 40 for day in days[300:700:50] if day.toordinal() not in skus["B"].units}
        shop.sell("B", late)
        skus["B"].units.update({day.toordinal(): units for day, units in late.items()})
    shop.admin.execute("delete from sales_data")
    shop.run()
    assert shop.rows() == {}


def test_a_single_day_of_history_is_too_short_for_anything(shop):
    shop.sell("A", {END: 3})
    shop.loaded(END, END)
    shop.run()
    assert {(key[3], row["reason"]) for key, row in shop.rows().items()} == {
        ("DOW", "SHORT_HISTORY"),
        ("MONTH", "SHORT_HISTORY"),
    }
