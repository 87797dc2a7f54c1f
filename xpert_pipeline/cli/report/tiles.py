"""The tiles at the top of each marketplace: one figure each, with what it means, or what is not loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from xpert_pipeline.cli.money_format import MoneyFormat
from xpert_pipeline.cli.report.figures import Row, Store
from xpert_pipeline.wording import counted, day_words

NOT_LOADED, DASH = "Not loaded", "\N{EN DASH}"
AT_RISK = ("out of stock", "runs out before new stock can arrive", "order now")
OWED = ("deferred", "not settled yet")


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure.

    Attributes:
        title: What it is.
        figure: The figure, or that there is none.
        lines: What it consists of, and what it lacks.
        answer: Name of the answer that it is from.
    """

    title: str
    figure: str
    lines: Sequence[str]
    answer: str


def tiles_of(store: Store) -> list[Tile]:
    """Return the tiles of a marketplace."""
    form = MoneyFormat.of(store.place.id)
    periods = {row["period"]: _period(form, store, row) for row in store.rows("periods")}
    return [
        periods["Yesterday"],
        periods["Last 7 days"],
        periods["This month"],
        _forecast(form, store),
        periods["Last month"],
        _owed(form, store),
        _stock(form, store),
    ]


def _money(form: MoneyFormat, amount: Decimal) -> str:
    return form.amount(amount, decimals=0)


def _period(form: MoneyFormat, store: Store, row: Row) -> Tile:
    title = row["period"]
    if not row["days"]:
        return Tile(title, DASH, ["No day of this month is over."], "periods")
    days = day_words(row["first_day"], row["last_day"], today=store.today)
    if not row["order_days"] and not row["partial_days"]:
        return Tile(title, NOT_LOADED, [days, "The orders are not loaded."], "periods")
    numbers = ((row["orders"], "order"), (row["units"], "unit"))
    known = ", ".join(counted(number, name) for number, name in numbers if number is not None)
    lines = [days, known, *_margin(form, row)]
    if row["order_days"] < row["days"]:
        lines.append(_loaded_days(row))
    if row["units_without_price"]:
        lines.append(f"{counted(row['units_without_price'], 'unit')} without a price yet.")
    return Tile(title, _sales(form, row), lines, "periods")


def _sales(form: MoneyFormat, row: Row) -> str:
    if row["sales"] is not None:
        return _money(form, row["sales"])
    return "No price yet" if row["units_without_price"] else DASH


def _loaded_days(row: Row) -> str:
    if row["days"] == 1:
        return "The day is only partly loaded."
    partly = f", and {row['partial_days']} in part" if row["partial_days"] else ""
    return f"Only {row['order_days']} of {row['days']} days are loaded{partly}."


def _margin(form: MoneyFormat, row: Row) -> list[str]:
    if row["margin_before_goods"] is None:
        if not row["money_days"]:
            return ["Margin: not loaded"]
        known = "No money was posted"
    elif row["margin"] is not None:
        known = f"Margin {_money(form, row['margin'])}"
    else:
        known = f"{_money(form, row['margin_before_goods'])} before the cost of goods"
    if row["money_days"] >= row["days"]:
        return [known]
    if row["days"] == 1:
        return [known, "Its transactions are only partly loaded."]
    return [known, f"Transactions of only {row['money_days']} of {row['days']} days are loaded."]


def _forecast(form: MoneyFormat, store: Store) -> Tile:
    title = f"{store.today:%B}, expected"
    rows = store.rows("month_forecast")
    if not rows:
        why = "There is no forecast. It needs 14 days of sales in a row, and a sync of today."
        return Tile(title, NOT_LOADED, [why], "month_forecast")
    (row,) = rows
    if row["order_days"] < row["days"]:
        missing = f"Orders of {counted(row['days'] - row['order_days'], 'day')} of this month are not loaded."
        return Tile(title, NOT_LOADED, [missing], "month_forecast")
    until = day_words(row["origin_date"], today=store.today)
    ordered = f"{form.number(row['units_ordered'])} of them ordered until {until}"
    lines = [f"{form.number(row['units_p50'])} units, {ordered}"]
    if row["expected_until"] < row["month_end"]:
        lines.append(f"The forecast ends on {day_words(row['expected_until'], today=store.today)}.")
    if row["average_price"] is None:
        return Tile(title, f"{form.number(row['units_p50'])} units", lines, "month_forecast")
    spread = f"{_money(form, row['sales_p10'])} to {_money(form, row['sales_p90'])} with a chance of 80 %"
    lines = [spread, *lines, "At the average price of the last 28 days."]
    return Tile(title, _money(form, row["sales_p50"]), lines, "month_forecast")


def _owed(form: MoneyFormat, store: Store) -> Tile:
    title, rows = "Amazon owes you", [row for row in store.rows("owed") if row["kind"] in OWED]
    waiting = [row for row in rows if row["currency"] == form.currency]
    others = len({row["currency"] for row in rows} - {form.currency})
    if not rows:
        is_loaded = any(row["money_days"] for row in store.rows("periods"))
        nothing = (
            ("Nothing", ["No posted money waits."]) if is_loaded else (NOT_LOADED, ["No transactions are loaded."])
        )
        return Tile(title, *nothing, "owed")
    lines = [f"{row['kind'].capitalize()}: {_money(form, row['amount'])}" for row in waiting]
    if others:
        known = "And amounts" if waiting else "Amounts"
        lines.append(f"{known} in {counted(others, 'other currency', 'other currencies')}, see below.")
    total = _money(form, sum((row["amount"] for row in waiting), Decimal(0)))
    return Tile(title, total if waiting else f"Nothing in {form.currency}", lines, "owed")


def _stock(form: MoneyFormat, store: Store) -> Tile:
    title, rows = "Stock at risk", store.rows("stock_risks")
    if not rows:
        return Tile(title, NOT_LOADED, ["No stock is loaded."], "stock_risks")
    risks = [row for row in rows if row["risk"] in AT_RISK]
    lines = [f"{row['risk'].capitalize()}: {row['skus']}" for row in risks]
    if sales := sum((row["sales_per_day"] or Decimal(0) for row in risks), Decimal(0)):
        lines.append(f"They sell {_money(form, sales)} a day.")
    if unpriced := sum(row["skus_without_price"] for row in risks):
        lines.append(f"{counted(unpriced, 'SKU')} of them: no price in {form.currency} is known.")
    unknown = sum(row["skus"] for row in rows if row["risk"] in ("stock unknown", "sales unknown"))
    if unknown:
        lines.append(f"{counted(unknown, 'SKU')}: stock or sales not known.")
    return Tile(
        title, counted(sum(row["skus"] for row in risks), "SKU"), lines or ["All SKUs have stock."], "stock_risks"
    )
