"""Which process holds a run: it is named in a tag of the run, and holds a lock file as long as it lives.

The lock files are in DAGSTER_HOME. The system frees a lock when its process ends, however it ends, and two processes
with the same directory see each other's locks even if their host names or process ids differ (containers, a renamed or
replaced machine). A process whose lock file is not here, because it has another DAGSTER_HOME, is known by its signs of
life: it renews a tag of the run every 30 seconds.

The names of the tags begin with `.dagster/`, so that the UI does not show them.
"""

import enum
import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import dagster as dg

HOLDER = ".dagster/xpert_holder"
"""The run, and the process that starts or executes it. A repeated run inherits the tags, but has another id."""
WAITER = ".dagster/xpert_waiter"
"""The command that waits for the run; without it nobody wants the run."""
ALIVE = ".dagster/xpert_alive"
"""When the holder last gave a sign of life, in seconds since 1970."""
ALIVE_SECONDS = 30.0
"""Time between two signs of life."""

logger = logging.getLogger(__name__)
_held: dict[tuple[int, Path], tuple[str, int]] = {}
"""Names and descriptors of this process's locks by process and directory; they are never closed."""


class Life(enum.Enum):
    """What the lock of a process says about it."""

    HELD = "it lives"
    FREE = "it has ended"
    ELSEWHERE = "its lock is in another directory"


def own_lock(instance: dg.DagsterInstance) -> str:
    """Return the name of this process's lock; the first call creates it."""
    folder = _folder(instance)
    me = os.getpid(), folder
    while me not in _held:
        name = uuid4().hex
        descriptor = os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if (folder / name).exists():  # it was not swept away before it was locked
            _held[me] = name, descriptor
        else:
            os.close(descriptor)
    return _held[me][0]


def holder_tags(instance: dg.DagsterInstance, run_id: str) -> dict[str, str]:
    """Return the tags that make this process the holder of a run."""
    return {HOLDER: f"{run_id}/{own_lock(instance)}", ALIVE: str(int(time.time()))}


def life(instance: dg.DagsterInstance, name: str) -> Life:
    """Return whether the process with a lock lives."""
    try:
        descriptor = os.open(_folder(instance) / name, os.O_RDWR)
    except FileNotFoundError:
        return Life.ELSEWHERE
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return Life.HELD
    finally:
        os.close(descriptor)
    return Life.FREE


def holder_of(run: dg.DagsterRun) -> str | None:
    """Return the lock of the process that holds a run; None if no process has taken it yet."""
    run_id, _, name = run.tags.get(HOLDER, "").partition("/")
    return name if run_id == run.run_id and name else None


def last_sign(tags: Mapping[str, str]) -> float:
    """Return when a run's holder last gave a sign of life, in seconds since 1970; 0 if it never did."""
    return float(tags[ALIVE]) if tags.get(ALIVE, "").isdigit() else 0.0


def sweep(instance: dg.DagsterInstance) -> None:
    """Delete the lock files of processes that have ended."""
    for file in _folder(instance).iterdir():
        if life(instance, file.name) is Life.FREE:
            file.unlink(missing_ok=True)


@contextmanager
def holding(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Hold a run in this process, and give signs of life until the block ends."""
    instance.add_run_tags(run_id, holder_tags(instance, run_id))
    done = threading.Event()
    thread = threading.Thread(target=_show_life, args=(instance, run_id, done), name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _show_life(instance: dg.DagsterInstance, run_id: str, done: threading.Event) -> None:
    while not done.wait(ALIVE_SECONDS):
        try:
            instance.add_run_tags(run_id, {ALIVE: str(int(time.time()))})
        except Exception as error:  # noqa: BLE001  the run fails by itself if its storage does not come back
            logger.warning("run %s could not give a sign of life (%s)", run_id, type(error).__name__)


def _folder(instance: dg.DagsterInstance) -> Path:
    folder = Path(instance.root_directory) / "holders"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
