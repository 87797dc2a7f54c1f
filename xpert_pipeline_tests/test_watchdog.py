"""The watchdog ends runs that nobody works on any more; otherwise they would stay unfinished and block their seller.

Runs of the same data directory once stayed STARTED for ever when the machine had another name after a restart, and runs
that were killed before they began stayed NOT_STARTED or STARTING.
"""

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from xpert_pipeline import watchdog
from xpert_pipeline.holders import ALIVE, HOLDER, WAITER, holder_tags, holding, own_lock
from xpert_pipeline.watchdog import end_dead_runs
from xpert_pipeline_tests.empty_job import empty

HOLD = """
import sys, time
import dagster as dg
from xpert_pipeline.holders import holder_tags, own_lock

with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    for run_id in sys.argv[2:]:
        instance.add_run_tags(run_id, holder_tags(instance, run_id))
    print(own_lock(instance), flush=True)
    time.sleep(600)
"""
Status = dg.DagsterRunStatus
ORIGIN = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("tests"), "tests"), "empty")
"""Where the code of a queued run is; Dagster queues none without it."""


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return home


@pytest.fixture
def instance(home):
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


@pytest.fixture
def hold(home):
    """Starts a process that holds runs; gives the process and the name of its lock."""
    started = []

    def start(*run_ids):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(home), *run_ids],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        name = process.stdout.readline().strip()
        assert name
        return process, name

    yield start
    for process in started:
        kill(process)
        process.stdout.close()


def kill(process):
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


def a_run(instance, status, **tags):
    """A run in a state, as Dagster leaves it there."""
    run = instance.create_run_for_job(empty, status=Status.NOT_STARTED, tags=tags, remote_job_origin=ORIGIN)
    event_types = {
        Status.NOT_STARTED: [],
        Status.QUEUED: [DagsterEventType.RUN_ENQUEUED],
        Status.STARTING: [DagsterEventType.RUN_STARTING],
        Status.STARTED: [DagsterEventType.RUN_START],
        Status.CANCELING: [DagsterEventType.RUN_START, DagsterEventType.RUN_CANCELING],
    }
    for event_type in event_types[status]:
        instance.report_dagster_event(DagsterEvent(event_type.value, run.job_name, message=""), run.run_id)
    assert instance.get_run_by_id(run.run_id).status == status
    return run.run_id


def status_of(instance, run_id):
    return instance.get_run_by_id(run_id).status


@pytest.mark.parametrize("status", [Status.NOT_STARTED, Status.STARTING, Status.STARTED, Status.CANCELING])
def test_a_run_ends_when_its_process_was_killed_in_whatever_state_it_is(instance, hold, status):
    run_id = a_run(instance, status)
    process, _ = hold(run_id)
    assert end_dead_runs(instance) == []
    kill(process)
    assert end_dead_runs(instance) == [run_id]
    expected = Status.CANCELED if status == Status.CANCELING else Status.FAILURE
    assert status_of(instance, run_id) == expected
    assert end_dead_runs(instance) == []


def test_a_run_ends_although_the_machine_has_another_name_now(instance, hold, monkeypatch):
    run_id = a_run(instance, Status.STARTED)
    process, _ = hold(run_id)
    kill(process)
    monkeypatch.setattr(platform, "node", lambda: "renamed")
    assert end_dead_runs(instance) == [run_id]


def test_a_moved_data_directory_takes_its_dead_runs_with_it(instance, hold, home, tmp_path):
    run_id = a_run(instance, Status.STARTED)
    process, _ = hold(run_id)
    kill(process)
    shutil.copytree(home, tmp_path / "moved")
    with dg.DagsterInstance.from_config(str(tmp_path / "moved")) as moved:
        assert end_dead_runs(moved) == [run_id]


def test_a_run_of_this_process_is_alive(instance):
    run_id = a_run(instance, Status.STARTED)
    with holding(instance, run_id):
        assert end_dead_runs(instance) == []


def test_a_run_held_elsewhere_lives_as_long_as_it_gives_signs_of_life(instance, monkeypatch):
    """Containers share no data directory: one does not see the locks of another."""
    monkeypatch.setattr(watchdog, "SILENT_SECONDS", -1.0)
    run_id = a_run(instance, Status.STARTED)
    instance.add_run_tags(run_id, {HOLDER: f"{run_id}/{uuid4().hex}", ALIVE: str(int(time.time()) + 60)})
    assert end_dead_runs(instance) == []
    instance.add_run_tags(run_id, {ALIVE: str(int(time.time()) - 60)})
    assert end_dead_runs(instance) == [run_id]


def test_a_holder_renews_its_sign_of_life(instance, monkeypatch):
    monkeypatch.setattr("xpert_pipeline.holders.ALIVE_SECONDS", 0.01)
    run_id = a_run(instance, Status.STARTED)
    with holding(instance, run_id):
        instance.add_run_tags(run_id, {ALIVE: "1"})
        deadline = time.monotonic() + 60
        while instance.get_run_by_id(run_id).tags[ALIVE] == "1":
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize("status", [Status.NOT_STARTED, Status.STARTING, Status.STARTED, Status.CANCELING])
def test_a_run_that_no_process_has_taken_is_given_time_and_then_ended(instance, status, monkeypatch):
    run_id = a_run(instance, status)
    assert end_dead_runs(instance) == []
    monkeypatch.setattr(watchdog, "SILENT_SECONDS", -1.0)
    assert end_dead_runs(instance) == [run_id]


def test_a_queued_run_waits_however_long(instance, monkeypatch):
    monkeypatch.setattr(watchdog, "SILENT_SECONDS", -1.0)
    run_id = a_run(instance, Status.QUEUED)
    instance.add_run_tags(run_id, {HOLDER: f"{run_id}/{uuid4().hex}"})
    assert end_dead_runs(instance) == []


def test_a_queued_run_is_cancelled_when_the_command_that_waits_for_it_was_killed(instance, hold):
    process, name = hold()
    run_id = a_run(instance, Status.QUEUED, **{WAITER: name})
    assert end_dead_runs(instance) == []
    kill(process)
    assert end_dead_runs(instance) == [run_id]
    assert status_of(instance, run_id) == Status.CANCELED


def test_a_repeated_run_is_not_taken_for_the_dead_one_whose_tags_it_inherits(instance, hold):
    dead = a_run(instance, Status.STARTED)
    process, _ = hold(dead)
    kill(process)
    again = a_run(instance, Status.STARTING, **{HOLDER: instance.get_run_by_id(dead).tags[HOLDER]})
    assert end_dead_runs(instance) == [dead]
    assert status_of(instance, again) == Status.STARTING


def test_lock_files_of_processes_that_ended_are_deleted_and_others_are_kept(instance, hold, home):
    process, name = hold()
    mine = own_lock(instance)
    end_dead_runs(instance)
    assert {file.name for file in (home / "holders").iterdir()} == {name, mine}
    kill(process)
    end_dead_runs(instance)
    assert {file.name for file in (home / "holders").iterdir()} == {mine}


def test_the_tags_of_the_watchdog_are_not_shown(instance):
    assert all(name.startswith(".dagster/") for name in (HOLDER, WAITER, ALIVE))
    assert holder_tags(instance, "a-run")[HOLDER] == f"a-run/{own_lock(instance)}"
    assert own_lock(instance) != str(os.getpid())
