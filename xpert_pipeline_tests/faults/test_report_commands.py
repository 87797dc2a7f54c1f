"""`xpert report`: every question of sql/monitoring is a command, with options instead of placeholders."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from xpert_pipeline.cli.report.group import LOADED_BY_DAY
from xpert_pipeline.cli.report.questions import questions

NAMES = sorted(question.name for question in questions())


@pytest.fixture
def loaded(xpert, amazon):
    """The environment of a seller whose orders were loaded once."""
    environ = amazon()
    assert xpert("sync", "--select", "orders,order_items", **environ).exit_code == 0
    return environ


def test_every_question_answers_for_every_seller_without_an_option(xpert, loaded):
    """The files had placeholders that had to be filled in by hand."""
    for name in NAMES:
        said = xpert("report", name, **loaded)
        assert said.exit_code == 0, said.output
        assert said.stdout.splitlines()[0].endswith("?")
    rows = xpert("--json", "report", "freshness", **loaded).json["rows"]
    assert [row["table_name"] for row in rows] == ["order_items", "orders"]
    assert {row["seller"] for row in rows} == {loaded["AMAZON_SELLER_ID"]}


def test_gaps_are_shown_for_each_table_and_marketplace(xpert, loaded):
    rows = xpert("--json", "report", "gaps", "--days", "60", **loaded).json["rows"]
    by_table = {row["table_name"]: row for row in rows}
    assert set(by_table) <= set(LOADED_BY_DAY)
    assert by_table["economics_daily"]["day_count"] == 60
    assert by_table["orders"]["day_count"] < 60
    only = xpert("--json", "report", "gaps", "--table", "economics_daily", "--days", "3", **loaded).json["rows"]
    assert [(row["table_name"], row["day_count"]) for row in only] == [("economics_daily", 3)]
    assert only[0]["marketplace_id"] == loaded["AMAZON_MARKETPLACE_IDS"]
    today = datetime.now(ZoneInfo("Asia/Kolkata")).date()
    assert only[0]["last_day"] < today.isoformat()


def test_a_table_for_people_has_a_header_and_times_in_utc(xpert, loaded):
    lines = xpert("report", "sync-performance", **loaded).stdout.splitlines()
    assert lines[1].split()[:2] == ["seller", "run_id"]
    assert loaded["AMAZON_SELLER_ID"] in lines[2]


def test_the_days_of_a_first_sync_have_no_gap_without_an_option(xpert, amazon):
    """The default went one day further back than a sync, and a complete first sync was told to have gaps."""
    environ = amazon()
    assert xpert("up", "--no-ui", "--select", "orders,order_items", **environ).exit_code == 0
    rows = xpert("--json", "report", "gaps", "--table", "orders", **environ).json["rows"]
    assert rows == []


def test_what_is_not_there_is_said_so(xpert, loaded):
    assert "nothing" in xpert("report", "rejected-records", **loaded).stdout
    refused = xpert("report", "gaps", "--seller", "A0NOBODY", **loaded)
    assert refused.exit_code == 3
    assert "A0NOBODY is not known" in refused.stderr
    assert xpert("report", "gaps", "--table", "nothing", **loaded).exit_code == 2
    assert xpert("report", "failures", "--days", "999999999", **loaded).exit_code == 2


def test_the_help_of_a_question_is_the_question(xpert):
    said = xpert("report", "gaps", "--help")
    assert "Which days are not complete?" in said.stdout
    assert "%(" not in said.stdout
