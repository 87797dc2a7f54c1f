"""The questions in sql/monitoring: their text and parameters, and for which sellers and marketplaces they are asked."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.sql_files import sql_directory
from xpert_pipeline.sources.run import scopes_of

PARAMETER = re.compile(r"%\((\w+)\)s")
Row = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A question about the pipeline.

    Attributes:
        name: Name of its command: gaps, quota-waits.
        text: The question itself.
        about: What the answer contains.
        statement: The statement that answers it.
    """

    name: str
    text: str
    about: str
    statement: str

    @property
    def parameters(self) -> frozenset[str]:
        """Names of the statement's parameters."""
        return frozenset(PARAMETER.findall(self.statement))

    def ask(
        self, pool: ConnectionPool, sellers: Sequence[Seller], tables: Sequence[str], values: Mapping[str, Any]
    ) -> list[Row]:
        """Return the answers for all sellers; each row begins with what it is about.

        Args:
            pool: The pipeline's pool.
            sellers: The sellers.
            tables: The tables, for a question that is about one table.
            values: The other parameters.

        Raises:
            DatabaseError: The database failed.
        """
        return [
            {**about, **row}
            for seller in sellers
            for about, more in self._subjects(seller, tables)
            for row in _rows(pool, seller, self.statement, {**values, **more})
        ]

    def _subjects(self, seller: Seller, tables: Sequence[str]) -> Iterator[tuple[Row, Row]]:
        """What to show before each row of an answer, and the parameters of the statement."""
        who = seller.amazon_seller_id
        given = {"amazon_seller_id": who, "scope": who}
        scopes: Sequence[Scope | None] = scopes_of(seller) if "marketplace_id" in self.parameters else [None]
        for scope in scopes:
            place = {"marketplace_id": scope.marketplace_id} if scope else {}
            zone = {"timezone": scope.timezone} if scope else {}
            for table in tables if "table_name" in self.parameters else [None]:
                named = {"table_name": table} if table else {}
                yield {"seller": who, **place, **named}, {**given, **place, **zone, **named}


def questions(folder: Path | None = None) -> list[Question]:
    """Return every question, by name."""
    files = sorted((folder or sql_directory() / "monitoring").glob("*.sql"))
    return [_read(file) for file in files]


def _read(file: Path) -> Question:
    statement = file.read_text(encoding="utf-8")
    comments = [line[3:] for line in statement.splitlines() if line.startswith("-- ")]
    end = next(number for number, line in enumerate(comments) if line.startswith("Parameters: "))
    return Question(file.stem.replace("_", "-"), comments[0], " ".join(comments[1:end]), statement)


def _rows(pool: ConnectionPool, seller: Seller, statement: str, values: Mapping[str, Any]) -> list[Row]:
    with tenant(pool, seller.id) as conn, conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), values).fetchall()
