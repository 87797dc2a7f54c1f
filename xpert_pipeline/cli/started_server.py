"""Stops the embedded server that a command has started, unless another command or a BI tool uses it."""

import os

import psycopg

from xpert_pipeline.postgres.embedded import EmbeddedServer
from xpert_pipeline.postgres.embedded_users import only_user
from xpert_pipeline.postgres.exposure import exposed_port

OTHERS = """
select count(*) from pg_stat_activity
where backend_type = 'client backend' and application_name is distinct from current_setting('application_name')
"""


def own_name() -> str:
    """The name of this process's connections, by which `stop_unless_used` excludes those that Dagster keeps open."""
    return f"xpert-{os.getpid()}"


def stop_unless_used(server: EmbeddedServer | None) -> None:
    """Stop the server that this command started, unless another command uses it or BI tools may (`db expose`)."""
    if server is None or exposed_port(server.place) is not None:
        return
    with only_user(server.data_dir) as is_alone:
        if is_alone and not _has_sessions(server):
            server.stop()


def _has_sessions(server: EmbeddedServer) -> bool:
    """Whether another program is connected, such as psql."""
    try:
        with psycopg.connect(server.admin_dsn, autocommit=True, application_name=own_name()) as connection:
            (used,) = connection.execute(OTHERS).fetchone() or (0,)
    except psycopg.OperationalError:  # it has already stopped
        return False
    return bool(used)
