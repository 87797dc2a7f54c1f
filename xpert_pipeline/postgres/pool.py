"""The pipeline's connections and transactions, which also work through a transaction pooler.

Connections have no session state: no prepared statements and no SET. Settings apply to one transaction only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import Connection, IsolationLevel
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from xpert_pipeline.postgres.address import check_address, unreachable
from xpert_pipeline.postgres.errors import DatabaseBusy, DatabaseError, TenantNotSet, explained
from xpert_pipeline.postgres.locks import naming_holders

Pool = ConnectionPool[Connection[TupleRow]]

BEGIN = """
select set_config('app.seller_id', %(seller)s, true),
       set_config('TimeZone', 'UTC', true),
       set_config('idle_in_transaction_session_timeout', '15s', true),
       set_config('lock_timeout', '20s', true),
       set_config('statement_timeout', '15min', true),
       current_setting('app.seller_id', true)
"""


class LatePool(ConnectionPool[Connection[TupleRow]]):
    """A pool that opens at its first use, so that creating or forking one costs nothing."""

    def getconn(self, timeout: float | None = None) -> Connection[TupleRow]:
        """Take a connection; the first call opens the pool."""
        if not self._opened:
            self.open()
        return super().getconn(timeout)


def open_pool(dsn: str, *, max_size: int = 8) -> Pool:
    """Return a pool for one process; it connects at the first use.

    Args:
        dsn: Address of the database or of its pooler.
        max_size: Maximum number of connections at a time; further callers wait.

    Raises:
        DatabaseAddressMalformed: The address cannot be parsed.
    """
    check_address(dsn)
    return LatePool(
        dsn,
        min_size=0,
        max_size=max_size,
        open=False,
        timeout=15,
        max_idle=120,
        check=ConnectionPool.check_connection,
        configure=_configure,
        kwargs={
            "prepare_threshold": None,
            "connect_timeout": 10,
            "client_encoding": "UTF8",
            "application_name": "xpert_pipeline",
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    )


@contextmanager
def tenant(pool: Pool, seller_id: UUID) -> Iterator[Connection[TupleRow]]:
    """Open a READ COMMITTED transaction that reads and writes the rows of one seller.

    Commits at the end, rolls back on any exception.

    Raises:
        DatabaseError: The database failed; the message contains no data.
    """
    with _transaction(pool) as conn:
        row = conn.execute(BEGIN, {"seller": str(seller_id)}).fetchone()
        if row is None or not isinstance(seller_id, UUID) or row[-1] != str(seller_id):
            raise TenantNotSet("the tenant could not be set: no row was read or written")
        yield conn


@contextmanager
def operator(pool: Pool) -> Iterator[Connection[TupleRow]]:
    """Open a READ COMMITTED transaction on the pipeline's own records (sellers, leases, quota, cursors): no tenant."""
    with _transaction(pool) as conn:
        conn.execute(BEGIN, {"seller": ""})
        yield conn


@contextmanager
def _transaction(pool: Pool) -> Iterator[Connection[TupleRow]]:
    with (
        explained(lambda error: _why_no_connection(pool, error)),
        naming_holders(lambda: pool.connection(timeout=5)),
        pool.connection() as conn,
    ):
        yield conn


def _configure(conn: Connection[TupleRow]) -> None:
    conn.isolation_level = IsolationLevel.READ_COMMITTED


def _why_no_connection(pool: Pool, error: PoolTimeout) -> DatabaseError:
    dsn = str(pool.conninfo)
    try:
        psycopg.connect(dsn, connect_timeout=5).close()
    except psycopg.Error as refused:
        return unreachable(dsn, refused)
    return DatabaseBusy(f"all {pool.max_size} connections were in use for {pool.timeout:.0f} s: {error}")
