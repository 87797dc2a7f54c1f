"""Every kind of result is drawn, and the overview holds each goal that is a ratio."""

import json

from click.testing import CliRunner

from benchmarks.plot import main

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
    "orchestration": {"run_vs_empty": 1.1},
}


def test_every_result_becomes_a_picture(tmp_path):
    results, plots = tmp_path / "results", tmp_path / "plots"
    results.mkdir()
    for name, figures in RESULTS.items():
        goals = {next(iter(figures)): ["<=", 1.2]}
        (results / f"{name}.json").write_text(json.dumps({"name": name, "figures": figures, "goals": goals}))
    done = CliRunner().invoke(main, ["--results", str(results), "--plots", str(plots)], catch_exceptions=False)
    assert done.exit_code == 0
    assert {path.name for path in plots.glob("*.png")} == {"peers.png", "growth.png", "load.png", "goals.png"}
    assert all(path.stat().st_size > 5_000 for path in plots.glob("*.png"))
