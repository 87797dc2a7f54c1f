"""Locks that no reader can take, and the names of sessions that hold what others wait for.

Any login may take advisory locks, and whoever may read a table may lock it against changes of its structure. So a load
locks a row that only the pipeline may write, and a wait that ends in vain tells which sessions to look at.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from xpert_pipeline.postgres.errors import DatabaseBusy, explain

LOCK_ROW = """
insert into seller_leases as l (seller_id, stream, holder, holder_name, expires_at)
values (%(seller_id)s, %(stream)s, gen_random_uuid(), 'a transaction', '-infinity')
on conflict (seller_id, stream) do update set holder_name = l.holder_name
"""
HOLDERS = """
select a.pid, a.usename, coalesce(nullif(a.application_name, ''), '?'), string_agg(distinct c.relname, ', ')
from pg_locks as l
inner join pg_stat_activity as a on a.pid = l.pid
inner join pg_class as c on c.oid = l.relation and c.relkind in ('r', 'p')
where l.locktype = 'relation' and l.granted
  and l.database = (select oid from pg_database where datname = current_database())
  and c.relnamespace = 'public'::regnamespace and l.pid <> pg_backend_pid()
  and (%(readers)s or l.mode <> 'AccessShareLock')
group by 1, 2, 3 order by min(a.backend_start) limit 3
"""


def lock_of_seller(conn: Connection, seller_id: UUID, what: str) -> None:
    """Let one transaction at a time do something for a seller; the lock ends with the transaction.

    Args:
        conn: The transaction.
        seller_id: The seller.
        what: What is done, such as `load orders`.
    """
    conn.execute(LOCK_ROW, {"seller_id": seller_id, "stream": f"lock: {what}"})


@contextmanager
def naming_holders(
    connect: Callable[[], AbstractContextManager[Connection[TupleRow]]], *, readers: bool = False
) -> Iterator[None]:
    """Say who holds locks if the block waited for one in vain.

    Args:
        connect: Opens another connection, because the transaction that waited is over.
        readers: Whether sessions that only read can be the reason: they block changes of a table's structure.

    Raises:
        DatabaseBusy: The wait ended in vain.
    """
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise DatabaseBusy(f"{explain(error)}. {_holders(connect, readers=readers)}", error.sqlstate) from None


def _holders(connect: Callable[[], AbstractContextManager[Connection[TupleRow]]], *, readers: bool) -> str:
    try:
        with connect() as conn:
            rows = conn.execute(HOLDERS, {"readers": readers}).fetchall()
    except psycopg.Error:
        rows = []
    if not rows:
        return "Another session held a lock for too long; it has ended now"
    sessions = "; ".join(
        f"session {pid} (role {role}, program {program}) on {tables}" for pid, role, program, tables in rows
    )
    return f"These sessions hold locks: {sessions}. Wait for them, or end one with `select pg_terminate_backend(PID)`"
