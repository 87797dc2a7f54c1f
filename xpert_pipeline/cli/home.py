"""The data directory: what a first start fixes and later starts must find again (keys, dates, logs, DAGSTER_HOME)."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.postgres.encryption import new_key
from xpert_pipeline.settings import HISTORY


class Home:
    """A data directory, made on first use.

    Args:
        path: Where it lies.

    Raises:
        PreconditionError: If the path cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        try:
            for folder in (self.path, self.dagster, self.logs, self.spool):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".writable-{os.getpid()}"
            probe.write_text("")
            probe.unlink()
        except OSError as error:
            raise PreconditionError(
                f"the data directory {self.path} cannot be written ({error.strerror}): "
                "give another with --data-dir or XPERT_DATA_DIR"
            ) from error

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.path / "dagster"

    @property
    def logs(self) -> Path:
        """Log files of the processes that the CLI starts."""
        return self.path / "logs"

    @property
    def spool(self) -> Path:
        """Fetched data that waits for its transaction."""
        return self.path / "spool"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one `xpert up` at a time work in this directory.

        Raises:
            PreconditionError: If another does.
        """
        with self.claim("up") as mine:
            if not mine:
                raise PreconditionError(
                    f"another `xpert up` works in {self.path}: end it first, or give this one another --data-dir"
                )
            yield

    @contextmanager
    def claim(self, what: str) -> Iterator[bool]:
        """Whether this process alone has a thing of the directory, until the block is left."""
        descriptor = os.open(self.path / f"{what}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)

    def encryption_key(self) -> str:
        """The key for sellers' tokens, generated at first start, readable by its owner alone."""
        file = self.path / "encryption.key"
        if not file.exists():
            _write_private(file, new_key())
        return file.read_text().strip()

    def start_date(self, today: date) -> date:
        """First day of the partitions: two years before the first start, then kept."""
        return date.fromisoformat(self._kept("start_date", (today - HISTORY).isoformat()))

    def as_of(self, world: str, chosen: date | None, default: date) -> date:
        """A sandbox world's last day: fixed at its first start; only an explicit choice moves it."""
        wanted = chosen.isoformat() if chosen else None
        return date.fromisoformat(self._kept(f"as_of:{world}", default.isoformat(), wanted))

    def world(self) -> dict[str, Any] | None:
        """Options of the sandbox world served last."""
        file = self.path / "world.json"
        found: dict[str, Any] | None = json.loads(file.read_text()) if file.exists() else None
        return found

    def keep_world(self, options: dict[str, Any]) -> None:
        """Remember a sandbox world for commands that do not name one."""
        _replace(self.path / "world.json", options)

    def lately(self, subject: str) -> bool:
        """Whether a subject was noted within the last day."""
        file = self.path / "noted.json"
        noted = json.loads(file.read_text()) if file.exists() else {}
        return time.time() - float(noted.get(subject, 0)) < 86_400

    def note(self, *subjects: str) -> None:
        """Note subjects with the present time."""
        file = self.path / "noted.json"
        noted = json.loads(file.read_text()) if file.exists() else {}
        _replace(file, noted | dict.fromkeys(subjects, int(time.time())))

    def _kept(self, name: str, default: str, chosen: str | None = None) -> str:
        file = self.path / "state.json"
        state: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        value = chosen or state.get(name, default)
        if state.get(name) != value:
            state[name] = value
            _replace(file, state)
        return value


def data_directory(given: str | None) -> Path:
    """`--data-dir`, else XPERT_DATA_DIR, else `.xpert` in the clone (or the working directory of an installed copy)."""
    if chosen := given or os.environ.get("XPERT_DATA_DIR"):
        return Path(chosen)
    clone = Path(__file__).resolve().parents[2]
    return (clone if (clone / "pyproject.toml").exists() else Path.cwd()) / ".xpert"


def _write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text + "\n")


def _replace(file: Path, content: dict[str, Any]) -> None:
    scratch = file.with_suffix(".tmp")
    scratch.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
    scratch.replace(file)
