"""Released migrations never change: the list in sql/migrations and the last tag are compared with the files."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from xpert_pipeline.release import LIST, ReleaseRefused, check_described, checksum, problems, record, released

ROOT = Path(__file__).resolve().parents[1]
MIGRATIONS = ROOT / "sql" / "migrations"


def test_released_migrations_are_all_there_and_unchanged():
    """A database that applied a file refuses to start with an edited one, so an edit breaks every installation."""
    assert problems(MIGRATIONS) == []
    assert len(released(MIGRATIONS)) >= 20
    if shutil.which("sha256sum"):
        done = subprocess.run(["sha256sum", "--check", "--quiet", LIST], cwd=MIGRATIONS, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def test_the_migrations_of_the_last_tag_are_unchanged_and_in_the_list():
    tags = git("tag", "--list", "v[0-9]*", "--sort=version:refname", "--merged", "HEAD")
    if not tags or not tags.split():
        pytest.skip("there is no tag of a release here: not a clone with tags, or nothing was released yet")
    tag = tags.split()[-1]
    names = (git("ls-tree", "--name-only", f"{tag}:sql/migrations") or "").split()
    files = [name for name in names if re.fullmatch(r"\d{4}_\w+\.sql", name)]
    assert files
    known = released(MIGRATIONS)
    for name in files:
        assert (MIGRATIONS / name).read_text() == git("show", f"{tag}:sql/migrations/{name}"), name
        assert name in known, f"{name} was released in {tag}: run `make release`"


@pytest.fixture
def copied(tmp_path):
    for file in MIGRATIONS.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path


def first(folder):
    return next(iter(released(folder)))


def test_a_changed_and_a_missing_released_file_are_named(copied):
    name = first(copied)
    (copied / name).write_text((copied / name).read_text() + "-- one more word\n")
    (found,) = problems(copied)
    assert found.startswith(f"{name} was released and has changed")
    with pytest.raises(ReleaseRefused, match="has changed"):
        record(copied)
    (copied / name).unlink()
    (found,) = problems(copied)
    assert found.startswith(f"{name} was released and is gone")


def test_an_unreleased_file_may_change_until_it_is_recorded(copied):
    newer = copied / "9998_new.sql"
    newer.write_text("select 1;\n")
    assert problems(copied) == []
    assert "9998_new.sql" in record(copied)
    assert record(copied) == []
    assert released(copied)["9998_new.sql"] == checksum(newer)
    newer.write_text("select 2;\n")
    assert problems(copied) == ["9998_new.sql was released and has changed: restore it from git, and write a new migration for the change"]  # fmt: skip


def test_a_new_file_between_released_ones_is_refused(copied):
    """It would be applied after its successors where these are applied already, and before them elsewhere."""
    (copied / "0002_aside.sql").write_text("select 1;\n")
    (found,) = problems(copied)
    assert "give it the next free number" in found


def test_line_ends_of_another_system_do_not_count(tmp_path):
    unix, windows = tmp_path / "a.sql", tmp_path / "b.sql"
    unix.write_bytes(b"select 1;\nselect 2;\n")
    windows.write_bytes(b"select 1;\r\nselect 2;\r\n")
    assert checksum(unix) == checksum(windows)


def test_a_damaged_list_is_refused(copied):
    (copied / LIST).write_text("0001_foundation.sql\n")
    with pytest.raises(ReleaseRefused, match="restore the file from git"):
        problems(copied)


def test_a_version_without_a_section_in_the_change_log_is_not_released():
    check_described("0.2.0", "# Changelog\n\n## [0.2.0] - 2026-12-01\n")
    with pytest.raises(ReleaseRefused, match="no section"):
        check_described("0.2.0", "# Changelog\n\n## [Unreleased]\n")
