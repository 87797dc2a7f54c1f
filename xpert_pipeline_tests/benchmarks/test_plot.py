"""Every kind of result is drawn, missing ones are left out, and the overview shows every goal that is not 0."""

import json

import matplotlib as mpl
import pytest
from click.testing import CliRunner
from matplotlib import pyplot as plt

from benchmarks.pictures import PICTURES
from benchmarks.plot import beyond_goals, by_benchmark, main

SIZES = {"data": (1, 2), "sellers": (1, 10)}
RESULTS = {
    "peers": {
        f"{way}_{when}_{name}": 1
        for way in ("pipeline", "dlt", "loop")
        for when in ("first", "second")
        for name in ("seconds", "calls", "429s", "missing", "doubled", "wrong")
    },
    "growth": {
        f"{what}_{name}_at_{size}": float(size)
        for what, sizes in SIZES.items()
        for name in ("seconds", "peak_mb")
        for size in sizes
    },
    "load": {
        f"{way}_{name}_at_{size}": 1.0
        for way in ("xml", "flat")
        for name in ("peak_mb", "first_vs_bare", "again_vs_bare")
        for size in (100, 1000)
    },
    "orchestration": {"run_vs_empty": 1.1, "loading_vs_libraries": 1.6},
    "limiter": {
        "share_of_plan": 0.99,
        "share_of_plan_as_published": 0.98,
        "share_of_plan_at_burst_1": 0.8,
        "refusals": 0,
        "refusals_as_published": 0,
        "refusals_at_burst_1": 2,
    },
    "bound": {
        "time_vs_bound": 0.9,
        "seconds_with_limits": 9.0,
        "seconds_without_limits": 6.0,
        "bucket_seconds": 4.0,
    },
}


def document(name, **figures):
    all_figures = RESULTS[name] | figures
    return {"name": name, "figures": all_figures, "goals": {figure: ["<=", 1.2] for figure in [*all_figures][:6]}}


@pytest.fixture
def axes_of():
    """Draws the documents of a benchmark and returns the axes."""
    mpl.use("agg")

    def draw(name, **documents):
        PICTURES[name](documents or {"default": document(name)})
        return plt.gcf().axes

    yield draw
    plt.close("all")


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize("there", [list(RESULTS), ["load", "bound"], []])
def test_every_result_becomes_a_picture(tmp_path, there):
    results, plots = tmp_path / "results", tmp_path / "plots"
    results.mkdir()
    for name in there:
        (results / f"{name}.json").write_text(json.dumps(document(name)))
    done = CliRunner().invoke(main, ["--results", str(results), "--plots", str(plots)], catch_exceptions=False)
    assert done.exit_code == 0
    assert {path.name for path in plots.glob("*.png")} == {f"{name}.png" for name in [*there, "goals"]}
    assert all(path.stat().st_size > 1_000 for path in plots.glob("*.png"))


def test_several_results_of_one_benchmark_are_variants():
    documents = {stem: document("bound", time_vs_bound=ratio) for stem, ratio in (("bound", 0.6), ("bound_real", 2.4))}
    assert by_benchmark(documents) == {"bound": {"default": documents["bound"], "real": documents["bound_real"]}}
    times = beyond_goals(documents)
    assert (times["bound: time_vs_bound"], times["bound_real: time_vs_bound"]) == (2.0, 0.5)


def test_figures_without_a_positive_value_are_not_among_the_ratios():
    documents = document("bound", time_vs_bound=-0.1, seconds_with_limits=None, bucket_seconds=0)
    assert list(beyond_goals({"bound": documents})) == ["bound: seconds_without_limits"]


def test_each_world_is_drawn_beside_the_parts_of_its_bound(axes_of):
    slow = document("bound", time_vs_bound=1.7, seconds_with_limits=17.0)
    default, real = axes_of("bound", default=document("bound"), real=slow)
    assert [bar.get_height() for bar in real.patches] == [17.0, 6.0, 4.0]
    assert real.patches[2].get_y() == 6.0
    assert default.get_title() == "default: 0.900 (goal ≤ 1.2)"
    assert real.get_title() == "real: 1.700 (goal ≤ 1.2)"
    assert default.title.get_color() != real.title.get_color()
    assert "1.2 times the bound" in legend(real)


def test_growth_shows_the_fitted_exponents(axes_of):
    data, sellers = axes_of("growth", default=document("growth", data_time_exponent=0.5, data_memory_exponent=0.021))
    assert legend(data) == ["seconds ~ size ^ 0.50", "peak MB ~ size ^ 0.02", "linear"]
    assert legend(sellers) == ["seconds", "peak MB"]
    assert (data.get_xscale(), data.get_yscale()) == ("log", "log")


def test_growth_connects_only_sizes_that_are_synced_in_the_same_way(axes_of):
    many = {f"sellers_{name}_at_100": 100.0 for name in ("seconds", "peak_mb")}
    _, sellers = axes_of("growth", default=document("growth", **many))
    seconds, apart, *_, linear = sellers.lines
    assert (list(seconds.get_xdata()), list(apart.get_xdata())) == ([10, 100], [1])
    assert list(linear.get_ydata()) == [10.0, 100.0]


def test_the_seconds_of_a_way_that_gave_up_are_hatched_and_not_shown_as_a_number(axes_of):
    seconds, calls, _ = axes_of("peers", default=document("peers", loop_first_gave_up=1, loop_second_gave_up=0))
    assert [bar.get_hatch() for bar in seconds.patches] == [None, None, "////", None, None, None]
    assert [text.get_text() for text in seconds.texts] == ["1", "1", "gave\nup", "1", "1", "1"]
    assert not any(bar.get_hatch() for bar in calls.patches)


@pytest.mark.parametrize(("name", "panels", "bars"), [("orchestration", 1, 2), ("limiter", 2, 3)])
def test_ratios_are_drawn_beside_their_goals(axes_of, name, panels, bars):
    places = axes_of(name)
    assert len(places) == panels
    for axes in places:
        assert len(axes.patches) == bars
        assert [set(line.get_xdata()) for line in axes.lines] == [{1.2}] * bars
        assert all("(goal ≤ 1.2)" in text.get_text() for text in axes.texts)
