"""Records the migrations of a release in `sql/migrations/released.sha256`, so that they never change afterwards.

Run `make release` before tagging a version. A database that applied a migration refuses an edited one, so a released
file can neither change nor vanish. A test compares the list, and the last tag, with the files. `sha256sum --check` can
read the list, too.
"""

import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = "released.sha256"
LINE = re.compile(r"^([0-9a-f]{64})  ([0-9]{4}_[a-z0-9_]+\.sql)$")


class ReleaseRefused(Exception):
    """A released migration was changed, or the version is not described; the message says what to do."""


def checksum(file: Path) -> str:
    """Return the checksum of a file, whatever line ends git has given it."""
    return hashlib.sha256(file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def released(directory: Path) -> dict[str, str]:
    """Return the checksums of the released migrations by file name.

    Raises:
        ReleaseRefused: A line of the list is not a checksum and a name.
    """
    lines = (directory / LIST).read_text(encoding="utf-8").splitlines()
    found = [LINE.match(line) for line in lines]
    if None in found:
        raise ReleaseRefused(f"{LIST}: a line is not a checksum and the name of a migration: restore the file from git")
    return {match[2]: match[1] for match in found if match}


def problems(directory: Path) -> list[str]:
    """Return what is wrong with the released migrations; empty if nothing is."""
    known = released(directory)
    files = {file.name: file for file in sorted(directory.glob("[0-9][0-9][0-9][0-9]_*.sql"))}
    gone = [f"{name} was released and is gone: restore it from git" for name in known if name not in files]
    changed = [
        f"{name} was released and has changed: restore it from git, and write a new migration for the change"
        for name, value in known.items()
        if name in files and checksum(files[name]) != value
    ]
    newest = max(known, default="")
    late = [
        f"{name} comes before {newest}, which was released: give it the next free number"
        for name in files
        if name not in known and name < newest
    ]
    return [*gone, *changed, *late]


def record(directory: Path) -> list[str]:
    """Add all files to the list; return the names of those that are new in it.

    Raises:
        ReleaseRefused: A released file has changed or is gone.
    """
    if found := problems(directory):
        raise ReleaseRefused("; ".join(found))
    known = released(directory)
    files = sorted(directory.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    text = "".join(f"{checksum(file)}  {file.name}\n" for file in files)
    (directory / LIST).write_text(text, encoding="utf-8")
    return [file.name for file in files if file.name not in known]


def check_described(version: str, changelog: str) -> None:
    """Check that the change log has a section for a version.

    Raises:
        ReleaseRefused: It has none.
    """
    if f"\n## [{version}]" not in changelog:
        raise ReleaseRefused(
            f"CHANGELOG.md has no section [{version}]: rename [Unreleased], and begin a new one above it"
        )


def main() -> int:
    """Record the migrations of the version in pyproject.toml, and say how to tag it."""
    version = re.search(r'^version = "([^"]+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    try:
        check_described(version[1], (ROOT / "CHANGELOG.md").read_text())
        added = record(ROOT / "sql" / "migrations")
    except ReleaseRefused as error:
        sys.stderr.write(f"{error}\n")
        return 3
    names = ", ".join(added) or "no new migration"
    sys.stdout.write(f"{names}\nCommit sql/migrations/{LIST}, then: git tag --annotate v{version[1]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
