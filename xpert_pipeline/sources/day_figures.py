"""Counts what a table holds for a day: its rows, and the figures that its source declares, such as orders or sales.

Dagster shows them at each partition. They come from the table, so a run that finds nothing new shows the same figures.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString

from psycopg import Connection, sql

from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.tables.contract import MARKETPLACE, Table

ROWS = "dagster/partition_row_count"
"""Dagster's own name for the rows of a partition; its UI draws them."""


@dataclass(frozen=True)
class DayFigure:
    """One figure of a day.

    Attributes:
        table: The table that is read.
        name: Name in the UI, such as "units".
        total: An SQL aggregate over the day's rows.
        currency: Column with the currency, for amounts: each currency becomes a figure of its own ("sales INR").
    """

    table: Table
    name: str
    total: LiteralString
    currency: LiteralString | None = None


@dataclass
class DayContent:
    """What a table holds for one marketplace's day.

    Attributes:
        rows: Number of rows.
        figures: The declared figures whose value is known.
    """

    rows: int = 0
    figures: dict[str, Decimal] = field(default_factory=dict)


Contents = Mapping[tuple[str, date], DayContent]
"""By marketplace and day; without rows there is no entry."""


def read_contents(run: SellerRun, table: Table, figures: Sequence[DayFigure]) -> Contents:
    """Return what the table holds for each day of the run; a table without days belongs to each marketplace's today."""
    own = [figure for figure in figures if figure.table == table]
    row_count = DayFigure(table, ROWS, "count(*)")
    contents: dict[tuple[str, date], DayContent] = {}
    with tenant(run.pool, run.seller.id) as connection:
        plain = [figure for figure in own if figure.currency is None]
        for market_id, day, _, rows, *values in _select(connection, run, table, row_count, *plain):
            if place := _place(run, market_id, day):
                contents[place] = DayContent(rows, _known(plain, values))
        for column in dict.fromkeys(figure.currency for figure in own if figure.currency):
            amounts = [figure for figure in own if figure.currency == column]
            for market_id, day, currency, *values in _select(connection, run, table, *amounts):
                place = _place(run, market_id, day)
                if place in contents and currency is not None:
                    contents[place].figures |= _known(amounts, values, f" {currency}")
    return contents


def _known(figures: Sequence[DayFigure], values: Sequence[Any], suffix: str = "") -> dict[str, Decimal]:
    pairs = zip(figures, values, strict=True)
    return {f"{figure.name}{suffix}": Decimal(value) for figure, value in pairs if value is not None}


def total_contents(contents: Collection[DayContent]) -> dict[str, int | float]:
    """Return the metadata of a partition: rows and figures of its marketplaces. Currencies stay apart."""
    numbers: dict[str, int | float] = {ROWS: sum(content.rows for content in contents)}
    for name in dict.fromkeys(name for content in contents for name in content.figures):
        total = sum(content.figures.get(name, Decimal(0)) for content in contents)
        numbers[name] = int(total) if total == int(total) else float(total)
    return numbers


def _select(connection: Connection, run: SellerRun, table: Table, *figures: DayFigure) -> list[tuple[Any, ...]]:
    """Read a table once: marketplace, day, currency if the figures have one, and their totals."""
    day = sql.Identifier(table.day) if table.day else sql.SQL("null::date")
    named = [figure.currency for figure in figures if figure.currency]
    currency = sql.SQL(named[0]) if named else sql.SQL("null")
    groups = [sql.Identifier(MARKETPLACE), *([day] if table.day else []), *([currency] if named else [])]
    statement = sql.SQL("select {}, {}, {}, {} from {} where seller_id = %(seller_id)s {} group by {}").format(
        sql.Identifier(MARKETPLACE),
        day,
        currency,
        sql.SQL(", ").join(sql.SQL(figure.total) for figure in figures),
        sql.Identifier(table.name),
        sql.SQL("and {} = any(%(days)s)").format(day) if table.day else sql.SQL(""),
        sql.SQL(", ").join(groups),
    )
    return connection.execute(statement, {"seller_id": run.seller.id, "days": list(run.days)}).fetchall()


def _place(run: SellerRun, market_id: str, day: date | None) -> tuple[str, date] | None:
    """The marketplace and day that rows belong to; None for a marketplace that the seller no longer has."""
    market: Market | None = next((market for market in run.markets if market.id == market_id), None)
    if market is None:
        return None
    return (market_id, day or market.partition_of_today)
