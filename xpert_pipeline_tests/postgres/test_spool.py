"""The spool: rows in order, readable any number of times, on disk, deleted at the end."""

import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from xpert_pipeline.postgres.spool import CHUNK, RowSpool, SpoolFailed


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
