"""Rows that SQL cannot compute, such as those of a fitted model: SQL gathers the input, Python computes the rows."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL

from xpert_pipeline.postgres.target import Row

Given = Mapping[str, Any]
"""One row of the input, by column."""


@dataclass(frozen=True)
class Computation:
    """How Python computes the rows of a derived table.

    Attributes:
        version: Changes when the same input would give other rows.
        compute: Returns the table's rows, as tuples in the order of its columns, from the rows of the transform and its
            parameters. It must be a pure function: the same input in the same order gives the same rows.
    """

    version: str
    compute: Callable[[Sequence[Given], Mapping[str, Any]], Iterable[Row]]


@dataclass(frozen=True)
class Input:
    """What a transform returned, and a digest of it."""

    rows: Sequence[Given]
    digest: str


def read_input(conn: Connection, select: LiteralString, values: Mapping[str, Any]) -> Input:
    """Read the input. The transform has to order its rows."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(SQL(select), values).fetchall()
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(list(row.values())).encode())
    return Input(rows, digest.hexdigest()[:12])
