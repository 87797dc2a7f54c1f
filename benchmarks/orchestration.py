"""Measures Dagster's cost around the pipeline's work, and the cost of loading the code location beyond its libraries.

A run of the real definitions, with nothing new at Amazon, alternates with a run of empty assets and checks: one asset
per table and the same checks, partitions and instance. The time in bodies of assets and checks is subtracted from both
runs. The rest is orchestration, which depends on the pipeline's metadata, resources and selection.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial, wraps
from inspect import isgeneratorfunction
from typing import Any

import click
import dagster as dg
from dagster._core.definitions.decorators.op_decorator import DecoratedOpFunction

from benchmarks.harness import (
    Figure,
    Goal,
    Outcome,
    alternate,
    clean_environment,
    median,
    publish,
    ratio,
    say,
    workspace,
)
from xpert_pipeline.assets.registry import RECONCILIATIONS, SOURCES
from xpert_pipeline.cli.workplace import Workplace, open_workplace
from xpert_pipeline.definitions import defs
from xpert_pipeline.partitions import build_partitions, range_tags
from xpert_pipeline.sources.checks import asset_check, source_checks
from xpert_pipeline.sources.reconciliation import build_reconciliations
from xpert_pipeline.sources.source import Source
from xpert_pipeline.tables.contract import Table

LIBRARIES = (
    "backoff",
    "cryptography.hazmat.primitives.ciphers.aead",
    "dagster",
    "httpx",
    "psutil",
    "psycopg",
    "psycopg_pool",
    "pydantic",
)
"""The libraries that `xpert_pipeline.definitions` imports (a test compares); python-amazon-sp-api is imported later."""
LOAD_LIBRARIES = f"import {', '.join(LIBRARIES)}"
LOAD_DEFINITIONS = "from xpert_pipeline.definitions import defs; defs().get_repository_def().load_all_definitions()"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
GOALS = {"run_vs_empty": Goal("<=", 1.2), "loading_vs_libraries": Goal("<=", 1.5)}


@dataclass
class Stopwatch:
    """Seconds spent in bodies of assets and checks since the last reset."""

    seconds: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add the time of the block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - start

    def around(self, body: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same function with its time counted, without Dagster's time between two results of a generator."""

        @wraps(body)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.running():
                return body(*args, **kwargs)

        @wraps(body)
        def timed_steps(*args: Any, **kwargs: Any) -> Iterator[Any]:
            steps = body(*args, **kwargs)
            while True:
                with self.running():
                    result = next(steps, None)
                if result is None:
                    return
                yield result

        return timed_steps if isgeneratorfunction(body) else timed


