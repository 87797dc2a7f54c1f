"""The pictures that the tables of the registry declare: each is drawn at the end of a sync."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from PIL import ImageStat

from xpert_pipeline.assets.planning.seasonal_patterns import SEASONAL_PATTERNS
from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.assets.sales import sales_data
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sql_files import picture_rows
from xpert_pipeline.sources.pictures import pictures_of
from xpert_pipeline.sources.run import market_of
from xpert_pipeline_tests.assets.finance.books import Books
from xpert_pipeline_tests.assets.shops import END, days_until, open_shop
from xpert_pipeline_tests.conftest import MARKETPLACE
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.images import image_of
from xpert_pipeline_tests.sources.conftest import INDIA

pytestmark = pytest.mark.filterwarnings(DAGSTERS_OWN)
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NEED_MORE_DAYS = {"seasonal_patterns"}
"""Tables that publish nothing of a world of 20 days; a test of their own draws their picture."""
DECLARED = [picture for source in SOURCES for picture in source.pictures]


@pytest.fixture
def drawn(pool, seller):
    """The figures of a table's picture by day."""

    def read(table):
        place = {"seller_id": seller.id, "marketplace_id": INDIA, "timezone": "Asia/Kolkata"}
        with tenant(pool, seller.id) as connection:
            rows = connection.execute(
                picture_rows(table).encode(), place | {"today": END + timedelta(days=1)}
            ).fetchall()
        return {day: figures for day, *figures in rows}

    return read


def test_the_newest_day_of_a_table_shows_every_picture_that_is_declared(loaded):
    assert DECLARED
    assert loaded.pictures.keys() == {picture.table.name for picture in DECLARED} - NEED_MORE_DAYS
    for picture in DECLARED:
        if picture.table.name in NEED_MORE_DAYS:
            continue
        found = re.fullmatch(r"!\[(.*)\]\((data:image/png;base64,[^)]+)\)", loaded.pictures[picture.table.name])
        assert found, picture.title
        assert found[1] == f"{picture.title}, Amazon.in"
        image = image_of(found[2])
        assert image.size == (800, 260)
        plot = image.convert("L").crop((90, 40, 780, 200))
        assert ImageStat.Stat(plot).stddev[0] > 5, f"{picture.title}: nothing is drawn"


def test_the_days_of_the_week_are_drawn_from_their_indices(pool, seller):
    """By hand: on Sunday twice as much is sold as usual. Indices of a SKU are not those of the account."""
    books = Books(pool, seller)
    for number, day in enumerate(WEEK, start=1):
        for level, subject, index in (("ACCOUNT", "(all)", 2 if day == "Sunday" else 0.83), ("SKU", "A", 7)):
            books.write(
                "seasonal_patterns", level=level, subject_id=subject, season_type="DOW", season_name=day,
                season_index=number, is_sufficient=True, index_value=index, observations=8, cycles=8,
            )  # fmt: skip
    run = SimpleNamespace(pool=pool, seller=seller, who="A1", markets=(market_of(seller, MARKETPLACE, ()),))
    found = pictures_of(run, SEASONAL_PATTERNS, DECLARED)
    assert re.fullmatch(r"!\[Demand by day of the week, Amazon\.in\]\(data:image/png;base64,[^)]+\)", found)
    with tenant(pool, seller.id) as connection:
        values = {"seller_id": seller.id, "marketplace_id": MARKETPLACE}
        rows = connection.execute(picture_rows("seasonal_patterns").encode(), values).fetchall()
    assert [(label, float(index)) for label, index, _ in rows] == [
        (day, 2 if day == "Sunday" else 0.83) for day in WEEK
    ]


