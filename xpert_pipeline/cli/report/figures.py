"""Asks the questions of sql/report for a seller's marketplace: the answers, each with the SQL that gave it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import ClientCursor
from psycopg.rows import dict_row

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.sql_files import sql_directory
from xpert_pipeline.spapi.marketplaces import Marketplace, by_id

Row = dict[str, Any]
DAYS = 60
"""Days of history, if the user names none."""


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Attributes:
        question: The question.
        about: What the answer contains.
        statement: The statement with its values: it can be run again as it is.
        rows: The rows.
    """

    question: str
    about: str
    statement: str
    rows: list[Row]


@dataclass(frozen=True)
class Store:
    """What the page shows of one marketplace.

    Attributes:
        place: The marketplace.
        today: Its own day.
        first_day: First day of the charts and of margins.
        last_day: Their last day.
        answers: The answers, by the name of the file in sql/report.
    """

    place: Marketplace
    today: date
    first_day: date
    last_day: date
    answers: Mapping[str, Answer]

    def rows(self, name: str) -> list[Row]:
        """Return the rows of an answer."""
        return self.answers[name].rows

    @property
    def is_empty(self) -> bool:
        """Whether nothing is loaded that the page could show."""
        days = ("sales", "forecast", "owed", "stock_risks", "skus")
        loaded = ("order_days", "partial_days")
        return not any(self.rows(name) for name in days) and not any(
            row[name] for row in self.rows("periods") for name in loaded
        )


def ask(pool: Pool, seller: Seller, first_day: date | None, last_day: date | None, now: datetime) -> list[Store]:
    """Ask every question for each of a seller's marketplaces.

    Args:
        pool: The pipeline's pool.
        seller: The seller.
        first_day: First day of the charts; by default, 60 days before the last one.
        last_day: Last day of the charts; by default, yesterday.
        now: The present.

    Raises:
        DatabaseError: The database failed.
    """
    return [_store(pool, seller, by_id(each), first_day, last_day, now) for each in seller.marketplace_ids]


def _store(
    pool: Pool, seller: Seller, place: Marketplace, first_day: date | None, last_day: date | None, now: datetime
) -> Store:
    today = now.astimezone(place.zone).date()
    last = last_day or today - timedelta(days=1)
    first = first_day or last - timedelta(days=DAYS - 1)
    values = {
        "seller_id": seller.id,
        "marketplace_id": place.id,
        "currency": place.currency,
        "today": today,
        "first_day": first,
        "last_day": last,
    }
    files = sorted((sql_directory() / "report").glob("*.sql"))
    return Store(place, today, first, last, {file.stem: _answer(pool, seller, file, values) for file in files})


def _answer(pool: Pool, seller: Seller, file: Path, values: Mapping[str, Any]) -> Answer:
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    comments = [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
    end = next(number for number, line in enumerate(comments) if line.startswith("Parameters: "))
    statement = "\n".join(lines[len(comments) :])
    with tenant(pool, seller.id) as conn:
        asked = ClientCursor(conn).mogrify(statement.encode(), values)
        with conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(asked.encode()).fetchall()
    return Answer(comments[0], " ".join(comments[1:end]), asked, rows)
