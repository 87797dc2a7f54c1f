"""Creates the embedded server's cluster with initdb, and starts and stops it with pg_ctl and our settings.

The caller (`embedded`) makes sure that only one process does so at a time; `embedded_place` chooses the directory.
"""

import contextlib
import logging
import os
import re
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from xpert_pipeline.postgres import exposure
from xpert_pipeline.postgres.embedded_place import EmbeddedServerFailed, Place

ADMIN = "postgres"
LONGEST_SOCKET_DIRECTORY = 107 - len("/.s.PGSQL.5432.lock")
NO_SPACE = "No space left on device"
PLAIN = re.compile(r"[\w/.+-]+", re.ASCII)  # unix_socket_directories is a list: no comma, no quote
SETTINGS = """\
# Every start of the embedded server writes this file; put your own settings into postgresql.auto.conf (alter system).
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


class ServerComesUp(Exception):
    """Another start of the same cluster was first: wait for that server."""


def make_cluster(place: Place, lock: int) -> None:
    """Create the cluster if there is none; an interrupted initdb leaves none behind.

    Args:
        place: Where to create it.
        lock: Descriptor of the caller's lock. An initdb that outlives a killed caller keeps the lock until it ends.

    Raises:
        EmbeddedServerFailed: initdb failed; the message contains its output. Or other files are in the way.
    """
    if (place.cluster / "PG_VERSION").exists():
        return
    if place.cluster.exists() and any(place.cluster.iterdir()):
        raise EmbeddedServerFailed(
            f"{place.cluster} is no database of PostgreSQL, its file PG_VERSION is missing: put the right files back, "
            "restore a backup, or move the folder away to begin with an empty database"
        )
    draft = place.cluster.with_name(f"{place.cluster.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    _give(place, draft)
    _run(
        place,
        "initdb",
        *("-D", str(draft), "-U", ADMIN, "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        keep_open=(lock,),
    )
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write("\ninclude_if_exists = 'xpert.conf'\n")
    draft.rename(place.cluster)


def start_server(place: Place) -> Path:
    """Start the cluster's server, which must not be running, and return the directory of its socket.

    Raises:
        EmbeddedServerFailed: pg_ctl failed; the message contains the server's output.
    """
    stale = _stale_socket_directory(place)
    socket_directory = _socket_directory(place)
    settings = place.cluster / "xpert.conf"
    opened = exposure.settings(place)
    settings.write_text(SETTINGS.format(socket_directory=socket_directory) + opened, encoding="utf-8")
    _give(place, settings)
    if opened:
        exposure.link_socket(place, socket_directory)
    arguments = ("start", "-D", str(place.cluster), "-w", "-t", "300", "-l", str(place.cluster / "start.log"))
    for attempt in range(60):  # the processes of a killed server need a moment to end
        try:
            _run(place, "pg_ctl", *arguments)
            break
        except EmbeddedServerFailed:
            if postmaster(place) is not None:  # a killed command had started it a moment ago
                raise ServerComesUp from None
            log = (place.cluster / "start.log").read_text(encoding="utf-8", errors="replace")
            if "still in use" not in log.rsplit("FATAL", 1)[-1] or attempt == 59:
                raise
            (place.cluster / "start.log").unlink()
            time.sleep(0.5)
    if stale and stale != socket_directory:
        remove_socket_directory(place, stale)
    return socket_directory


def stop_server(place: Place) -> None:
    """Stop the cluster's server and end its open sessions.

    Raises:
        EmbeddedServerFailed: pg_ctl failed; the message contains the server's output.
    """
    _run(place, "pg_ctl", "stop", "-D", str(place.cluster), "-m", "fast", "-w", "-t", "60")


def identifier(place: Place) -> str:
    """Return the cluster's own number, which initdb chose and which every copy of the cluster keeps."""
    with (place.cluster / "global" / "pg_control").open("rb") as control:
        (number,) = struct.unpack("=Q", control.read(8))  # the first field of the file, in the machine's byte order
    return str(number)


