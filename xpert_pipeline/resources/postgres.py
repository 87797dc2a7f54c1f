"""PostgresResource: the pipeline's database as a Dagster resource."""

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import dagster as dg
from psycopg_pool import ConnectionPool
from pydantic import PrivateAttr

from xpert_pipeline.holders import holding
from xpert_pipeline.postgres.encryption import read_key
from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.postgres.private_folders import clear_abandoned
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline.postgres.spool import PREFIX as SPOOLS

DAGSTER_CONNECTION_SECONDS = 2
"""How long a run keeps a connection to Dagster's storage: short, so that it never finds one broken."""
DAGSTER_STATEMENT_MILLISECONDS = 600_000


class PostgresResource(dg.ConfigurableResource):
    """The database of the pipeline's role: one pool per process, opened at first use, closed with the run.

    Attributes:
        dsn: Connection string of the unprivileged pipeline role; may be a transaction pooler.
        encryption_key: Base64 of the 32 bytes that encrypt the sellers' refresh tokens; unset if all tokens come from
            the environment.
        spool_directory: Where fetched data is kept until its transaction; unset means the system's temporary directory.
    """

    dsn: str
    encryption_key: str | None = None
    spool_directory: str | None = None
    _pool: ConnectionPool | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["PostgresResource"]:
        """Keep one pool for the run, hold the run for the watchdog, and clear what killed runs left on disk."""
        hold: AbstractContextManager[None]
        if context.instance is not None and context.run is not None:
            context.instance.optimize_for_webserver(  # otherwise each of a run's thousand statements opens a connection
                statement_timeout=DAGSTER_STATEMENT_MILLISECONDS,
                pool_recycle=DAGSTER_CONNECTION_SECONDS,
                max_overflow=20,
            )
            clear_abandoned(self.spool, SPOOLS)
            hold = holding(context.instance, context.run.run_id)
        else:
            hold = nullcontext()
        try:
            with hold:
                yield self
        finally:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    @property
    def pool(self) -> ConnectionPool:
        """The process's pool."""
        if self._pool is None:
            self._pool = open_pool(self.dsn)
        return self._pool

    @property
    def sellers(self) -> SellerBook:
        """The sellers and their stored tokens."""
        key = read_key(self.encryption_key) if self.encryption_key else None
        return SellerBook(self.pool, key)

    @property
    def spool(self) -> Path:
        """The directory on this worker for spooled data."""
        return Path(self.spool_directory or tempfile.gettempdir())
