"""A file that is no backup, or a damaged one, is refused with the reason before the database is touched."""

import gzip
import io
import json
import tarfile

import pytest

from xpert_pipeline.cli.db.archive import opened_archive
from xpert_pipeline.cli.errors import PreconditionError

ABOUT = {"made_at": "2026-11-30", "version": "1.0", "sellers": 1, "key_ids": [], "has_key": False, "format": 1}


@pytest.fixture
def archive(tmp_path):
    def write(about, **others):
        file = tmp_path / "some.backup"
        members = {"backup.json": about if isinstance(about, bytes) else json.dumps(about).encode(), **others}
        with tarfile.open(file, "w") as tar:
            for name, content in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return file

    return write


def test_fields_of_a_newer_version_are_no_damage(archive):
    with opened_archive(archive(ABOUT | {"more": 1}, **{"database.dump": b"x"})) as (about, _):
        assert (about.made_at, about.sellers) == ("2026-11-30", 1)
    newer = archive(ABOUT | {"more": 1, "format": 2}, **{"database.dump": b"x"})
    with pytest.raises(PreconditionError, match="made by a newer version"), opened_archive(newer):
        pass


@pytest.mark.parametrize(
    "about", [ABOUT | {"format": None}, ABOUT | {"key_ids": 3}, ABOUT | {"sellers": "<b>"}, None, [1], b"[" * 100_000]
)
def test_a_description_of_another_shape_is_refused(archive, about):
    """A format that was no number ended in a traceback."""
    file = archive(about, **{"database.dump": b"x"})
    with pytest.raises(PreconditionError, match="is not a backup"), opened_archive(file):
        pass


def test_an_archive_without_a_dump_is_refused(archive):
    with pytest.raises(PreconditionError, match="not a backup"), opened_archive(archive(ABOUT)):
        pass


def test_half_of_a_compressed_file_is_refused(archive):
    file = archive(ABOUT, **{"database.dump": b"x"})
    whole = gzip.compress(file.read_bytes())
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PreconditionError, match="is not a backup"), opened_archive(file):
        pass
