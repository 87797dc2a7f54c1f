"""A suite that runs past midnight still knows what day it is, and repeats a test that midnight may have failed."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from xpert_pipeline_tests.midnight import last_midnight, moved_on

EVENING = datetime(2026, 12, 31, 18, 15, tzinfo=UTC)  # 23:45 in India, New Year's Eve


@pytest.mark.parametrize(
    ("noted", "minutes", "right"),
    [
        (date(2026, 12, 31), 10, date(2026, 12, 31)),
        (date(2026, 12, 31), 20, date(2027, 1, 1)),
        (date(2026, 12, 30), 20, date(2026, 12, 31)),
        (date(2020, 5, 1), 20, date(2020, 5, 1)),
    ],
)
def test_a_day_noted_before_midnight_in_india_is_the_next_one_after_it(noted, minutes, right):
    """Tests that had noted their TODAY an hour before asked for a day that was over."""
    assert moved_on(noted, EVENING, EVENING + timedelta(minutes=minutes)) == right


def test_indias_new_day_stays_when_that_of_utc_begins():
    began = datetime(2026, 12, 31, 23, 50, tzinfo=UTC)  # already the new year in India
    assert moved_on(date(2027, 1, 1), began, began + timedelta(minutes=20)) == date(2027, 1, 1)


def test_the_youngest_day_of_all_stores_counts():
    assert last_midnight(EVENING) == datetime(2026, 12, 31, tzinfo=UTC)  # India's is older, and so is Berlin's
    assert last_midnight(EVENING + timedelta(minutes=16)) == datetime(2026, 12, 31, 18, 30, tzinfo=UTC)
    assert last_midnight(datetime(2026, 7, 1, 22, 1, tzinfo=UTC)) == datetime(2026, 7, 1, 22, tzinfo=UTC)


PLUGIN = """
from datetime import UTC, datetime, timedelta
from xpert_pipeline_tests import midnight

seen = iter({midnights})
midnight.SETTLED = timedelta(seconds={seconds})
began = datetime.now(UTC) + timedelta(seconds=1)
midnight.last_midnight = lambda now: began if next(seen) == "B" else began - timedelta(hours=12)

def pytest_configure(config):
    config.pluginmanager.register(midnight.SecondChance())
"""
TWO_DAYS = """
from datetime import date, timedelta
from itertools import count
import pytest

times = count(1)

@pytest.fixture(scope="module")
def world():
    return next(times)

def test_first(world):
    assert world == {first}

def test_second(world):
    assert world == {second}
"""
NOT_YET = """
import time
import pytest

import conftest

def test_the_last_minutes_of_the_day_are_loaded():
    assert conftest.datetime.now(conftest.UTC) - conftest.began >= conftest.midnight.SETTLED
"""


@pytest.mark.parametrize(
    ("midnights", "first", "second", "passed", "failed"),
    [
        ("'AB'", 1, 2, 2, 0),  # midnight comes in the second test, which gets a new world
        ("'BB'", 2, 2, 2, 0),  # midnight comes in the first one
        ("'AA'", 1, 2, 1, 1),  # no midnight: the test has failed
        ("'BB'", 3, 2, 1, 1),  # the new day does not help
    ],
)
def test_a_test_that_fails_is_run_again_in_the_new_day_alone(tmp_path, midnights, first, second, passed, failed):
    """A store that was added after midnight brought rows of the new day, and the test took them for a change."""
    (tmp_path / "conftest.py").write_text(PLUGIN.format(midnights=midnights, seconds=0))
    (tmp_path / "test_days.py").write_text(TWO_DAYS.format(first=first, second=second))
    expect(tmp_path, passed, failed)


@pytest.mark.parametrize(("midnights", "passed", "failed"), [("'B'", 1, 0), ("'A'", 0, 1)])
def test_a_test_that_fails_in_the_first_minutes_of_a_day_is_run_again_when_they_are_over(
    tmp_path, midnights, passed, failed
):
    """Just after midnight, yesterday's last orders cannot be found yet, and five tests took that for a loss."""
    (tmp_path / "conftest.py").write_text(PLUGIN.format(midnights=midnights, seconds=5))
    (tmp_path / "test_minutes.py").write_text(NOT_YET)
    expect(tmp_path, passed, failed)


def expect(folder, passed, failed):
    """Run the tests of a folder, and compare how many of them passed and failed."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "-c",
        "/dev/null",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    words = [f"{failed} failed"] * bool(failed) + [f"{passed} passed"] * bool(passed)
    assert all(word in done.stdout for word in words), done.stdout
    assert done.returncode == int(failed > 0)
