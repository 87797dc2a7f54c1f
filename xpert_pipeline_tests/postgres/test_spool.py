"""The spool: lines of rows in order, readable any number of times, on disk, deleted at the end."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from xpert_pipeline.postgres.private_folders import clear_abandoned
from xpert_pipeline.postgres.spool import BLOCK, PREFIX, RowSpool, SpoolFailed, spool_folder


def text_of(spool):
    return b"".join(spool.blocks())


def test_lines_come_back_in_order_any_number_of_times(tmp_path):
    blocks = [f"{number}\t₹{'x' * number}\n".encode() for number in range(2_000)]
    with RowSpool(tmp_path) as spool:
        for block in blocks:
            spool.write(block, 1)
        assert len(spool) == len(blocks)
        assert len(text_of(spool)) > BLOCK
        assert text_of(spool) == text_of(spool) == b"".join(blocks)


def test_reading_may_stop_early_and_rows_may_be_added_later(tmp_path):
    with RowSpool(tmp_path) as spool:
        spool.write(b"1\n2\n", 2)
        next(spool.blocks())
        spool.write(b"3\n", 1)
        assert (len(spool), text_of(spool)) == (3, b"1\n2\n3\n")


def test_a_cleared_spool_forgets_its_rows(tmp_path):
    with RowSpool(tmp_path) as spool:
        spool.write(b"1\n2\n", 2)
        spool.clear()
        assert (len(spool), text_of(spool)) == (0, b"")
        spool.write(b"3\n", 1)
        assert (len(spool), text_of(spool)) == (1, b"3\n")


def test_an_empty_spool_has_no_rows(tmp_path):
    with RowSpool(tmp_path) as spool:
        assert (len(spool), text_of(spool)) == (0, b"")


def test_nothing_is_left_on_disk(tmp_path):
    with RowSpool(tmp_path / "new" / "folder") as spool:
        spool.write(b"1\n" * 10_000, 10_000)
    assert list((tmp_path / "new" / "folder").iterdir()) == []


def test_a_directory_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SpoolFailed, match=r"cannot be kept in .*file.*set TMPDIR"):
        RowSpool(tmp_path / "file" / "below")


HOLD = """
import pathlib, sys, time
from xpert_pipeline.postgres.spool import spool_folder
with spool_folder(pathlib.Path(sys.argv[1]), "orders") as folder:
    (folder / "page.json").write_text("{}")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stdout.close()


def test_the_folder_of_a_killed_process_is_cleared_and_that_of_a_living_one_is_kept(tmp_path, holder):
    """6 of 25 killed runs left their folders for ever."""
    killed = Path(holder.stdout.readline().strip())
    (tmp_path / "not-ours").mkdir()
    with spool_folder(tmp_path, "orders") as mine:
        clear_abandoned(tmp_path, PREFIX)
        assert {path.name for path in tmp_path.iterdir()} == {killed.name, mine.name, "not-ours"}
        holder.kill()
        holder.wait()
        clear_abandoned(tmp_path, PREFIX)
        assert {path.name for path in tmp_path.iterdir()} == {mine.name, "not-ours"}
    assert {path.name for path in tmp_path.iterdir()} == {"not-ours"}


def test_folders_are_made_while_others_clear(tmp_path):
    done = threading.Event()

    def clear():
        while not done.is_set():
            clear_abandoned(tmp_path, PREFIX)

    threads = [threading.Thread(target=clear) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(200):
            with spool_folder(tmp_path, "orders") as folder:
                (folder / "page").write_text(str(number))
                assert (folder / "page").read_text() == str(number)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert list(tmp_path.iterdir()) == []


def test_a_spool_that_does_not_exist_yet_needs_no_clearing(tmp_path):
    clear_abandoned(tmp_path / "new", PREFIX)
    assert not (tmp_path / "new").exists()


@pytest.fixture
def small_disk(tmp_path):
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=False, capture_output=True
    ).returncode:
        pytest.skip("a small disk needs the right to mount one")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a_full_disk_is_reported_and_nothing_is_loaded(small_disk):
    with RowSpool(small_disk) as spool, pytest.raises(SpoolFailed, match=r"No space left on device. Free space there"):
        spool.write(b"x" * 100_000, 1)
