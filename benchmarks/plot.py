"""Draws the documents of `benchmarks/results` into `benchmarks/plots`: one picture for each benchmark that has one.

Figures of goals are shown as how much better than the goal they are, so that several fit into one picture.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

HERE = Path(__file__).parent
INK, GOOD, BAD, PALE = "#1f4e79", "#2e7d32", "#c62828", "#9db7d1"
WAYS = ("pipeline", "dlt", "loop")
Figures = Mapping[str, Any]


@click.command()
@click.option("--results", type=click.Path(exists=True, file_okay=False, path_type=Path), default=HERE / "results")
@click.option("--plots", type=click.Path(file_okay=False, path_type=Path), default=HERE / "plots")
def main(results: Path, plots: Path) -> None:
    """Draw every result that is there."""
    mpl.use("agg")
    mpl.rcParams |= {"svg.hashsalt": "benchmarks", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    plots.mkdir(exist_ok=True)
    for path in sorted(results.glob("*.json")):
        document = json.loads(path.read_text())
        draw = DRAWN.get(document["name"])
        if draw:
            print(draw_to(plots / f"{path.stem}.png", draw, document["figures"]))
    print(draw_to(plots / "goals.png", goals_of(results)))


def draw_to(path: Path, draw: Callable[[Figures], None], figures: Figures | None = None) -> Path:
    """Draw and save one picture."""
    draw(figures or {})
    plt.tight_layout()
    plt.savefig(path, dpi=110, metadata={"Software": None})
    plt.close("all")
    return path


def peers(figures: Figures) -> None:
    """Seconds, calls and refusals of each way in both syncs, and the rows that are not right."""
    _, places = plt.subplots(1, 3, figsize=(10, 3.2))
    for axes, (title, key) in zip(
        places,
        (("seconds", "seconds"), ("calls, refused ones in red", "calls"), ("rows not right", "off")),
        strict=True,
    ):
        for shift, when in ((-0.2, "first"), (0.2, "second")):
            values = [_of_way(figures, way, when, key) for way in WAYS]
            at = [place + shift for place in range(len(WAYS))]
            bars = axes.bar(at, values, 0.38, color=INK if when == "first" else PALE, label=f"{when} sync")
            axes.bar_label(bars, [f"{value:,.0f}" for value in values], fontsize=8)
            if key == "calls":
                axes.bar(at, [figures[f"{way}_{when}_429s"] for way in WAYS], 0.38, color=BAD)
        axes.set_xticks(range(len(WAYS)), WAYS)
        axes.set_title(title)
    places[0].legend(frameon=False)


def growth(figures: Figures) -> None:
    """Seconds and memory over size, on logarithmic scales, with a linear slope to compare."""
    _, places = plt.subplots(1, 2, figsize=(9, 3.4))
    for axes, what, label in zip(places, ("data", "sellers"), ("times the orders", "sellers"), strict=True):
        seconds, memory = (_by_size(figures, rf"{what}_{name}_at_(\d+)") for name in ("seconds", "peak_mb"))
        axes.loglog(list(seconds), list(seconds.values()), "o-", color=INK, label="seconds")
        axes.loglog(list(memory), list(memory.values()), "s-", color=GOOD, label="peak MB")
        first = next(iter(seconds.values()))
        axes.loglog(list(seconds), [first * size / min(seconds) for size in seconds], ":", color="grey", label="linear")
        _plain_ticks(axes, list(seconds))
        axes.set_xlabel(label)
        time, space = figures.get(f"{what}_time_exponent"), figures.get(f"{what}_memory_exponent")
        axes.set_title(f"exponent of time {time}, of memory {space}")
        axes.legend(frameon=False)


def load(figures: Figures) -> None:
    """Speed against the bare statements and peak of memory, by rows of the report."""
    _, (speed, memory) = plt.subplots(1, 2, figsize=(9, 3.4))
    for way, colour in (("xml", INK), ("flat", GOOD)):
        for moment, line in (("first", "o-"), ("again", "o:")):
            found = _by_size(figures, rf"{way}_{moment}_vs_bare_at_(\d+)")
            speed.semilogx(list(found), list(found.values()), line, color=colour, label=f"{way} {moment}")
        peaks = _by_size(figures, rf"{way}_peak_mb_at_(\d+)")
        memory.semilogx(list(peaks), list(peaks.values()), "s-", color=colour, label=way)
        _plain_ticks(speed, list(peaks))
        _plain_ticks(memory, list(peaks))
    speed.axhline(1, color="grey", linewidth=0.8)
    speed.set_title("seconds of bare statements / ours")
    memory.axhline(300, color=BAD, linewidth=0.8)
    memory.set_title("peak MB (red: goal)")
    for axes in (speed, memory):
        axes.set_ylim(0, axes.get_ylim()[1] * 1.3)  # room for the legend
        axes.set_xlabel("rows")
        axes.legend(frameon=False, ncols=2, loc="upper center")


def goals_of(results: Path) -> Callable[[Figures], None]:
    """Every figure that has a goal of a ratio: how far it is on the good side of 1."""
    found: dict[str, float] = {}
    for path in sorted(results.glob("*.json")):
        document = json.loads(path.read_text())
        for name, (comparison, bound) in document["goals"].items():
            figure = document["figures"].get(name)
            if bound and figure and comparison != "==":
                found[f"{path.stem}: {name}"] = figure / bound if comparison == ">=" else bound / figure

    def draw(_: Figures) -> None:
        axes = plt.figure(figsize=(8, 0.6 + 0.27 * max(1, len(found)))).subplots()
        names = sorted(found, reverse=True)
        axes.barh(names, [found[name] for name in names], color=[GOOD if found[name] >= 1 else BAD for name in names])
        axes.axvline(1, color="black", linewidth=0.8)
        axes.set_xscale("log", base=2)
        axes.set_xlabel("times as good as the goal")
        _plain_ticks(axes, [0.5, 1, 2, 4])

    return draw


DRAWN: dict[str, Callable[[Figures], None]] = {"peers": peers, "growth": growth, "load": load}


def _of_way(figures: Figures, way: str, when: str, key: str) -> float:
    if key == "off":
        return float(sum(figures[f"{way}_{when}_{name}"] for name in ("missing", "doubled", "wrong")))
    return float(figures[f"{way}_{when}_{key}"])


def _by_size(figures: Figures, pattern: str) -> dict[int, float]:
    found = {int(match[1]): value for name, value in figures.items() if (match := re.fullmatch(pattern, name))}
    return dict(sorted(found.items()))


def _plain_ticks(axes: Axes, sizes: list[Any]) -> None:
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()


if __name__ == "__main__":
    main()
