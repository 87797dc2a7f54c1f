"""What all benchmarks share: medians of alternating rounds, goals, and the table or JSON document at the end.

Figures of time with a goal are ratios of two things that the same run measures, so that a slow or busy machine changes
both.
"""

import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda value, bound: value <= bound,
    ">=": lambda value, bound: value >= bound,
    "==": lambda value, bound: value == bound,
}
Figure = float | int | str | bool | None
Result = TypeVar("Result")


@dataclass(frozen=True)
class Goal:
    """The value that a figure must reach."""

    comparison: str
    bound: float

    def __post_init__(self) -> None:
        if self.comparison not in COMPARISONS:
            raise ValueError(f"a goal compares by one of {', '.join(COMPARISONS)}, not {self.comparison!r}")

    def holds(self, value: Figure) -> bool:
        """Whether a figure reaches the goal; a figure that was not measured does not."""
        return isinstance(value, int | float) and COMPARISONS[self.comparison](value, self.bound)


@dataclass(frozen=True)
class Outcome:
    """The result of a benchmark. Every goal belongs to one of its figures.

    Attributes:
        name: The benchmark.
        figures: Values by name.
        goals: Goals by name of the figure.
        notes: Explanations for readers.
    """

    name: str
    figures: Mapping[str, Figure]
    goals: Mapping[str, Goal]
    notes: Sequence[str] = field(default=())

    def __post_init__(self) -> None:
        if missing := self.goals.keys() - self.figures.keys():
            raise ValueError(f"{self.name}: it has goals but no figures for {', '.join(sorted(missing))}")

    @property
    def holds(self) -> bool:
        """Whether every goal is reached."""
        return all(goal.holds(self.figures[name]) for name, goal in self.goals.items())

    def as_json(self) -> dict[str, Any]:
        """The document that `--json` prints."""
        goals = {name: [goal.comparison, goal.bound] for name, goal in self.goals.items()}
        return {"name": self.name, "figures": dict(self.figures), "goals": goals, "holds": self.holds}

    def as_table(self) -> str:
        """One line per figure, with its goal and whether it is reached."""
        width = max(map(len, self.figures), default=0)
        lines = [self.name]
        for name, value in self.figures.items():
            line = f"  {name:<{width}}  {_shown(value):>12}"
            if goal := self.goals.get(name):
                line += f"  goal {goal.comparison} {goal.bound:g}: {'holds' if goal.holds(value) else 'MISSED'}"
            lines.append(line)
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


def publish(outcome: Outcome, *, as_json: bool) -> None:
    """Print the outcome: one JSON document, or a table."""
    print(json.dumps(outcome.as_json()) if as_json else outcome.as_table())


def say(text: str) -> None:
    """Report the progress of the measurement on stderr."""
    print(text, file=sys.stderr, flush=True)


def alternate(rounds: int, **ways: Callable[[], Result]) -> dict[str, list[Result]]:
    """Run each way once per round, A B A B, so that a machine that slows down slows all of them."""
    if rounds < 1:
        raise ValueError("at least one round is needed")
    results: dict[str, list[Result]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            results[name].append(way())
    return results


def median(results: Sequence[Mapping[str, float]], key: str) -> float:
    """The median of one number over several results."""
    return statistics.median(result[key] for result in results)


def ratio(over: float, under: float) -> float:
    """A quotient, rounded for figures."""
    return round(over / under, 3)


@contextmanager
def workspace() -> Iterator[Path]:
    """A temporary folder for databases and files. Other users may read it: as root, the embedded server is one.

    SIGTERM ends the block as Ctrl-C does, so that everything started in it is stopped.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    folder = Path(tempfile.mkdtemp(prefix="xb-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


CONFIGURATION = ("AMAZON_", "DATABASE_", "DAGSTER_", "SP_API_", "XPERT_", "AWS_", "LWA_")
"""Prefixes of variables that could direct a measurement to a real database or account."""


def clean_environment() -> dict[str, str]:
    """Remove the pipeline's variables from the environment, and return the environment."""
    for name in [name for name in os.environ if name.startswith(CONFIGURATION)]:
        del os.environ[name]
    return dict(os.environ)


def peak_memory() -> int:
    """The largest memory of this process since it started its program, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would include the parent's memory when it forked this process
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024
    import resource  # noqa: PLC0415  not on every system

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _shown(value: Figure) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
