"""Partitions begin with the first day that was wanted, move back for an earlier one, and never hide a reported day."""

from datetime import date, timedelta
from types import SimpleNamespace

import dagster as dg
import pytest

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.cli.first_day import begin_for_new_seller, begin_with, first_day_words
from xpert_pipeline.cli.home import Home
from xpert_pipeline.settings import Settings, read_first_day
from xpert_pipeline.wording import day_words

EARLIER, DAY, LATER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 11, 20)


@pytest.fixture
def place(tmp_path):
    """A data directory, with an instance that has seen nothing."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield SimpleNamespace(
            home=Home(tmp_path), settings=Settings(), reported=instance, instance=lambda: Kept(instance)
        )


class Kept:
    """Leaves the instance open at the end of a block."""

    def __init__(self, instance):
        self.instance = instance

    def __enter__(self):
        return self.instance

    def __exit__(self, *_):
        pass


def first_day(place):
    return read_first_day(place.home.first_day_file)


def test_the_first_sync_decides_and_only_an_earlier_day_moves_it(place):
    """After a perfect first sync of 30 days the UI said "701 missing"."""
    for wanted, kept in ((DAY, DAY), (LATER, DAY), (EARLIER, EARLIER), (DAY, EARLIER)):
        begin_with(place, wanted)
        assert first_day(place) == kept


def test_the_earlier_of_two_days_stays_when_two_first_syncs_begin_at_the_same_time(place, monkeypatch):
    """The later sync put its own day in the place of the earlier one, whose days were then in no partition."""

    def looked_up(_instance):
        place.home.begin_by(EARLIER)

    monkeypatch.setattr("xpert_pipeline.cli.first_day._first_reported", looked_up)
    begin_with(place, LATER)
    assert first_day(place) == EARLIER


def test_days_that_an_older_version_reported_stay_visible(place):
    tables = (TABLES[0].name, TABLES[-1].name)
    for table, day in zip(tables, (DAY, EARLIER), strict=True):
        place.reported.report_runless_asset_event(dg.AssetMaterialization(table, partition=f"{day}|A1"))
    begin_with(place, LATER)
    assert first_day(place) == EARLIER


def test_a_damaged_file_is_replaced_by_what_was_reported(place):
    place.home.first_day_file.write_text("2026-1")
    place.reported.report_runless_asset_event(dg.AssetMaterialization(TABLES[0].name, partition=f"{EARLIER}|A1"))
    begin_with(place, DAY)
    assert first_day(place) == EARLIER


def test_a_day_that_the_environment_sets_is_not_changed(place):
    place.settings = Settings(start_date=DAY, earliest=DAY)
    begin_with(place, LATER)
    assert first_day(place) is None


def test_a_new_seller_begins_with_the_usual_days_although_the_first_sync_wanted_fewer(tmp_path):
    """After a first `--days 3`, the daily sync of each new seller loaded three days, without a word."""
    home, settings = Home(tmp_path), Settings()
    today = settings.today()
    usual, few, many = (today - timedelta(days=days) for days in (29, 2, 99))
    assert begin_for_new_seller(home, settings) is None
    assert not home.first_day_file.exists()
    for known, begins in ((few, usual), (usual, usual), (many, many)):
        home.first_day_file.write_text(f"{known}\n")
        told = begin_for_new_seller(home, settings)
        assert told == first_day_words(home, settings)
        assert f"The days of every seller begin with {day_words(begins)}; `xpert sync --from DAY` begins earl" in told
        assert read_first_day(home.first_day_file) == begins


def test_a_fixed_start_is_told_and_stays(tmp_path):
    home, settings = Home(tmp_path), Settings(earliest=DAY, start_date=DAY)
    home.first_day_file.write_text(f"{LATER}\n")
    assert "(XPERT_START_DATE)" in begin_for_new_seller(home, settings)
    assert read_first_day(home.first_day_file) == LATER
