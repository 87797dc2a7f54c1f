"""What counts as orchestration, and how the empty run resembles the real one."""

import sys
from datetime import date
from subprocess import run

import dagster as dg
import pytest

from benchmarks.orchestration import LIBRARIES, Stopwatch, empty_definitions, outcome
from xpert_pipeline.definitions import build_definitions
from xpert_pipeline.partitions import build_partitions
from xpert_pipeline.settings import Settings

pytestmark = pytest.mark.long
PRINT_IMPORTED = (
    "import sys, xpert_pipeline.definitions as _; print(' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
)


def test_work_in_bodies_does_not_count_as_orchestration():
    runs = {"real": [{"wall": 5.0, "bodies": 3.0}], "empty": [{"wall": 2.0, "bodies": 0.0}]}
    figures = outcome(runs, {"definitions": [1.5], "libraries": [1.0]}, {"assets": 4}).figures
    assert (figures["run_vs_empty"], figures["run_with_its_work_vs_empty"]) == (1.0, 2.5)
    assert figures["loading_vs_libraries"] == 1.5


def test_dagsters_time_between_two_results_is_not_counted_as_work(monkeypatch):
    clock = iter([0.0, 1.0, 10.0, 12.0, 20.0, 20.5])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    watch = Stopwatch()
    assert list(watch.around(lambda: (yield from "ab"))()) == ["a", "b"]
    assert watch.seconds == 3.5


def test_the_empty_run_has_the_same_assets_checks_and_partitions():
    settings = Settings(start_date=date(2026, 1, 1))
    real = build_definitions(settings, {})
    empty = empty_definitions(build_partitions(settings.start_date, settings.timezone))

    def shape(definitions):
        specs = {
            spec.key: (spec.partitions_def, {dep.asset_key for dep in spec.deps})
            for spec in definitions.resolve_all_asset_specs()
        }
        checks = [spec for check in definitions.asset_checks for spec in check.check_specs]
        return specs, {spec.key: {dep.asset_key for dep in spec.additional_deps} for spec in checks}

    assert shape(empty) == shape(real)
    assert isinstance(empty.resolve_job_def("sync"), dg.JobDefinition)


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_definitions_import_the_libraries_that_they_are_compared_with(library):
    imported = run([sys.executable, "-c", PRINT_IMPORTED], check=True, capture_output=True, text=True).stdout.split()
    assert library.split(".")[0] in imported
    assert "sp_api" not in imported
