"""The parts of the page about a marketplace: tiles, charts and tables, with links to their SQL. Texts are escaped."""

from collections.abc import Sequence
from html import escape
from typing import Any

from xpert_pipeline.cli.money_format import MoneyFormat
from xpert_pipeline.cli.report.charts import charts_of
from xpert_pipeline.cli.report.figures import Row, Store
from xpert_pipeline.cli.report.tiles import NOT_LOADED, Tile, tiles_of
from xpert_pipeline.wording import counted, day_words

NUMBER = "number"
DASH = "\N{EN DASH}"


def element_id(store: Store, name: str) -> str:
    """Return the id of an element of a marketplace."""
    return f"{store.place.country}-{name}"


def tiles(store: Store) -> str:
    """Return the tiles of a marketplace."""
    return "".join(_tile(store, tile) for tile in tiles_of(store))


def blocks(store: Store) -> str:
    """Return the charts and tables of a marketplace."""
    return "".join((_sales(store), _forecast(store), _margin(store), _owed(store), _stock(store), _skus(store)))


def _link(store: Store, answer: str) -> str:
    return f'<a class="sql" href="#{element_id(store, f"sql-{answer}")}">SQL</a>'


def _tile(store: Store, tile: Tile) -> str:
    lines = "".join(f'<p class="quiet">{escape(line)}</p>' for line in tile.lines)
    look = "figure none" if tile.figure == NOT_LOADED else "figure"
    return (
        f'<article class="tile"><div class="head"><h3>{escape(tile.title)}</h3>{_link(store, tile.answer)}</div>'
        f'<p class="{look}">{escape(tile.figure)}</p>{lines}</article>'
    )


def _block(store: Store, title: str, answer: str, about: str, content: str, *, is_wide: bool = False) -> str:
    head = f'<div class="head"><h3>{escape(title)}</h3>{_link(store, answer)}</div>'
    return f'<figure class="{"wide" if is_wide else ""}">{head}<p class="quiet">{escape(about)}</p>{content}</figure>'


def _chart(store: Store, name: str, title: str, about: str, without: str) -> str:
    if name not in charts_of(store):
        return _block(store, title, name, without, "", is_wide=name != "margin")
    content = f'<div class="chart" id="{element_id(store, name)}" role="img" aria-label="{escape(title)}"></div>'
    return _block(store, title, name, about, content, is_wide=name != "margin")


def _span(store: Store) -> str:
    return day_words(store.first_day, store.last_day, today=store.today)


def _partly_loaded(store: Store, answer: str) -> str:
    days = [row["day"] for row in store.rows(answer) if row["units"] is not None and not row["has_orders"]]
    if not days:
        return ""
    which = day_words(days[0], today=store.today) if len(days) == 1 else counted(len(days), "day")
    return f" {which} {'is' if len(days) == 1 else 'are'} only partly loaded, so orders are missing there."


def _sales(store: Store) -> str:
    about = (
        f"{_span(store)}, by the day of purchase. A gap is a day that is not loaded; the newest days may still change."
        f"{_partly_loaded(store, 'sales')}"
    )
    return _chart(store, "sales", "Sales by day", about, f"{_span(store)}: no sales are loaded.")


def _forecast(store: Store) -> str:
    about = "Units by day: what was ordered, and what is expected. Demand is within the band with a chance of 80 %."
    about += _partly_loaded(store, "forecast")
    without = "There is no forecast. It needs 14 days of sales in a row."
    return _chart(store, "forecast", "Demand, and the next 28 days", about, without)


def _margin(store: Store) -> str:
    (row,) = store.rows("margin")
    about = f"{_span(store)}, by the day on which Amazon posted the money, without taxes of customers."
    if row["rows"] and row["margin"] is None:
        about += f" This ends before the cost of goods{_lacking(row)}"
    days = (store.last_day - store.first_day).days + 1
    if row["loaded_days"] < days:
        about += f" Only {row['loaded_days']} of {days} days are loaded."
    if row["rows_without_ads"]:
        about += " Advertising of some days is not known."
    return _chart(store, "margin", "What is left of sales", about, f"{_span(store)}: no transactions are loaded.")


