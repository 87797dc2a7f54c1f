"""Makes the rows of forecasting_data from what its transform gathers. It imports numpy: import it where it is used."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import numpy as np

from xpert_pipeline.forecasting.backtest import Backtest, backtest
from xpert_pipeline.forecasting.calibration import HORIZON
from xpert_pipeline.forecasting.forecast import Forecast, forecast
from xpert_pipeline.forecasting.history import Floats, History, make_history, style_of
from xpert_pipeline.forecasting.rates import ALIVE

Row = dict[str, Any]
Given = Mapping[str, Any]
LEAST_HISTORY = 14
"""Days in a row that a forecast needs."""
ALL = "(all)"


def forecast_rows(given: Sequence[Given], parameters: Mapping[str, Any], model: str) -> Iterator[Row]:
    """Yield the rows of all marketplaces.

    Args:
        given: One row for each SKU, ordered by marketplace.
        parameters: `lead_time_days` and `service_level_pct`.
        model: The name of the method.
    """
    for _, rows in groupby(given, key=lambda row: row["marketplace_id"]):
        yield from _of_marketplace(list(rows), parameters, model)


def _of_marketplace(given: Sequence[Given], parameters: Mapping[str, Any], model: str) -> Iterator[Row]:
    history = _history(given)
    common = {
        "marketplace_id": given[0]["marketplace_id"],
        "origin_date": history.last_day,
        "history_days": history.days,
        "lead_time_days": int(parameters["lead_time_days"]),
        "service_level_pct": parameters["service_level_pct"],
    }
    skus = [common | _facts(row, history, place) for place, row in enumerate(given)]
    account = {**dict.fromkeys(skus[0]), **common, "scope": "ACCOUNT", "sku": ALL}
    account["sold_days"] = int((history.units.sum(axis=0) > 0).sum())
    if history.days < LEAST_HISTORY:
        yield from (_absent(row, "SHORT_HISTORY") for row in (account, *skus))
        return
    made, tested = forecast(history), backtest(history)
    level = float(parameters["service_level_pct"]) / 100
    demands = dict(zip(made.alive.tolist(), made.demand(common["lead_time_days"], level).tolist(), strict=True))
    figures = dict(zip(made.alive.tolist(), _figures(made), strict=True))
    for place, row in enumerate(skus):
        if place not in figures:
            yield _absent(row, "NO_RECENT_SALES" if not _sells(history, place) else "OUT_OF_STOCK")
            continue
        own = row | _order(row, int(demands[place])) | _tested(tested, place) | {"model": model}
        yield from _days(own, history.last_day, figures[place])
    if figures:
        account |= _tested(tested, len(skus)) | {
            "model": model,
            **dict.fromkeys(("lead_time_demand", "reorder_quantity")),
        }
        yield from _days(account, history.last_day, _account_figures(made))
    else:
        yield _absent(account, "NO_RECENT_SALES")


def _history(given: Sequence[Given]) -> History:
    """Turn ages, which count days before the origin, into columns of days."""
    days = max(row["loaded_days"] for row in given)
    units, lacking = np.zeros((len(given), days)), np.zeros((len(given), days), dtype=np.bool_)
    for place, row in enumerate(given):
        units[place, days - 1 - np.array(row["sold_ages"], dtype=np.int64)] = row["sold_units"]
        lacking[place, days - 1 - np.array(row["stockout_ages"], dtype=np.int64)] = True
    return make_history(
        skus=[row["sku"] for row in given],
        first_day=given[0]["origin_date"] - timedelta(days=days - 1),
        units=units,
        out_of_stock=lacking,
        styles=[row["parent_asin"] or style_of(row["sku"]) for row in given],
        categories=[row["product_type"] or "" for row in given],
    )


def _facts(row: Given, history: History, place: int) -> Row:
    return {
        "scope": "SKU",
        **{name: row[name] for name in ("sku", "asin", "stock_quantity", "inbound_quantity")},
        "sold_days": int((history.units[place] > 0).sum()),
        "stockout_days": int((~history.counts[place]).sum()),
    }


def _sells(history: History, place: int) -> bool:
    return bool(history.units[place, -ALIVE:].sum() > 0)


FIGURES = ("units_mean", "units_p10", "units_p50", "units_p90", "total_mean", "total_p10", "total_p50", "total_p90")
OTHERS = (
    "model",
    "lead_time_demand",
    "reorder_quantity",
    "backtest_weeks",
    "wape_pct",
    "mase",
    "bias_pct",
    "coverage_pct",
)


def _absent(row: Row, reason: str) -> Row:
    """Return the one row of a SKU without a forecast."""
    day = row["origin_date"] + timedelta(days=1)
    return row | dict.fromkeys((*FIGURES, *OTHERS)) | {"forecast_date": day, "is_sufficient": False, "reason": reason}


def _days(row: Row, origin: date, figures: Sequence[Sequence[float]]) -> Iterator[Row]:
    shared = row | {"is_sufficient": True, "reason": None}
    for number, (mean, *days, total, low, middle, high) in enumerate(figures, start=1):
        values = (round(mean, 4), *map(int, days), round(total, 4), int(low), int(middle), int(high))
        yield shared | {"forecast_date": origin + timedelta(days=number)} | dict(zip(FIGURES, values, strict=True))


def _figures(made: Forecast) -> list[list[list[float]]]:
    """Return by SKU and day the values of FIGURES."""
    totals = np.cumsum(made.means, axis=1)
    values = np.empty((*made.means.shape, len(FIGURES)))
    for day in range(HORIZON):
        values[:, day, 0], values[:, day, 4] = made.means[:, day], totals[:, day]
        values[:, day, 1:4] = made.quantiles(slice(day, day + 1))
        values[:, day, 5:] = made.quantiles(slice(day + 1))
    values[:, :, 5:] = np.maximum.accumulate(values[:, :, 5:], axis=1)
    listed: list[list[list[float]]] = values.tolist()
    return listed


def _account_figures(made: Forecast) -> list[list[float]]:
    daily = made.means.sum(axis=0)
    rows = [
        (
            daily[day],
            *made.account_quantiles(slice(day, day + 1)),
            daily[: day + 1].sum(),
            *made.account_quantiles(slice(day + 1)),
        )
        for day in range(HORIZON)
    ]
    return [[float(value) for value in row] for row in rows]


def _order(row: Row, demand: int) -> Row:
    stock = row["stock_quantity"]
    lacking = None if stock is None else max(demand - stock - (row["inbound_quantity"] or 0), 0)
    return {"lead_time_demand": demand, "reorder_quantity": lacking}


def _tested(tested: Backtest, place: int) -> Row:
    return {
        "backtest_weeks": int(tested.weeks[place]),
        "wape_pct": _known(tested.wape, place, 100),
        "mase": _known(tested.mase, place, 1),
        "bias_pct": _known(tested.bias, place, 100),
        "coverage_pct": _known(tested.coverage, place, 100),
    }


def _known(figures: Floats, place: int, times: int) -> float | None:
    value = float(figures[place])
    return None if np.isnan(value) else round(value * times, 4)
