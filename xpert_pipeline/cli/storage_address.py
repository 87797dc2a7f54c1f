"""Opens Dagster's storage as Dagster will, before Dagster does: its own messages are long and name the wrong cause.

Dagster connects with psycopg2, sets its schema as the connection begins, and listens for events; all of this needs a
direct or session connection. A transaction pooler, which suits the pipeline's own connections, does not do.
"""

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.instance import SCHEMA, storage_url
from xpert_pipeline.postgres.address import place_of, unreachable
from xpert_pipeline.settings import Settings

PID = text("select pg_backend_pid()")


def check_storage(settings: Settings) -> None:
    """Check that the address of Dagster's storage is one that Dagster can use.

    Raises:
        DatabaseUnreachable: It refuses the connection.
        PreconditionError: It is a transaction pooler; the message names the variable to set.
    """
    if settings.dagster_database_url is None:  # the embedded server
        return
    dsn = settings.dagster_database_url.get_secret_value()
    engine = create_engine(storage_url(dsn), poolclass=NullPool, connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as first, engine.connect() as second:
            schema = first.execute(text("select current_schema()")).scalar()
            first.rollback()
            if schema != SCHEMA or _share_a_session(first, second):
                raise _pooler(settings, dsn)
    except DBAPIError as error:
        if "unsupported startup parameter" in str(error.orig):
            raise _pooler(settings, dsn) from None
        raise unreachable(dsn, error.orig or error) from None


def _share_a_session(first: Connection, second: Connection) -> bool:
    """Whether two open connections lead to one session in turn, or one connection to several: that is a pooler."""
    pid = first.execute(PID).scalar()
    first.rollback()
    other = second.execute(PID).scalar()  # its transaction stays open and keeps the session
    again = other if other == pid else first.execute(PID).scalar()
    return other == pid or again != pid


def _pooler(settings: Settings, dsn: str) -> PreconditionError:
    is_shared = settings.database_url is not None and settings.database_url.get_secret_value() == dsn
    name = "DATABASE_URL" if is_shared else "DAGSTER_DATABASE_URL"
    return PreconditionError(
        f"{name} leads to a transaction pooler at {place_of(dsn)}, and Dagster's storage needs a direct or session "
        f"connection: {'also set' if is_shared else 'set'} DAGSTER_DATABASE_URL to one (Supabase: port 5432)"
    )
