"""`idle_year`: what counts as flat, and that a copied day is a day later and another seller's."""

from benchmarks.idle_copies import GROWING
from benchmarks.idle_year import DAYS, SEASON, outcome


def sizes(rows):
    return {table: {"rows": rows, "bytes": rows * 1_000} for table in GROWING}


def test_a_database_that_stays_as_large_as_after_a_season_holds():
    found = outcome({1: {30: sizes(10), SEASON: sizes(100), DAYS: sizes(104)}})
    assert found.holds
    assert found.figures["most_growth_of_rows_1"] == 1.04
    assert found.figures[f"loads_rows_1_day_{SEASON}"] == 100
    assert found.figures["total_mb_1"] == round(len(GROWING) * 104 / 1_000, 1)


def test_one_table_that_grows_is_enough_not_to_hold():
    last = sizes(100) | {"loads": {"rows": 240, "bytes": 100_000}}
    found = outcome({1: {SEASON: sizes(100), DAYS: last}})
    assert not found.holds
    assert found.figures["most_growth_of_rows_1"] == 2.4
    assert found.figures["growth_of_bytes_1"] == 1.0


def test_rows_that_appear_in_an_empty_table_are_growth():
    first = sizes(100) | {"report_requests": {"rows": 0, "bytes": 0}}
    last = sizes(100) | {"report_requests": {"rows": 5, "bytes": 0}}
    assert outcome({1: {SEASON: first, DAYS: last}}).figures["most_growth_of_rows_1"] == 2.0
    assert outcome({1: {SEASON: first, DAYS: first}}).holds
