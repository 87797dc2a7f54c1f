"""What a person sees of a first sync: in terminals of 80 and 120 columns, with output piped, and after Ctrl-C."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.sources.order import tables_in_order
from xpert_pipeline_tests.cli.screen import run_on_screen

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
XPERT = str(Path(sys.executable).with_name("xpert"))
NAMES = [table.name for table in TABLES]
SMALL = ("--rate-scale", "0", "--days", "3", "--orders-per-day", "20", "--skus", "30")
LIVE = re.compile(r"^table +state +read +new +changed +time$", re.MULTILINE)
RESULT = re.compile(r"^table +state +new +changed +newest day$", re.MULTILINE)
STATE = re.compile(rf"^(?:{'|'.join(NAMES)}) +(to do|working|waiting|done)", re.MULTILINE)
DONE = re.compile(rf"^(\d+) of {len(NAMES)} tables done", re.MULTILINE)
NEW = re.compile(rf"(?:{'|'.join(NAMES)}) +[a-z_ ]+? +([\d,]+) ")
NOTE = re.compile(r"(?:not loaded|still coming): ([\w, ]+): .")
"""A line below the result, about tables that the next run continues."""
CONTROL_CODES = re.compile(r"\x1b|\r")


def environment():
    skipped = ("AMAZON_", "DATABASE_", "DAGSTER_", "XPERT_", "SP_API", "COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR")
    return {name: value for name, value in os.environ.items() if not name.startswith(skipped)}


def up(home, *more):
    return [XPERT, "up", "--no-ui", "--data-dir", str(home), *more]


def table_under(header, text):
    """The first word of each line below a header, up to an empty line."""
    below = text[header.search(text).end() :].lstrip("\n")
    return [line.split()[0] for line in below.split("\n\n")[0].splitlines()]


@pytest.fixture(scope="module")
def home(new_home):
    return new_home()


@pytest.fixture(scope="module")
def first(home):
    return run_on_screen(up(home, *SMALL), 80, environ=environment())


def test_the_first_sync_is_one_live_line_per_table_in_the_order_of_the_run(first):
    """Progress and log lines were glued together, the spinner stood still, and the summary read "e…"."""
    assert first.exit_code == 0, first.end
    live = [moment for moment in first.moments if LIVE.search(moment)]
    assert live, first.end
    seen = {tuple(table_under(LIVE, moment)[: len(NAMES)]) for moment in live}
    assert tuple(tables_in_order(SOURCES)) in seen
    states = {state for moment in live for state in STATE.findall(moment)}
    assert {"to do", "done"} < states
    assert len({moment.splitlines()[0][0] for moment in live}) > 1, "the spinner turns"
    assert any("predicting how long the first sync takes" in moment for moment in first.moments)


@pytest.fixture(scope="module")
def low(first, home):
    """A second sync, in a terminal with fewer lines than there are tables."""
    return run_on_screen(up(home, *SMALL), 120, height=24, environ=environment())


def test_in_a_low_terminal_the_display_fits_and_says_how_much_is_done(low):
    assert LIVE.search("\n".join(low.moments))
    counted = {int(number) for moment in low.moments for number in DONE.findall(moment)}
    assert len(counted) > 1
    assert max(counted) <= len(NAMES)
    displays = [moment[moment.rindex("Syncing") :].rstrip() for moment in low.moments if LIVE.search(moment)]
    assert max(display.count("\n") for display in displays) < 24


@pytest.mark.parametrize("columns", [80, 120])
def test_the_end_of_a_sync_fits_the_terminal_and_nothing_of_the_display_stays(first, low, columns):
    seen = first if columns == 80 else low
    assert seen.exit_code == 0, seen.end
    assert table_under(RESULT, seen.end)[: len(NAMES)] == NAMES
    assert not LIVE.search(seen.end)
    assert "…" not in seen.end
    words = [line for line in seen.end.splitlines() if line]
    assert max(map(len, words)) <= columns
    assert not any(line.startswith(word) for line in words for word in ("⠋", "Syncing", "Starting"))


def test_the_first_sync_ends_with_what_was_loaded_where_it_is_and_how_to_go_on(first, home):
    end = " ".join(first.end.split())
    said = re.search(r"Loaded ([\d,]+) rows in (\d+) tables\. All of it is invented: .* sandbox", end)
    below = first.end[RESULT.search(first.end).end() :]
    new = [int(NEW.match(line)[1].replace(",", "")) for line in below.splitlines() if NEW.match(line)]
    assert len(new) == len(NAMES)
    assert (int(said[1].replace(",", "")), int(said[2])) == (sum(new), sum(count > 0 for count in new))
    for part in (str(home), "xpert db shell", "xpert up", "xpert db expose", "xpert sellers add MERCHANT_ID", ".env"):
        assert part in end


def test_a_second_sync_says_nothing_of_a_first_one_and_a_pipe_gets_plain_lines(first, home):
    names = ["products", "orders", "order_items", "traffic_daily", "review_topics"]
    selected = ("--select", ",".join(names))
    done = subprocess.run(up(home, *SMALL, *selected), env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not CONTROL_CODES.search(done.stdout + done.stderr)
    assert "invented" not in done.stdout
    assert table_under(RESULT, done.stdout) == names
    lines = [line for line in done.stderr.splitlines() if line]
    steps = [line for line in lines if not NOTE.match(line)]
    assert all(re.match(r"[A-Z0-9]+: \w+: .", line) for line in steps), done.stderr
    assert {line.split(": ")[1] for line in steps} <= set(names)
    assert {name for line in lines if (note := NOTE.match(line)) for name in note[1].split(", ")} <= set(names)


def test_verbose_shows_the_steps_above_the_display_and_every_figure_that_fits(first, home):
    seen = run_on_screen(up(home, "-v", *SMALL, "--select", "products,orders"), 120, environ=environment())
    assert seen.exit_code == 0, seen.end
    assert re.search(r"^[A-Z0-9]+: products: ", seen.end, re.MULTILINE)
    header = next(line for line in seen.end.splitlines() if line.startswith("table"))
    assert {"read", "unchanged", "deleted", "rejected", "calls"} <= set(header.split())


def test_ctrl_c_ends_a_sync_with_one_message_and_no_traceback(new_home):
    """Two processes of Dagster, which capture the output of runs, printed a traceback each."""
    command = up(new_home(), "--days", "3", "--orders-per-day", "20", "--skus", "30")
    seen = run_on_screen(command, 80, environ=environment(), interrupt_at="waiting")
    assert seen.exit_code == 130, seen.end
    assert "Traceback" not in seen.raw
    assert "Interrupted. Everything loaded so far is kept." in seen.end
    assert "\x1b[?25h" in seen.raw, "the cursor is shown again"
