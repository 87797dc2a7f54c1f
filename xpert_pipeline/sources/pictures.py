"""Pictures of a table: what its newest partition shows in Dagster's UI, drawn from the rows that the table holds.

A source declares the form, `sql/pictures/<table>.sql` selects the rows, and `drawing` makes the image. A picture shows
one marketplace, so amounts of two currencies never meet in it. Nothing is drawn for a marketplace without rows, and a
failure costs only the picture. Runs that follow changes every few minutes draw none.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from psycopg import sql

from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sql_files import picture_rows
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.tables.contract import Table

logger = logging.getLogger("xpert_pipeline.sources")
NO_PICTURES = "xpert/no_pictures"
"""Tag of a run that draws no pictures, with any value."""
MOST_MARKETS = 4
"""Maximum number of marketplaces that one partition shows."""


@dataclass(frozen=True)
class Picture:
    """A picture that a table shows.

    `sql/pictures/<table>.sql` returns the rows to draw, in order, for one marketplace. Its parameters are
    `%(seller_id)s`, `%(marketplace_id)s`, `%(timezone)s` and `%(today)s`, the marketplace's local day. A column `unit`
    names what the figures are, such as the currency.

    Attributes:
        table: The table that shows it.
        title: What it shows, such as "Sales by day".
        form: How it is drawn; `drawing.FORMS` has the forms and the columns that each reads.
    """

    table: Table
    title: str
    form: Literal["lines", "bars", "waterfall", "fan"]


def pictures_of(run: SellerRun, table: Table, pictures: Sequence[Picture]) -> str:
    """Draw the table's pictures for each marketplace of the run, as Markdown; empty if there is nothing to draw."""
    own = [picture for picture in pictures if picture.table == table]
    images = [
        (market, picture, _draw(run, market, picture)) for market in run.markets[:MOST_MARKETS] for picture in own
    ]
    return "\n\n".join(f"![{_title(picture, market)}]({image})" for market, picture, image in images if image)


def _draw(run: SellerRun, market: Market, picture: Picture) -> str | None:
    from xpert_pipeline.sources.drawing import draw  # noqa: PLC0415  matplotlib is slow to import

    try:
        with tenant(run.pool, run.seller.id) as connection:
            place = {"seller_id": run.seller.id, "marketplace_id": market.id}
            place |= {"today": market.today, "timezone": market.place.timezone}
            cursor = connection.execute(sql.SQL(picture_rows(picture.table.name)), place)
            names = [column.name for column in cursor.description or ()]
            rows = cursor.fetchall()
        return draw(_title(picture, market), picture.form, names, rows) if rows else None
    except Exception:  # a picture is no reason to fail a load that is already committed
        logger.warning("seller %s: the picture of %s could not be drawn", run.who, picture.table.name, exc_info=True)
        return None


def _title(picture: Picture, market: Market) -> str:
    return f"{picture.title}, {market.place.domain}"
