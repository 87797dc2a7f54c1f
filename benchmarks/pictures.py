"""One picture for each benchmark, of the documents that its `--json` printed; reading and saving them is `plot`'s.

A picture takes the documents of its benchmark by what tells them apart ("bound" and "bound_real" are the worlds
"default" and "real"); most benchmarks have one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator

from benchmarks.growth import SMALLEST

INK, GOOD, BAD, PALE = "#1f4e79", "#2e7d32", "#c62828", "#9db7d1"
WAYS = ("pipeline", "dlt", "loop")
DEFAULT = "default"
"""The variant of a document whose file has the benchmark's bare name."""
Figures = Mapping[str, Any]
Document = Mapping[str, Any]
Documents = Mapping[str, Document]


def peers(documents: Documents) -> None:
    """Seconds, calls and refusals of each way in both syncs, and wrong rows; ways that gave up are hatched."""
    figures = _only(documents)["figures"]
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
            labels = [f"{value:,.0f}" for value in values]
            if key == "seconds":
                labels = _given_up(figures, when, bars, labels)
            axes.bar_label(bars, labels, fontsize=8)
            if key == "calls":
                axes.bar(at, [figures[f"{way}_{when}_429s"] for way in WAYS], 0.38, color=BAD)
        axes.set_xticks(range(len(WAYS)), WAYS)
        axes.set_title(title)
    places[0].legend(frameon=False)


def bound(documents: Documents) -> None:
    """For each world a sync with limits beside the two parts of its bound, with their ratio and its goal."""
    _, places = plt.subplots(1, len(documents), figsize=(1.2 + 2.4 * len(documents), 3.6), squeeze=False)
    for axes, (world, document) in zip(places[0], documents.items(), strict=True):
        figures = document["figures"]
        limited, free, buckets = (
            figures[name] for name in ("seconds_with_limits", "seconds_without_limits", "bucket_seconds")
        )
        axes.bar_label(axes.bar(0, limited, 0.6, color=INK), [f"{limited:,.1f}"], label_type="center", color="white")
        axes.bar(1, free, 0.6, color=PALE, label=f"without limits: {free:,.1f}")
        axes.bar(1, buckets, 0.6, bottom=free, color="grey", label=f"buckets: {buckets:,.1f}")
        ratio, (_, goal) = figures["time_vs_bound"], document["goals"]["time_vs_bound"]
        height = goal * (free + buckets)
        axes.plot([-0.35, 1.35], [height, height], color=BAD, linewidth=0.8, label=f"{goal:g} times the bound")
        axes.set_xticks([0, 1], ["with limits", "bound"])
        axes.set_ylim(0, 1.6 * max(limited, height))  # room for the legend
        axes.set_title(f"{world}: {ratio:.3f} (goal ≤ {goal:g})", color=GOOD if ratio <= goal else BAD)
        axes.legend(frameon=False, fontsize=8, loc="upper center")
    places[0][0].set_ylabel("seconds")


def growth(documents: Documents) -> None:
    """Seconds and memory over size, on logarithmic scales; sizes that were fitted are joined, beside a linear slope."""
    figures = _only(documents)["figures"]
    _, places = plt.subplots(1, 2, figsize=(9, 3.6))
    for axes, what, label in zip(places, ("data", "sellers"), ("times the orders", "sellers"), strict=True):
        seconds, memory = (_by_size(figures, rf"{what}_{name}_at_(\d+)") for name in ("seconds", "peak_mb"))
        for sizes, name, kind, mark in ((seconds, "seconds", "time", "o"), (memory, "peak MB", "memory", "s")):
            exponent = figures.get(f"{what}_{kind}_exponent")
            fit = "" if exponent is None else f" ~ size ^ {exponent:.2f}"
            colour = INK if kind == "time" else GOOD
            fitted, apart = _parted(sizes, SMALLEST[what])
            axes.loglog(list(fitted), list(fitted.values()), f"{mark}-", color=colour, label=name + fit)
            axes.loglog(list(apart), list(apart.values()), mark, color=colour, fillstyle="none")
        if len(fitted := _parted(seconds, SMALLEST[what])[0]) > 1:
            linear = [fitted[min(fitted)] * size / min(fitted) for size in fitted]
            axes.loglog(list(fitted), linear, ":", color="grey", label="linear")
        _plain_ticks(axes, list(seconds))
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:,g}")
        low, high = axes.get_ylim()
        axes.set_ylim(low, high * (high / low) ** 0.4)  # room for the legend
        axes.set_xlabel(label)
        axes.legend(frameon=False, fontsize=8, loc="upper left")


def load(documents: Documents) -> None:
    """Speed against the bare statements and peak of memory, by rows of the report."""
    figures = _only(documents)["figures"]
    _, (speed, memory) = plt.subplots(1, 2, figsize=(9, 3.4))
    for way, colour in (("xml", INK), ("flat", GOOD)):
        for moment, line in (("first", "o-"), ("again", "o:")):
            sizes = _by_size(figures, rf"{way}_{moment}_vs_bare_at_(\d+)")
            speed.semilogx(list(sizes), list(sizes.values()), line, color=colour, label=f"{way} {moment}")
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