def test_a_loaded_day_without_a_sale_is_zero_and_a_day_that_is_not_loaded_is_a_gap(pool, seller, admin, drawn):
    """Orders of five days: sold, nothing, an order without an amount, not loaded, sold. A forecast counts units."""
    shop, days = open_shop(pool, seller, admin, sales_data.SOURCE), days_until(END, 5)
    shop.order(days[0], "A", 1, item_subtotal=10, currency="INR")
    shop.order(days[2], "A", 2)
    shop.order(days[4], "A", 1, item_subtotal=30, currency="INR")
    shop.loaded(days[0], days[2])
    shop.loaded(days[4], days[4])
    shop.loaded(days[1], days[1], table="traffic_daily")
    shop.run(*days)
    shop.put(
        "forecasting_data", scope="ACCOUNT", sku="(all)", forecast_date=END + timedelta(days=1), origin_date=END,
        is_sufficient=True, units_mean=2, units_p10=1, units_p50=2, units_p90=4, history_days=5, sold_days=3,
        lead_time_days=14, service_level_pct=95,
    )  # fmt: skip

    assert drawn("sales_data") == {
        days[0]: [10, None, "INR"], days[1]: [0, 0, "INR"], days[4]: [30, None, "INR"],
    }  # fmt: skip
    of_performance = {
        day: figure for day, figure, *_ in ([day, *figures] for day, figures in drawn("sales_performance").items())
    }
    assert of_performance == {days[0]: 10, days[1]: 0, days[2]: None, days[4]: 30}
    sold = {day: figures[0] for day, figures in drawn("forecasting_data").items() if day <= END}
    assert sold == {days[0]: 1, days[1]: 0, days[2]: 2, days[4]: 1}


def test_a_day_in_another_currency_or_with_an_unknown_amount_is_a_gap(pool, seller, admin, drawn):
    """A day with only dollars was drawn as 0 rupees, traffic without figures as 0, and a day in part as its part.

    By hand, six loaded days: 10 rupees; 7 dollars; 10 rupees and 9 units without an amount; nothing and traffic without
    figures; a cancelled order and traffic with 0 units; 30 rupees.
    """
    shop, days = open_shop(pool, seller, admin, sales_data.SOURCE), days_until(END, 6)
    shop.order(days[0], "A", 1, item_subtotal=10, currency="INR")
    shop.order(days[1], "A", 1, item_subtotal=7, currency="USD")
    shop.order(days[2], "A", 1, item_subtotal=10, currency="INR")
    shop.order(days[2], "B", 9)
    shop.order(days[4], "A", 1, is_cancelled=True)
    shop.order(days[5], "A", 1, item_subtotal=30, currency="INR")
    for table in ("orders", "traffic_daily"):
        shop.loaded(days[0], days[5], table=table)
    for day, ops, units, currency in (
        (days[0], 9, 1, "INR"), (days[1], 5, 1, "USD"), (days[3], None, None, None), (days[4], None, 0, None),
    ):  # fmt: skip
        shop.put("traffic_daily", business_date=day, asin="BA", ops=ops, units_ordered=units, currency=currency)
    shop.put("traffic_daily", business_date=days[5], asin="BA", ops=20, units_ordered=1, currency="INR")
    shop.put("traffic_daily", business_date=days[5], asin="BB", units_ordered=3)
    shop.run(*days)
    assert drawn("sales_data") == {
        days[0]: [10, 9, "INR"], days[2]: [None, 0, "INR"], days[3]: [0, None, "INR"], days[4]: [0, 0, "INR"],
        days[5]: [30, None, "INR"],
    }  # fmt: skip


def test_amazons_figures_of_a_day_without_a_sale_are_never_a_sum_of_currencies(pool, seller, admin, drawn):
    """By hand: 4 rupees and 5 dollars were drawn as 9. Days of 6 rupees, and of 5 dollars, follow."""
    shop, days = open_shop(pool, seller, admin, sales_data.SOURCE), days_until(END, 4)
    shop.order(days[0], "A", 1, item_subtotal=10, currency="INR")
    shop.loaded(days[0], days[3])
    for day, sku, ops, currency in (
        (days[1], "A", 4, "INR"), (days[1], "B", 5, "USD"), (days[2], "A", 2, "INR"), (days[2], "B", 4, "INR"),
        (days[3], "A", 5, "USD"),
    ):  # fmt: skip
        shop.put("economics_daily", business_date=day, sku=sku, ops=ops, currency=currency)
        shop.put("traffic_daily", business_date=day, asin=f"B{sku}", ops=ops, currency=currency)
    shop.run(*days)
    assert drawn("sales_performance") == {
        days[0]: [10, None, None, "INR"], days[1]: [0, None, None, None], days[2]: [0, 6, 6, None],
        days[3]: [0, None, None, None],
    }  # fmt: skip


def test_pictures_are_small_because_every_run_keeps_them(loaded):
    assert max(map(len, loaded.pictures.values())) < 20_000
