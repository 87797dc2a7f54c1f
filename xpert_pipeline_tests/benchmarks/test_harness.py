"""Medians, goals and the documents of benchmarks, by numbers that are known."""

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
def test_a_goal_holds_up_to_its_bound_and_not_beyond(goal, value, holds):
    assert goal.holds(value) is holds


def test_a_goal_compares_by_a_known_sign():
    with pytest.raises(ValueError, match="not '<'"):
        Goal("<", 1)


def test_a_goal_without_its_figure_is_a_mistake_of_the_benchmark():
    with pytest.raises(ValueError, match="no figures for changed"):
        Outcome("load", {"speed": 0.4}, GOALS)


@pytest.mark.parametrize(("changed", "holds"), [(0, True), (3, False)])
def test_an_outcome_holds_when_every_goal_does(changed, holds):
    assert Outcome("load", {"speed": 0.4, "changed": changed}, GOALS).holds is holds


def test_the_json_document_has_the_promised_shape_and_nothing_beside_it(capsys):
    outcome = Outcome("load", {"speed": 0.25, "changed": 0, "rounds": 3}, GOALS, ["read it so"])
    publish(outcome, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "name": "load",
        "figures": {"speed": 0.25, "changed": 0, "rounds": 3},
        "goals": {"speed": [">=", 0.3], "changed": ["==", 0]},
        "holds": False,
    }


def test_the_table_says_which_goals_are_missed(capsys):
    publish(Outcome("load", {"speed": 0.25, "changed": 0}, GOALS, ["read it so"]), as_json=False)
    name, speed, changed, note = capsys.readouterr().out.splitlines()
    assert name == "load"
    assert speed.split() == ["speed", "0.250", "goal", ">=", "0.3:", "MISSED"]
    assert changed.split() == ["changed", "0", "goal", "==", "0:", "holds"]
    assert note == "  read it so"


def test_ways_take_turns_round_after_round():
    order = []
    found = alternate(3, a=lambda: order.append("a") or len(order), b=lambda: order.append("b") or len(order))
    assert order == ["a", "b"] * 3
    assert found == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_without_a_round_there_is_nothing_to_tell():
    with pytest.raises(ValueError, match="at least one round"):
        alternate(0, a=lambda: 1)


def test_one_slow_round_does_not_move_the_median():
    assert median([{"first": 2.0}, {"first": 90.0}, {"first": 1.0}], "first") == 2.0


def test_ratios_are_shown_to_three_places():
    assert ratio(2, 3) == 0.667


def test_a_workspace_can_be_entered_by_others_and_is_gone_afterwards():
    with workspace() as folder:
        (folder / "file").write_text("x")
        assert folder.stat().st_mode & 0o777 == 0o755
    assert not folder.exists()


def test_the_peak_of_memory_counts_what_was_given_back():
    before = peak_memory()
    block = bytearray(64 * 1024 * 1024)
    block[::4096] = b"x" * len(block[::4096])
    del block
    assert peak_memory() >= before
    assert peak_memory() > 64 * 1024 * 1024
