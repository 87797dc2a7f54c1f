"""Keeps what the migrations together say of watched tables: which derived tables each of them marks dirty.

A name may end with ':' and the column that narrows a change.

A migration that runs again, by hand, says only what was true when it was written: `xpert_watch` replaces the list of
those who derive from a table, and later migrations have added to it.
"""

import re
from collections.abc import Iterable

from psycopg import Connection
from psycopg.rows import TupleRow

WATCH = re.compile(r"^select public\.xpert_watch(_also)?\('public\.(\w+)'((?:, '[\w:]+')*)\);", re.MULTILINE)
ADD = """
select public.xpert_watch_also(t.oid::regclass, c.consumer)
from pg_class as t cross join unnest(%(consumers)s::text[]) as c (consumer)
where t.oid = to_regclass(%(table)s)
  and exists (select from pg_trigger as g where g.tgrelid = t.oid and g.tgname = 'mark_dirty_insert')
"""


def watches(migrations: Iterable[str]) -> dict[str, list[str]]:
    """Return who derives from each watched table after all migrations, with the column that narrows a change.

    Args:
        migrations: The texts of the migrations, in their order.
    """
    known: dict[str, list[str]] = {}
    for text in migrations:
        for also, table, arguments in WATCH.findall(text):
            names = re.findall(r"'([\w:]+)'", arguments)
            if also:
                (name,) = names
                known[table] = _with(known[table], name)
            else:
                known[table] = names[1:]  # the first one is the column of the day
    return known


def _with(names: list[str], name: str) -> list[str]:
    """Return the names with one more, or with the column of one that is known; a column is never taken away."""
    places = {known.partition(":")[0]: place for place, known in enumerate(names)}
    place = places.get(name.partition(":")[0])
    if place is None:
        return [*names, name]
    return [*names[:place], name, *names[place + 1 :]] if ":" in name else names


def keep_watches(conn: Connection[TupleRow], migrations: Iterable[str]) -> None:
    """Add to the watched tables of a database who is missing in their lists; change nothing else."""
    for table, consumers in watches(migrations).items():
        conn.execute(ADD, {"table": f"public.{table}", "consumers": consumers})
