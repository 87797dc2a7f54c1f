"""The files of the data directory: written whole or not at all, and never replaced silently when they are damaged."""

import json
import stat
import subprocess
from contextlib import suppress
from datetime import date

import pytest

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.files import write_whole
from xpert_pipeline.cli.home import Home
from xpert_pipeline.cli.world import fixed_options
from xpert_pipeline.postgres.encryption import new_key, read_key

TODAY = date(2026, 3, 31)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


def test_days_and_key_are_chosen_once(home):
    first = home.as_of("a world", None, TODAY), home.encryption_key()
    later = date(2027, 1, 1)
    assert (home.as_of("a world", None, later), home.encryption_key()) == first
    assert home.as_of("a world", later, TODAY) == later
    read_key(first[1])
    assert stat.S_IMODE((home.path / "encryption.key").stat().st_mode) == 0o600
    assert not list(home.path.glob(".*"))


@pytest.mark.parametrize("text", ["{", "", "[]", "\x00", '{"as_of:a world": 7}', '{"as_of:a world": "soon"}'])
def test_a_damaged_state_is_named_and_kept(home, text):
    """A traceback of the JSON reader was all that a damaged file gave."""
    file = home.path / "state.json"
    file.write_text(text)
    with pytest.raises(
        PreconditionError, match=r"state.json is damaged \(.*delete it.*No loaded row is touched"
    ) as refused:
        home.as_of("a world", None, TODAY)
    assert refused.value.exit_code == 3
    assert file.read_text() == text
    file.unlink()
    assert home.as_of("a world", None, TODAY)


@pytest.mark.parametrize("text", ["{", '{"days": "many"}', '{"colour": 1}', '{"marketplaces": ["NOWHERE"]}', "7"])
def test_a_damaged_world_is_named_and_kept(home, text):
    (home.path / "world.json").write_text(text)
    with pytest.raises(PreconditionError, match=r"world.json is damaged \(.*Delete it, and name the options again"):
        fixed_options(home, None)
    assert (home.path / "world.json").read_text() == text


def test_a_world_that_is_described_anew_does_not_need_the_damaged_file(home):
    (home.path / "world.json").write_text("{")
    assert fixed_options(home, {"days": 3}).days == 3


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe", b"!" * 44])
def test_a_damaged_key_is_named_and_kept(home, content):
    home.encryption_key()
    file = home.path / "encryption.key"
    file.write_bytes(content)
    with pytest.raises(
        PreconditionError, match=r"does not hold a key of 32 bytes.*Restore .*encryption.key from your backup"
    ):
        home.encryption_key()
    assert file.read_bytes() == content


def test_a_lost_or_exchanged_key_is_not_replaced_by_a_new_one(home):
    """A new key was made without a word, and the stored tokens could not be decrypted any more."""
    key = home.encryption_key()
    file = home.path / "encryption.key"
    file.unlink()
    with pytest.raises(PreconditionError, match=r"encryption.key is gone. Restore"):
        home.encryption_key()
    assert not file.exists()
    file.write_text(new_key())
    with pytest.raises(PreconditionError, match="is not the key that was in use here"):
        home.encryption_key()
    file.write_text(key)
    assert home.encryption_key() == key
    file.unlink()
    state = json.loads((home.path / "state.json").read_text())
    del state["encryption_key"]  # as the message says
    (home.path / "state.json").write_text(json.dumps(state))
    assert home.encryption_key() != key


def test_what_was_noted_for_a_day_may_be_damaged(home):
    home.remember("a")
    assert home.remembers("a")
    for text in ("{", "[]", '{"a": "x"}'):
        (home.path / "noted.json").write_text(text)
        assert not home.remembers("a")
    home.remember("b")
    assert home.remembers("b")


def test_a_file_that_cannot_be_read_is_named(home):
    (home.path / "state.json").mkdir()
    with pytest.raises(PreconditionError, match=r"state.json cannot be read \(Is a directory\)"):
        home.as_of("a world", None, TODAY)


@pytest.fixture
def small_disk(tmp_path):
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path)], check=False, capture_output=True
    ).returncode:
        pytest.skip("a small disk needs the right to mount one")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a_full_disk_is_named_and_the_files_stay_as_they_were(small_disk):
    home = Home(small_disk)
    home.as_of("another world", None, TODAY)
    before = (home.path / "state.json").read_text()
    with (home.path / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(b"x" * 4096):
            pass
    with pytest.raises(
        PreconditionError, match=r"state.json cannot be written \(No space left on device\): free space"
    ):
        home.as_of("a world", None, TODAY)
    assert (home.path / "state.json").read_text() == before
    (home.path / "filler").unlink()
    assert home.as_of("a world", None, TODAY) == TODAY


def test_a_directory_in_place_of_a_lock_is_named(home):
    (home.path / "up.lock").mkdir()
    with pytest.raises(PreconditionError, match="up.lock cannot be opened"), home.claim("up"):
        pass


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("world.json", lambda home: home.keep_world({"days": 3})),
        ("noted.json", lambda home: home.remember("a")),
        ("first_day", lambda home: write_whole(home.first_day_file, "2026-03-01\n")),
    ],
)
def test_a_folder_in_place_of_a_file_is_to_be_moved_away(home, name, write):
    """The advice was to free space."""
    (home.path / name).mkdir()
    with pytest.raises(PreconditionError, match=f"{name} cannot be written .*Move the folder away"):
        write(home)
    (home.path / name).rmdir()
    write(home)
    assert (home.path / name).is_file()


def test_a_folder_in_place_of_the_key_is_named_and_nothing_is_lost(home):
    """The advice was to restore a key that had never been there."""
    file = home.path / "encryption.key"
    file.mkdir()
    with pytest.raises(PreconditionError, match=r"is a folder.*Move it away. The next start makes a key$"):
        home.encryption_key()
    file.rmdir()
    key = home.encryption_key()
    file.unlink()
    file.mkdir()
    with pytest.raises(PreconditionError, match=r"is a folder.*Move it away. Restore .* from your backup"):
        home.encryption_key()
    file.rmdir()
    file.write_text(key)
    assert home.encryption_key() == key
