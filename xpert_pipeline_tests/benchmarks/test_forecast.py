"""The benchmark of forecasts: baselines computed by hand, and the command on a small file of orders."""

import json
from datetime import date, timedelta

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.forecast import main, origins_until
from benchmarks.forecast_baselines import croston_sba, moving_average, seasonal_naive, ses, tsb, zero
from xpert_pipeline.forecasting.history import make_history
from xpert_pipeline.sandbox.world.orders_csv import COLUMNS

START = date(2022, 4, 1)


def test_baselines_are_those_of_the_textbook():
    """4 units on day 1, 2 on day 3, of 4 days: size 4 + 0.1 * (2 - 4) = 3.8, interval 1 + 0.1 * (2 - 1) = 1.1."""
    units = np.array([[4.0, 0, 2, 0], [0, 0, 0, 0]])
    assert zero(units).tolist() == [0, 0]
    assert moving_average(units).tolist() == [42, 0]
    assert seasonal_naive(units).tolist() == [24, 0]
    assert croston_sba(units) == pytest.approx([0.95 * 3.8 / 1.1 * 28, 0])
    assert ses(units) == pytest.approx([((4 * 0.9) * 0.9 + 0.2) * 0.9 * 28, 0])
    assert tsb(units) == pytest.approx([3.8 * (0.9 * 0.9 + 0.1) * 0.9 * 28, 0])


def test_origins_are_every_seven_days_from_day_28_and_the_last_one():
    history = make_history(skus=["A"], first_day=START, units=np.ones((1, 80)))
    assert origins_until(history, START + timedelta(days=44)) == [28, 35, 42, 45]
    assert origins_until(history, START + timedelta(days=500)) == [28, 35, 42, 49, 52]
    assert origins_until(history, START + timedelta(days=26)) == []


@pytest.fixture
def orders(tmp_path):
    """70 days of 10 SKUs; cancelled lines, and those of other shops, would change everything."""
    rows = [",".join(COLUMNS.values())]
    for day in range(70):
        for sku in range(10):
            for status, channel, units in (
                ("Shipped", "Amazon.in", 1 + sku % 3),
                ("Cancelled", "Amazon.in", 90),
                ("Shipped", "Non-Amazon", 90),
            ):
                line = dict.fromkeys(COLUMNS, "") | {
                    "order_id": f"{day}-{sku}",
                    "date": f"{START + timedelta(days=day):%m-%d-%y}",
                    "status": status,
                    "channel": channel,
                    "style": f"S{sku % 2}",
                    "sku": f"S{sku % 2}-{sku}",
                    "category": "kurta",
                    "quantity": str(units),
                }
                rows.append(",".join(line[name] for name in COLUMNS))
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(rows))
    return path


def test_the_command_measures_a_file_and_names_the_baselines_that_it_leaves_out(orders):
    done = CliRunner().invoke(main, ["--orders-csv", str(orders), "--train-until", "2022-05-05", "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout.splitlines()[-1])
    figures = document["figures"]
    assert [name for name in figures if name.startswith("skus_")] == ["skus_2022-04-28", "skus_2022-05-05"]
    assert figures["all_skus"] == figures["skus_2022-04-28"] == 10
    assert figures["wape_moving_average"] == 0
    assert figures["wape_zero"] == 1
    assert 0 < figures["wape"] < 0.25
    assert document["goals"].keys() <= figures.keys()
    table = CliRunner().invoke(main, ["--orders-csv", str(orders), "--train-until", "2022-05-05"]).stdout
    assert ("Left out: adida, imapa, auto_ets, auto_theta" in table) is ("wape_auto_ets" not in figures)


def test_an_origin_too_near_to_the_end_of_the_file_is_moved_and_told(orders):
    done = CliRunner().invoke(main, ["--orders-csv", str(orders), "--train-until", "2022-06-05"])
    assert done.exit_code == 0
    assert "The last origin is 2022-05-12: later ones have no 28 days after them in the file" in done.output
    assert "skus_2022-05-12" in done.output


def test_a_file_that_is_too_short_is_refused_with_what_it_lacks(orders):
    done = CliRunner().invoke(main, ["--orders-csv", str(orders), "--train-until", "2022-04-20"])
    assert done.exit_code == 1
    assert "an origin needs 28 days before it (from 2022-04-28 on) and 28 days after it" in done.output