def orchestration(documents: Documents) -> None:
    """A run and the loading, each as a ratio."""
    document = _only(documents)
    axes = plt.figure(figsize=(6, 1.8)).subplots()
    _beside_goals(axes, document, ("run_vs_empty", "loading_vs_libraries"))


def limiter(documents: Documents) -> None:
    """What many callers got of their plan, and what was refused."""
    document = _only(documents)
    _, (shares, refusals) = plt.subplots(1, 2, figsize=(10, 2.2))
    for axes, name in ((shares, "share_of_plan"), (refusals, "refusals")):
        plans = [f"{name}{plan}" for plan in ("", "_as_published", "_at_burst_1")]
        _beside_goals(axes, document, [name for name in plans if name in document["figures"]])


def forecast(documents: Documents) -> None:
    """WAPE of all methods with the goal, and the bias at each origin of ours and of the best baseline."""
    document = _only(documents)
    figures, (_, goal) = document["figures"], document["goals"]["wape_vs_best"]
    best = figures["best_baseline"]
    names = [name.removeprefix("wape_") for name in figures if name.startswith("wape_")]
    baselines = [name for name in names if name not in ("vs_best", "of_p50")]
    wapes = {"ours": figures["wape"], **{name: figures[f"wape_{name}"] for name in baselines}}
    _, (errors, biases) = plt.subplots(1, 2, figsize=(10, 3.4), width_ratios=(3, 2))
    ordered = sorted(wapes, key=lambda name: -wapes[name])
    colours = [INK if name == "ours" else PALE for name in ordered]
    errors.bar_label(
        errors.barh(ordered, [wapes[name] for name in ordered], 0.6, color=colours), fmt=" %.3f", fontsize=8
    )
    errors.axvline(goal * wapes[best], color=BAD, linewidth=0.8)
    errors.set_title("WAPE of 28-day totals")
    origins = [name.removeprefix("bias_ours_") for name in figures if name.startswith("bias_ours_")]
    for shift, name, colour in ((-0.2, "ours", INK), (0.2, best, PALE)):
        values = [figures[f"bias_{name}_{origin}"] for origin in origins]
        columns = biases.bar([place + shift for place in range(len(origins))], values, 0.38, color=colour, label=name)
        biases.bar_label(columns, fmt="%+.2f", fontsize=8)
    biases.set_xticks(range(len(origins)), origins)
    biases.axhline(0, color="black", linewidth=0.8)
    biases.set_title("bias by origin")
    biases.legend(frameon=False, loc="upper left")


PICTURES: dict[str, Callable[[Documents], None]] = {
    draw.__name__: draw for draw in (peers, bound, growth, load, orchestration, limiter, forecast)
}
"""Benchmark → how its documents are drawn."""


def _beside_goals(axes: Axes, document: Document, names: Sequence[str]) -> None:
    """Draw bars of figures, each with a red mark at its goal."""
    for place, name in enumerate(reversed(names)):
        value, (comparison, goal) = document["figures"][name], document["goals"][name]
        axes.barh(place, value, 0.6, color=INK)
        axes.plot([goal, goal], [place - 0.4, place + 0.4], color=BAD, linewidth=1.5)
        text = f"  {value:.3g} (goal {_SIGNS[comparison]} {goal:g})"
        axes.text(max(value, goal), place, text, va="center", fontsize=8)
    axes.set_yticks(range(len(names)), list(reversed(names)))
    axes.set_xlim(0, 1.6 * max(1, *(max(document["figures"][name], document["goals"][name][1]) for name in names)))


_SIGNS = {"<=": "≤", ">=": "≥", "==": "="}


def _only(documents: Documents) -> Document:
    """The document of a benchmark that is not drawn by variants."""
    return documents.get(DEFAULT) or next(iter(documents.values()))


def _of_way(figures: Figures, way: str, when: str, key: str) -> float:
    if key == "off":
        return float(sum(figures[f"{way}_{when}_{name}"] for name in ("missing", "doubled", "wrong")))
    return float(figures[f"{way}_{when}_{key}"])


def _given_up(figures: Figures, when: str, bars: Sequence[Rectangle], labels: Sequence[str]) -> list[str]:
    """Hatch the bars of ways that gave up, because their seconds are no speed; returns the text above each bar."""
    gave_up = [bool(figures.get(f"{way}_{when}_gave_up")) for way in WAYS]
    for bar, ended in zip(bars, gave_up, strict=True):
        if ended:
            bar.set(facecolor="white", edgecolor=BAD, hatch="////")
    return ["gave\nup" if ended else label for ended, label in zip(gave_up, labels, strict=True)]


def _by_size(figures: Figures, pattern: str) -> dict[int, float]:
    sizes = {int(match[1]): value for name, value in figures.items() if (match := re.fullmatch(pattern, name))}
    return dict(sorted(sizes.items()))


def _parted(sizes: Mapping[int, float], smallest: int) -> tuple[dict[int, float], dict[int, float]]:
    """Sizes from the smallest that was fitted, and those below."""
    fitted = {size: value for size, value in sizes.items() if size >= smallest}
    return fitted, {size: value for size, value in sizes.items() if size < smallest}


def _plain_ticks(axes: Axes, sizes: list[Any]) -> None:
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
