"""The charts of the page, as data for page.js: what they show, and how the marketplace writes amounts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from xpert_pipeline.cli.money_format import MoneyFormat
from xpert_pipeline.cli.report.figures import Row, Store

Chart = dict[str, Any]
STEPS = (
    ("sales", "Sales"), ("refunds", "Refunds"), ("fees", "Fees"), ("advertising", "Ads"),
    ("tax_on_fees", "Tax on fees"), ("other", "Other"),
)  # fmt: skip


def charts_of(store: Store) -> dict[str, Chart]:
    """Return the charts of a marketplace by name; one without anything to show is missing."""
    form = MoneyFormat.of(store.place.id)
    made = {
        "sales": _sales(store.rows("sales")),
        "margin": _margin(store.rows("margin")),
        "forecast": _fan(store.rows("forecast")),
    }
    units = {**form.for_charts(), "before": "", "after": ""}
    return {
        name: {**chart, "format": units if name == "forecast" else form.for_charts()}
        for name, chart in made.items()
        if chart is not None
    }


def _sales(rows: Sequence[Row]) -> Chart | None:
    if not any(row["sales"] is not None for row in rows):
        return None
    lines = [("Orders", "sales"), ("Amazon's own figure", "amazon_sales")]
    return {"kind": "lines", "days": _days(rows), "lines": [[name, _numbers(rows, column)] for name, column in lines]}


def _margin(rows: Sequence[Row]) -> Chart | None:
    row = rows[0]
    if not row["rows"]:
        return None
    steps: list[tuple[str, Any, bool]] = [
        (name, row[column], False) for column, name in STEPS if column == "sales" or row[column]
    ]
    steps.append(("Before goods", row["margin_before_goods"], True))
    if row["margin"] is not None:
        steps += [("Goods", row["goods"], False), ("Margin", row["margin"], True)]
    return {
        "kind": "waterfall",
        "names": [name for name, _, _ in steps],
        "amounts": [float(amount) for _, amount, _ in steps],
        "sums": [is_sum for _, _, is_sum in steps],
    }


def _fan(rows: Sequence[Row]) -> Chart | None:
    if not any(row["p50"] is not None for row in rows):
        return None
    columns = ("units", "p10", "p50", "p90")
    return {"kind": "fan", "days": _days(rows), **{column: _numbers(rows, column) for column in columns}}


def _days(rows: Sequence[Row]) -> list[str]:
    return [row["day"].isoformat() for row in rows]


def _numbers(rows: Sequence[Row], column: str) -> list[float | None]:
    values: list[Decimal | int | None] = [row[column] for row in rows]
    return [None if value is None else float(value) for value in values]
