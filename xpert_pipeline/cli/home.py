"""The data directory: what the first start creates and later starts need again (keys, dates, logs, DAGSTER_HOME)."""

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

REMEMBERED = "noted.json"
DAY_SECONDS = 86_400


class Home:
    """A data directory; it is created on first use.

    Args:
        path: Its path.

    Raises:
        PreconditionError: The directory cannot be created or written.
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
                "choose another with --data-dir or XPERT_DATA_DIR"
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
        """Downloaded data until it is loaded."""
        return self.path / "spool"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let only one `xpert up` at a time run in this directory.

        Raises:
            PreconditionError: Another one runs.
        """
        with self.claim("up") as claimed:
            if not claimed:
                raise PreconditionError(
                    f"another `xpert up` runs in {self.path}: stop it first, or choose another --data-dir"
                )
            yield

    @contextmanager
    def claim(self, what: str) -> Iterator[bool]:
        """Claim a part of the directory for this process until the block ends; yield whether the claim was free."""
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
        """Return the key that encrypts refresh tokens; the first call creates it, for its owner only."""
        file = self.path / "encryption.key"
        if not file.exists():
            _write_private(file, new_key())
        return file.read_text().strip()

    def start_date(self, today: date) -> date:
        """Return the first day of the partitions: two years before the first start, and the same day from then on."""
        return date.fromisoformat(self._kept("start_date", (today - HISTORY).isoformat()))

    def as_of(self, world: str, chosen: date | None, default: date) -> date:
        """Return a sandbox world's last day. Its first start fixes the day, and only an explicit choice changes it."""
        chosen_day = chosen.isoformat() if chosen else None
        return date.fromisoformat(self._kept(f"as_of:{world}", default.isoformat(), chosen_day))

    def world(self) -> dict[str, Any] | None:
        """Return the options of the sandbox world that was used last."""
        file = self.path / "world.json"
        options: dict[str, Any] | None = json.loads(file.read_text()) if file.exists() else None
        return options

    def keep_world(self, options: dict[str, Any]) -> None:
        """Remember a sandbox world for later commands that do not describe one."""
        _replace(self.path / "world.json", options)

    def remembers(self, subject: str) -> bool:
        """Whether `remember` was called for a subject within the last day."""
        file = self.path / REMEMBERED
        times = json.loads(file.read_text()) if file.exists() else {}
        return time.time() - float(times.get(subject, 0)) < DAY_SECONDS

    def remember(self, *subjects: str) -> None:
        """Remember subjects for a day."""
        file = self.path / REMEMBERED
        times = json.loads(file.read_text()) if file.exists() else {}
        _replace(file, times | dict.fromkeys(subjects, int(time.time())))

    def _kept(self, name: str, default: str, chosen: str | None = None) -> str:
        """The stored value of a name; a new choice, or the default at first, is stored."""
        file = self.path / "state.json"
        state: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        value = chosen or state.get(name, default)
        if state.get(name) != value:
            state[name] = value
            _replace(file, state)
        return value


def data_directory(option: str | None) -> Path:
    """Return `--data-dir`, else XPERT_DATA_DIR, else `.xpert` in the clone (working directory of an installed copy)."""
    if chosen := option or os.environ.get("XPERT_DATA_DIR"):
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
