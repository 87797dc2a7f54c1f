"""Draws the documents of `benchmarks/results` into `benchmarks/plots`: one picture per benchmark, and one of all goals.

A file is named after its benchmark and its variant: `bound_real.json`. The picture of all goals shows multiples of the
goals, so that all figures fit into it.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import matplotlib as mpl
from matplotlib import pyplot as plt

from benchmarks.pictures import BAD, DEFAULT, GOOD, PICTURES, Documents

HERE = Path(__file__).parent
FARTHEST = 8.0
"""Longest bars, as multiples of the goal; longer ones would make the others too small."""


@click.command()
@click.option("--results", type=click.Path(exists=True, file_okay=False, path_type=Path), default=HERE / "results")
@click.option("--plots", type=click.Path(file_okay=False, path_type=Path), default=HERE / "plots")
def main(results: Path, plots: Path) -> None:
    """Draw all results."""
    mpl.use("agg")
    mpl.rcParams |= {"svg.hashsalt": "benchmarks", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    plots.mkdir(exist_ok=True)
    documents_by_stem = {path.stem: json.loads(path.read_text()) for path in sorted(results.glob("*.json"))}
    for name, documents in by_benchmark(documents_by_stem).items():
        if draw := PICTURES.get(name):
            print(draw_to(plots / f"{name}.png", draw, documents))
    print(draw_to(plots / "goals.png", goals, documents_by_stem))


def by_benchmark(results: Documents) -> dict[str, dict[str, Any]]:
    """Group documents by benchmark and variant. The variant is the rest of the file's name."""
    kept: dict[str, dict[str, Any]] = {}
    for stem, document in results.items():
        variant = stem.removeprefix(document["name"]).strip("_") or DEFAULT
        kept.setdefault(document["name"], {})[variant] = document
    return kept


def beyond_goals(results: Documents) -> dict[str, float]:
    """Return how many times better than its goal each figure is, by file and name. Goals of 0 are left out."""
    kept: dict[str, float] = {}
    for stem, document in results.items():
        for name, (comparison, bound) in document["goals"].items():
            figure = document["figures"].get(name)
            if bound and comparison != "==" and isinstance(figure, int | float) and figure > 0:
                kept[f"{stem}: {name}"] = figure / bound if comparison == ">=" else bound / figure
    return kept


def goals(results: Documents) -> None:
    """Draw all figures as multiples of their goals."""
    times = beyond_goals(results)
    axes = plt.figure(figsize=(8, 0.6 + 0.27 * max(1, len(times)))).subplots()
    names = sorted(times, reverse=True)
    colours = [GOOD if times[name] >= 1 else BAD for name in names]
    axes.barh(names, [times[name] - 1 for name in names], left=1, color=colours)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log", base=2)
    axes.set_xlabel(f"times as good as the goal (cut off at {FARTHEST:g})")
    axes.set_xlim(max(1 / FARTHEST, min((0.5, *times.values()))), FARTHEST)
    for place, name in enumerate(names):
        axes.text(min(max(1, times[name]), FARTHEST), place, f" {times[name]:.2f}", va="center", fontsize=8)
    ticks = [0.5, 1, 2, 4]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def draw_to(path: Path, draw: Callable[[Documents], None], documents: Documents) -> Path:
    """Draw and save one picture."""
    draw(documents)
    plt.tight_layout()
    plt.savefig(path, dpi=110, metadata={"Software": None})
    plt.close("all")
    return path


if __name__ == "__main__":
    main()
