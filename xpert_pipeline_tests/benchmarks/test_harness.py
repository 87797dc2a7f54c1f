"""Medians, goals and documents of benchmarks, with known numbers."""

import json

import pytest

from benchmarks.harness import Goal, Outcome, alternate, median, peak_memory, publish, ratio, workspace

GOALS = {"speed": Goal(">=", 0.3), "changed": Goal("==", 0)}


@pytest.mark.parametrize(
    ("goal", "value", "holds"),
    [
        (Goal("<=", 1.05), 1.05, True),
        (Goal("<=", 1.05), 1.051, False),
        (Goal(">=", 0.3), 0.3, True),
        (Goal(">=", 0.3), 0.299, False),
        (Goal("==", 0), 0, True),
        (Goal("==", 0), 1, False),
        (Goal(">=", 0.3), None, False),
        (Goal(">=", 0.3), "fast", False),
    ],
)
def test_a_goal_holds_up_to_its_bound(goal, value, holds):
    assert goal.holds(value) is holds


def test_a_goal_has_a_known_comparison():
    with pytest.raises(ValueError, match="not '<'"):
        Goal("<", 1)


def test_a_goal_without_a_figure_is_rejected():
    with pytest.raises(ValueError, match="no figures for changed"):
        Outcome("load", {"speed": 0.4}, GOALS)


@pytest.mark.parametrize(("changed", "holds"), [(0, True), (3, False)])
def test_an_outcome_holds_when_every_goal_does(changed, holds):
    assert Outcome("load", {"speed": 0.4, "changed": changed}, GOALS).holds is holds


def test_the_json_document_has_the_promised_shape(capsys):
    outcome = Outcome("load", {"speed": 0.25, "changed": 0, "rounds": 3}, GOALS, ["a note"])
    publish(outcome, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "name": "load",
        "figures": {"speed": 0.25, "changed": 0, "rounds": 3},
        "goals": {"speed": [">=", 0.3], "changed": ["==", 0]},
        "holds": False,
    }


def test_the_table_says_which_goals_are_missed(capsys):
    publish(Outcome("load", {"speed": 0.25, "changed": 0}, GOALS, ["a note"]), as_json=False)
    name, speed, changed, note = capsys.readouterr().out.splitlines()
    assert name == "load"
    assert speed.split() == ["speed", "0.250", "goal", ">=", "0.3:", "MISSED"]
    assert changed.split() == ["changed", "0", "goal", "==", "0:", "holds"]
    assert note == "  a note"


def test_ways_alternate_in_every_round():
    order = []
    results = alternate(3, a=lambda: order.append("a") or len(order), b=lambda: order.append("b") or len(order))
    assert order == ["a", "b"] * 3
    assert results == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_zero_rounds_are_rejected():
    with pytest.raises(ValueError, match="at least one round"):
        alternate(0, a=lambda: 1)


def test_one_slow_round_does_not_move_the_median():
    assert median([{"first": 2.0}, {"first": 90.0}, {"first": 1.0}], "first") == 2.0


def test_ratios_have_three_decimals():
    assert ratio(2, 3) == 0.667


def test_a_workspace_is_readable_for_others_and_deleted_at_the_end():
    with workspace() as folder:
        (folder / "file").write_text("x")
        assert folder.stat().st_mode & 0o777 == 0o755
    assert not folder.exists()


def test_the_peak_of_memory_includes_memory_that_was_freed():
    before = peak_memory()
    block = bytearray(64 * 1024 * 1024)
    block[::4096] = b"x" * len(block[::4096])
    del block
    assert peak_memory() >= before
    assert peak_memory() > 64 * 1024 * 1024