@click.command()
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="Partitions of each run.")
@click.option("--rounds", type=click.IntRange(min=1), default=7, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(days: int, rounds: int, *, as_json: bool) -> None:
    """Measure orchestration against empty assets, and loading against importing."""
    with workspace() as folder:
        clean_environment()
        os.chdir(folder)
        loads = alternate(
            rounds, definitions=partial(_python, LOAD_DEFINITIONS), libraries=partial(_python, LOAD_LIBRARIES)
        )
        world = {"days": days, "orders_per_day": 20, "skus": 50, "rate_scale": 0.0}
        with open_workplace(str(folder / "data"), world=world) as place:
            runs, sizes = _runs(place, days, rounds)
    publish(outcome(runs, loads, sizes), as_json=as_json)


def outcome(
    runs: dict[str, list[dict[str, float]]], loads: dict[str, list[float]], sizes: dict[str, Figure]
) -> Outcome:
    """The figures of alternating runs and loads.

    Args:
        runs: "real" and "empty" → {"wall", "bodies"} of each round, in seconds.
        loads: "definitions" and "libraries" → seconds of each round.
        sizes: Number of assets, checks and partitions of a run.
    """
    outside = [
        {"real": real["wall"] - real["bodies"], "empty": empty["wall"] - empty["bodies"]}
        for real, empty in zip(runs["real"], runs["empty"], strict=True)
    ]
    imports = [
        {"definitions": definitions, "libraries": libraries}
        for definitions, libraries in zip(loads["definitions"], loads["libraries"], strict=True)
    ]
    figures: dict[str, Figure] = {
        "run_vs_empty": ratio(median(outside, "real"), median(outside, "empty")),
        "run_with_its_work_vs_empty": ratio(median(runs["real"], "wall"), median(runs["empty"], "wall")),
        "loading_vs_libraries": ratio(median(imports, "definitions"), median(imports, "libraries")),
        "run_seconds": round(median(runs["real"], "wall"), 2),
        "work_seconds": round(median(runs["real"], "bodies"), 2),
        "empty_run_seconds": round(median(runs["empty"], "wall"), 2),
        "loading_seconds": round(median(imports, "definitions"), 2),
        "libraries_seconds": round(median(imports, "libraries"), 2),
        "rounds": len(outside),
        **sizes,
    }
    notes = (
        "run_vs_empty = (run of the pipeline - seconds in bodies of its assets and checks) / the same of empty ones",
        "loading_vs_libraries = a process that loads the definitions / one that imports their libraries",
        "not measured: the daemon, run workers and the webserver; each run is in this process, as with `xpert sync`",
    )
    return Outcome("orchestration", figures, GOALS, notes)


def empty_definitions(partitions: dg.PartitionsDefinition, sources: Sequence[Source] = SOURCES) -> dg.Definitions:
    """An asset per table and as many checks as the real ones, with the same names and partitions, that do nothing."""
    return dg.Definitions(
        assets=[_empty_asset(source, table, partitions) for source in sources for table in source.tables],
        asset_checks=[
            *(_empty_check(spec) for source in sources for spec in _checks(source)),
            *(_empty_check(spec) for check in _reconciliations(sources) for spec in check.check_specs),
        ],
        executor=dg.in_process_executor,
        jobs=[dg.define_asset_job("sync", selection=dg.AssetSelection.all())],
    )


def _reconciliations(sources: Sequence[Source]) -> list[dg.AssetChecksDefinition]:
    return build_reconciliations(RECONCILIATIONS, (table.name for source in sources for table in source.tables))


def watch(definitions: dg.Definitions, stopwatch: Stopwatch) -> None:
    """Count the time in the bodies of assets and checks."""
    for definition in [*(definitions.assets or ()), *(definitions.asset_checks or ())]:
        op: Any = definition.op  # type: ignore[union-attr]
        op._compute_fn = DecoratedOpFunction(stopwatch.around(op.compute_fn.decorated_fn))  # noqa: SLF001  no public way


def _runs(place: Workplace, days: int, rounds: int) -> tuple[dict[str, list[dict[str, float]]], dict[str, Figure]]:
    (seller,) = place.sellers()
    last = place.settings.today()
    tags = range_tags([last - timedelta(days=back) for back in range(days)], seller.amazon_seller_id)
    stopwatch = Stopwatch()
    real = defs()
    empty = empty_definitions(build_partitions(place.settings.start_date, place.settings.timezone))
    watch(real, stopwatch)
    watch(empty, stopwatch)
    with place.instance() as instance:

        def run(definitions: dg.Definitions) -> dict[str, float]:
            stopwatch.seconds = 0.0
            job = definitions.resolve_job_def("sync")
            done = job.execute_in_process(run_config=QUIET, instance=instance, tags=tags)
            record = instance.get_run_record_by_id(done.run_id)
            assert record is not None
            assert record.start_time is not None
            assert record.end_time is not None
            wall = record.end_time - record.start_time
            say(f"  {wall:.2f} s, {stopwatch.seconds:.2f} s of it in bodies")
            return {"wall": wall, "bodies": stopwatch.seconds}

        say("first sync, not measured")
        run(real)
        run(empty)
        runs = alternate(rounds, real=partial(run, real), empty=partial(run, empty))
    sizes: dict[str, Figure] = {
        "assets": len(list(real.resolve_all_asset_specs())),
        "checks": sum(len(list(each.check_specs)) for each in real.asset_checks or ()),
        "partitions": days,
    }
    return runs, sizes


def _empty_asset(source: Source, table: Table, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    before = source.tables[: source.tables.index(table)]

    @dg.asset(
        key=table.name,
        deps=[*source.after, *(other.name for other in before)],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def nothing() -> None:
        """Does nothing."""

    return nothing


def _checks(source: Source) -> list[dg.AssetCheckSpec]:
    return [spec for check in source_checks(source) for spec in check.check_specs]


def _empty_check(spec: dg.AssetCheckSpec) -> dg.AssetChecksDefinition:
    others = [dep.asset_key.to_user_string() for dep in spec.additional_deps]

    @asset_check(spec.asset_key.to_user_string(), name=spec.name, additional_deps=others)
    def nothing(_context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        """Does nothing."""
        return dg.AssetCheckResult(passed=True)

    return nothing


def _python(statements: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statements], check=True, capture_output=True)
    seconds = time.perf_counter() - start
    say(f"  {seconds:.2f} s: {statements[:60]}")
    return seconds


if __name__ == "__main__":
    main()
