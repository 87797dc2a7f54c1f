"""The spool: rows in order, readable any number of times, on disk, deleted at the end."""

import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from xpert_pipeline.postgres.private_folders import clear_abandoned
from xpert_pipeline.postgres.spool import CHUNK, PREFIX, RowSpool, SpoolFailed, spool_folder


def test_rows_come_back_in_order_any_number_of_times(tmp_path):
    rows = [(number, "₹\x00\ud800", Decimal("1.10"), None, {"a": [1]}) for number in range(2 * CHUNK + 7)]
    with RowSpool(tmp_path) as spool:
        spool.extend(rows)
        assert len(spool) == len(rows)
        assert list(spool) == rows
        assert list(spool) == rows


def test_reading_may_stop_early_and_rows_may_be_added_later(tmp_path):
    with RowSpool(tmp_path) as spool:
        spool.append((date(2026, 1, 1),))
        next(iter(spool))
        spool.extend((datetime(2026, 1, 1, tzinfo=UTC),) for _ in range(3))
        assert len(list(spool)) == 4


def test_an_empty_spool_has_no_rows(tmp_path):
    with RowSpool(tmp_path) as spool:
        assert len(spool) == 0
        assert list(spool) == []


def test_nothing_is_left_on_disk(tmp_path):
    with RowSpool(tmp_path / "new" / "folder") as spool:
        spool.extend((number,) for number in range(3 * CHUNK))
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
        spool.extend(("x" * 100 + str(number),) for number in range(CHUNK))
