"""Files of events: the one that is shipped, and wrong ones, which are refused by line."""

from datetime import date

import pytest

from xpert_pipeline.retail_events import SHIPPED, EventsFileWrong, RetailEvent, read_events
from xpert_pipeline.settings import Settings, SettingsError

HEADER = "marketplace,event,day,days_before,days_after\n"
INDIA, GERMANY = "A21TJRUUN4KGV", "A1PA6795UKMFR9"
WRONG = {
    "": "the first line must name the columns",
    "marketplace,event,day\n": "days_before, days_after is missing",
    f"{HEADER}IN,Diwali,2026-13-08,1,0\n": "line 2",
    f"{HEADER}IN,Diwali,2026-11-08,many,0\n": "line 2",
    f"{HEADER}IN,Diwali,2026-11-08,0,0\nXX,Feast,2026-11-08,0,0\n": "line 3",
    f"{HEADER}IN,,2026-11-08,1,0\n": "line 2: an event has a name",
    f"{HEADER}IN,Diwali,2026-11-08,61,0\n": "0 to 60 days",
    f"{HEADER}IN,Sale,2026-01-08,1,0\nIN,Sale,2026-09-08,1,0\n": "Sale is there twice in 2026",
}


def test_the_shipped_file_has_every_festival_of_every_year_in_india():
    events = read_events(SHIPPED)
    assert {event.marketplace_id for event in events} == {INDIA}
    days = {(event.event, event.last_date.year): event.last_date for event in events}
    names = {name for name, _ in days}
    assert len(names) == 8
    assert set(days) == {(name, year) for name in names for year in range(2022, 2028)}
    assert days["Diwali", 2026] == date(2026, 11, 8)
    assert {days[name, 2026] for name in ("Republic Day", "Independence Day", "Christmas")} == {
        date(2026, 1, 26), date(2026, 8, 15), date(2026, 12, 25),
    }  # fmt: skip
    for year in range(2022, 2028):
        assert 18 <= (days["Diwali", year] - days["Dussehra", year]).days <= 20, "twenty days after Dussehra"


def test_a_file_of_ones_own_replaces_the_shipped_one(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(f"\N{ZERO WIDTH NO-BREAK SPACE}{HEADER}DE,Black Friday,2026-11-27,4,3\n\n", encoding="utf-8")
    event = RetailEvent(GERMANY, "Black Friday", date(2026, 11, 23), date(2026, 11, 30))
    assert read_events(path) == (event,)
    assert '"Black Friday"' in Settings.from_env({"XPERT_EVENTS_FILE": str(path)}).parameters["events"]


@pytest.mark.parametrize(("text", "told"), WRONG.items())
def test_a_wrong_file_is_refused_with_the_line_to_correct(tmp_path, text, told):
    path = tmp_path / "events.csv"
    path.write_text(text)
    with pytest.raises(EventsFileWrong) as wrong:
        read_events(path)
    assert told in str(wrong.value)
    with pytest.raises(SettingsError, match="XPERT_EVENTS_FILE"):
        Settings.from_env({"XPERT_EVENTS_FILE": str(path)})


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="XPERT_EVENTS_FILE.*cannot be read"):
        Settings.from_env({"XPERT_EVENTS_FILE": str(tmp_path / "none.csv")})


def test_a_relative_path_is_refused_because_processes_start_in_different_folders(tmp_path, monkeypatch):
    """`xpert sync` and Dagster's daemon could read different files, and compute the table in turns."""
    (tmp_path / "events.csv").write_text("marketplace,event,day,days_before,days_after\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="XPERT_EVENTS_FILE=events.csv .* give the whole path"):
        Settings.from_env({"XPERT_EVENTS_FILE": "events.csv"})