def postmaster(place: Place) -> psutil.Process | None:
    """Return the server's process if it runs; it may still be starting and have no socket yet."""
    try:
        process = psutil.Process(int(_pid_file(place)[0]))
        is_ours = process.name() == "postgres" and str(place.cluster) in process.cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if is_ours else None


def socket_of_postmaster(place: Place) -> Path | None:
    """Return the socket directory of the cluster's server; None if it does not run or has not opened a socket yet."""
    if postmaster(place) is None:
        return None
    with contextlib.suppress(OSError):
        lines = _pid_file(place)
        return Path(lines[4]) if len(lines) > 4 and lines[4] else None
    return None


def _pid_file(place: Place) -> list[str]:
    return (place.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()


def remove_socket_directory(place: Place, directory: Path) -> None:
    """Delete a socket directory that was created for this server; do nothing if the socket is in the cluster itself."""
    if directory != place.cluster and directory.name.startswith("xpert-"):
        shutil.rmtree(directory, ignore_errors=True)


def _stale_socket_directory(place: Place) -> Path | None:
    """Remove the locks of a server that no longer runs, and return its socket directory.

    PostgreSQL does not start by itself while the process id in the lock belongs to a zombie or another program.
    """
    pid_file = place.cluster / "postmaster.pid"
    if not pid_file.exists():
        return None
    lines = pid_file.read_text(encoding="utf-8").splitlines()
    pid_file.unlink()
    if len(lines) < 5 or not lines[4]:
        return None
    exposure.remove_sockets(Path(lines[4]))
    return Path(lines[4])


def _socket_directory(place: Place) -> Path:
    if len(os.fsencode(place.cluster)) <= LONGEST_SOCKET_DIRECTORY and PLAIN.fullmatch(str(place.cluster)):
        return place.cluster
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108  mkdtemp creates a private directory
        if len(parent) + len("/xpert-12345678") <= LONGEST_SOCKET_DIRECTORY:
            directory = Path(tempfile.mkdtemp(prefix="xpert-", dir=parent))
            _give(place, directory)
            return directory
    raise EmbeddedServerFailed(f"no directory short enough for a socket: {place.cluster}; set TMPDIR to a short path")


def _give(place: Place, path: Path) -> None:
    if place.account is not None:
        os.chown(path, place.account.uid, place.account.gid)


def _run(place: Place, program: str, *arguments: str, keep_open: Sequence[int] = ()) -> None:
    command: Sequence[str] = (str(place.programs / program), *arguments)
    as_user = (
        {} if place.account is None else {"user": place.account.uid, "group": place.account.gid, "extra_groups": []}
    )
    with tempfile.TemporaryFile() as output:  # the server would keep a pipe open
        done = subprocess.run(  # noqa: S603  our own programs
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            pass_fds=keep_open,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **_preloaded()},
            **as_user,  # type: ignore[call-overload]
        )
        output.seek(0)
        text = output.read().decode(errors="replace").strip()
    if done.returncode:
        tail = _log_tail(place) if program == "pg_ctl" else ""
        said = f"{text} {tail}".rstrip()
        full = f"the disk of {place.cluster} is full: free space there and run again. " if NO_SPACE in said else ""
        raise EmbeddedServerFailed(
            f"the embedded database failed. {full}`{program}` ended with {done.returncode}: {said}"
        )
    logger.debug("%s: %s", program, text)


def _preloaded() -> dict[str, str]:
    """A library that this process was started with, such as libfaketime: the server must live at the same time."""
    return {name: value for name, value in os.environ.items() if name == "LD_PRELOAD" or name.startswith("FAKETIME")}


def _log_tail(place: Place) -> str:
    logs = sorted(
        (*place.cluster.glob("start.log"), *place.cluster.glob("log/*.log")), key=lambda path: path.stat().st_mtime
    )
    return "\n".join(logs[-1].read_text(encoding="utf-8", errors="replace").splitlines()[-15:]) if logs else ""
