"""What the migrations say of each column: the one place where a column is explained, readable without a database."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from xpert_pipeline.postgres.sql_files import migrations_directory

TEXT = r"'((?:[^']|'')*)'"
OF_A_TABLE = re.compile(rf"^comment on column public\.(\w+)\.(\w+) is\s+{TEXT};", re.MULTILINE)
OF_ALL_TABLES = re.compile(rf"'comment on column %s\.(\w+) is %L', _table, {TEXT}")
"""In `xpert_describe_standard_columns`, which every table calls."""


@cache
def column_comments(table: str) -> Mapping[str, str]:
    """Column → comment, as a database has them that all migrations were applied to."""
    standard, own = _all()
    return {**standard, **own[table]}


@cache
def _all() -> tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]:
    standard: dict[str, str] = {}
    own: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted(migrations_directory().glob("*.sql")):  # a later file's comment takes an earlier one's place
        sql = path.read_text(encoding="utf-8")
        standard.update({column: _read(text) for column, text in OF_ALL_TABLES.findall(sql)})
        for table, column, text in OF_A_TABLE.findall(sql):
            own[table][column] = _read(text)
    return standard, own


def _read(text: str) -> str:
    return text.replace("''", "'")
