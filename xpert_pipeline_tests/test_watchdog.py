"""The watchdog fails runs whose process was killed; otherwise they would stay STARTED and block their seller."""

import os
import signal
import subprocess
import sys

import dagster as dg
import pytest

from xpert_pipeline.watchdog import HOST, PID, STARTED, fail_dead_runs, mark_process

SLEEPER = """
import sys, time
import dagster as dg
from xpert_pipeline.watchdog import mark_process

@dg.op
def sleep(context):
    mark_process(context.instance, context.run_id)
    print("sleeping", flush=True)
    time.sleep(600)

@dg.job
def sleeper():
    sleep()

with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    sleeper.execute_in_process(instance=instance)
"""


@pytest.fixture
def instance(tmp_path):
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


@pytest.fixture
def killed_run(tmp_path, instance):
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPER, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout.readline() == b"sleeping\n"
    process.stdout.close()
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


def test_a_run_whose_process_was_killed_is_failed(instance, killed_run):
    (run,) = instance.get_runs()
    assert fail_dead_runs(instance) == []
    os.kill(killed_run.pid, signal.SIGKILL)
    killed_run.wait()
    assert fail_dead_runs(instance) == [run.run_id]
    assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE
    assert fail_dead_runs(instance) == []


def test_another_process_with_the_same_id_does_not_count_as_the_run(instance, killed_run):
    (run,) = instance.get_runs()
    instance.add_run_tags(run.run_id, {PID: str(os.getpid()), STARTED: "1.00"})
    assert fail_dead_runs(instance) == [run.run_id]


def test_runs_on_other_hosts_are_not_touched(instance, killed_run):
    (run,) = instance.get_runs()
    instance.add_run_tags(run.run_id, {HOST: "elsewhere", PID: "999999999"})
    assert fail_dead_runs(instance) == []


def test_a_run_records_its_process(instance):
    run = instance.create_run_for_job(job())
    mark_process(instance, run.run_id)
    assert instance.get_run_by_id(run.run_id).tags[PID] == str(os.getpid())


def job():
    @dg.op
    def nothing():
        pass

    @dg.job
    def empty():
        nothing()

    return empty
