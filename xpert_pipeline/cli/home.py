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
from xpert_pipeline.cli.files import read_document, write_whole
from xpert_pipeline.postgres.encryption import EncryptionKeyWrong, key_id, new_key, read_key
from xpert_pipeline.settings import read_first_day

REMEMBERED, STATE, WORLD = "noted.json", "state.json", "world.json"
KEY_ID = "encryption_key"
DAY_SECONDS = 86_400
HOME_OF_DAGSTER = "dagster"


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
        return self.path / HOME_OF_DAGSTER

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
        """Claim a part of the directory for this process until the block ends; yield whether the claim was free.

        Raises:
            PreconditionError: The lock file cannot be opened.
        """
        file = self.path / f"{what}.lock"
        try:
            descriptor = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise PreconditionError(
                f"{file} cannot be opened ({error.strerror}): it must be an ordinary file; delete what is there"
            ) from error
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
        """Return the key that encrypts refresh tokens; the first call creates it, for its owner only.

        Raises:
            PreconditionError: The file holds no key, or another one than before, or it is gone.
        """
        file = self.path / "encryption.key"
        advice = f"Restore {file} from your backup: it decrypts the stored refresh tokens. To begin with a new key, "
        advice += f'delete the file and the line "{KEY_ID}" in {self.path / STATE}; then add the sellers again'
        with self._exclusive():
            known = self._state().get(KEY_ID)
            if file.is_dir():
                raise PreconditionError(
                    f"{file} is a folder, not the file with the encryption key. Move it away. "
                    + (advice if known else "The next start makes a key")
                )
            if known and not file.exists():
                raise PreconditionError(f"the encryption key {file} is gone. {advice}")
            if not file.exists():
                write_whole(file, new_key() + "\n", mode=0o600)
            try:
                key = file.read_text(encoding="ascii").strip()
                now = key_id(read_key(key))
            except (EncryptionKeyWrong, UnicodeDecodeError):
                raise PreconditionError(f"{file} does not hold a key of 32 bytes in base64. {advice}") from None
            except OSError as error:
                raise PreconditionError(f"{file} cannot be read ({error.strerror}). {advice}") from error
            if known and known != now:
                raise PreconditionError(f"{file} is not the key that was in use here ({now}, not {known}). {advice}")
            self._keep(KEY_ID, now)
        return key

    @property
    def first_day_file(self) -> Path:
        """The file with the first day of the partitions; see `first_day`."""
        return self.path / "first_day"

    def begin_by(self, day: date) -> None:
        """Let the partitions begin with a day unless they begin earlier; of several commands, the earliest stays."""
        with self._exclusive():
            known = read_first_day(self.first_day_file)
            if known is None or day < known:
                write_whole(self.first_day_file, f"{day.isoformat()}\n")

    def as_of(self, world: str, chosen: date | None, default: date) -> date:
        """Return a sandbox world's last day. Its first start fixes the day, and only an explicit choice changes it."""
        return self._day(f"as_of:{world}", default, chosen)

    def world(self) -> dict[str, Any] | None:
        """Return the options of the sandbox world that was used last.

        Raises:
            PreconditionError: The file is damaged.
        """
        file = self.path / WORLD
        return read_document(file, self._about_world()) if file.exists() else None

    def keep_world(self, options: dict[str, Any]) -> None:
        """Remember a sandbox world for later commands that do not describe one."""
        write_whole(self.path / WORLD, _text(options))

    def damaged_world(self, reason: str) -> PreconditionError:
        """Return the error for options in the kept world that no sandbox accepts."""
        return PreconditionError(f"{self.path / WORLD} is damaged ({reason}). {self._about_world()}")

    def remembers(self, subject: str) -> bool:
        """Whether `remember` was called for a subject within the last day."""
        return time.time() - self._remembered().get(subject, 0.0) < DAY_SECONDS

    def remember(self, *subjects: str) -> None:
        """Remember subjects for a day."""
        with self._exclusive():
            times = self._remembered() | dict.fromkeys(subjects, float(int(time.time())))
            write_whole(self.path / REMEMBERED, _text(times))

    def _remembered(self) -> dict[str, float]:
        """When each subject was remembered. What is damaged is forgotten: the checks are then made again."""
        try:
            times = json.loads((self.path / REMEMBERED).read_text(encoding="utf-8"))
            return {str(subject): float(at) for subject, at in times.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _day(self, name: str, default: date, chosen: date | None = None) -> date:
        """The stored day of a name; a new choice, or the default at first, is stored."""
        with self._exclusive():
            kept = self._state().get(name)
            try:
                day = chosen or (date.fromisoformat(kept) if kept is not None else default)
            except (ValueError, TypeError):
                raise PreconditionError(
                    f"{self.path / STATE} is damaged ({name} is not a day: {kept!r}). {self._about_state()}"
                ) from None
            self._keep(name, day.isoformat())
        return day

    def _keep(self, name: str, value: str) -> None:
        state = self._state()
        if state.get(name) != value:
            write_whole(self.path / STATE, _text(state | {name: value}))

    def _state(self) -> dict[str, Any]:
        file = self.path / STATE
        return read_document(file, self._about_state()) if file.exists() else {}

    def _about_state(self) -> str:
        return (
            "It holds the sandbox's last days and the fingerprint of the encryption "
            "key. Restore it from a backup, or delete it: these are then chosen anew. No loaded row is touched"
        )

    def _about_world(self) -> str:
        return (
            "It holds the options of the sandbox that was used last. Delete it, and name the options again if they "
            "were not the defaults. No loaded row is touched"
        )

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Let one process at a time change the files; the lock ends with its process."""
        descriptor = os.open(self.path / "state.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def data_directory(option: str | None) -> Path:
    """Return `--data-dir`, else XPERT_DATA_DIR, else `.xpert` in the clone (working directory of an installed copy)."""
    if chosen := option or os.environ.get("XPERT_DATA_DIR"):
        return Path(chosen)
    clone = Path(__file__).resolve().parents[2]
    return (clone if (clone / "pyproject.toml").exists() else Path.cwd()) / ".xpert"


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