def _lacking(row: Row) -> str:
    """Why the cost of goods is not known."""
    reasons = []
    if skus := row["skus_without_cost"]:
        reasons.append(f"the cost of {counted(skus, 'SKU')} is not known (xpert costs import)")
    if skus := row["skus_of_other_currency"]:
        reasons.append(f"the cost of {counted(skus, 'SKU')} is in another currency")
    if days := row["days_without_units"]:
        reasons.append(f"Amazon does not tell the units of a shipment on {counted(days, 'day')}")
    return f": {'; '.join(reasons)}." if reasons else "."


def _table(names: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> str:
    """A table; the cells are HTML already."""
    head = "".join(f'<th class="{look}" scope="col">{escape(name)}</th>' for name, look in names)
    lines = (
        "".join(f'<td class="{look}">{cell}</td>' for (_, look), cell in zip(names, row, strict=True)) for row in rows
    )
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _named(row: Row) -> str:
    return f"{escape(row['sku'])}<small>{escape(row['title'] or '')}</small>"


def _owed(store: Store) -> str:
    rows = store.rows("owed")
    names = [("What", "name"), ("Amount", NUMBER), ("Units", NUMBER)]
    cells = [
        (
            f"{escape(row['kind'].capitalize())}<small>{_since(store, row)}</small>",
            _amount(store, row["amount"], row["currency"]) or DASH,
            DASH if row["units"] is None else _form(store).number(row["units"]),
        )
        for row in rows
    ]
    about = "Money that is posted and not paid, and units that are missing. A refund without a return costs its amount."
    return _block(store, "What Amazon owes", "owed", about, _table(names, cells) if rows else "<p>Nothing.</p>")


def _since(store: Store, row: Row) -> str:
    since = f"the oldest since {day_words(row['oldest'], today=store.today)}" if row["oldest"] else ""
    expected = row["latest_expected"]
    return since + (f", the last expected on {day_words(expected, today=store.today)}" if expected else "")


def _form(store: Store) -> MoneyFormat:
    return MoneyFormat.of(store.place.id)


def _amount(store: Store, amount: Any, currency: str | None = None) -> str:
    return "" if amount is None else escape(MoneyFormat.of(store.place.id, currency).amount(amount, decimals=0))


def _stock(store: Store) -> str:
    rows, form = store.rows("stock"), _form(store)
    names = [("SKU", "name"), ("Stock", NUMBER), ("Lasts", NUMBER), ("Sales a day", NUMBER)]
    cells = [
        (
            f"{_named(row)}<small><strong>{escape(row['risk'].capitalize())}</strong></small>",
            form.number(row["stock_quantity"]),
            "" if row["days_of_cover"] is None else counted(int(row["days_of_cover"]), "day"),
            _amount(store, row["sales_per_day"], row["currency"]) or DASH,
        )
        for row in rows
    ]
    if not rows:
        is_known = bool(store.rows("stock_risks"))
        about = "No SKU runs out before new stock can arrive." if is_known else "No stock is loaded."
        return _block(store, "Stock at risk", "stock", about, "", is_wide=True)
    about = f"On {day_words(rows[0]['as_of_date'], today=store.today)}: SKUs that are out of stock, or soon will be. "
    about += "Sales a day are what a day without stock costs, at the price of now."
    return _block(store, "Stock at risk", "stock", about, _table(names, cells), is_wide=True)


def _skus(store: Store) -> str:
    rows, form = store.rows("skus"), _form(store)
    names = [("SKU", "name"), ("Units", NUMBER), ("Sales", NUMBER), ("Before goods", NUMBER), ("Margin", NUMBER)]
    cells = [
        (
            _named(row),
            DASH if row["units"] is None else form.number(row["units"]),
            _amount(store, row["sales"]),
            _amount(store, row["margin_before_goods"]),
            _amount(store, row["margin"]) or DASH,
        )
        for row in rows
    ]
    about = f"{_span(store)}: the ten SKUs with the most money before the cost of goods, after refunds."
    if any(row["margin"] is None for row in rows):
        about += f" {DASH}: the cost of its units is not known."
    if not rows:
        about = f"{_span(store)}: no transactions are loaded."
    return _block(store, "SKUs that earn most", "skus", about, _table(names, cells) if rows else "", is_wide=True)
