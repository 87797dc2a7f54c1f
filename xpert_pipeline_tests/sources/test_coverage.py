"""Coverage: what Amazon gives of each table, learnt from runs and from one call a day, and each change told once."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.postgres.source_coverage import coverage_of, delete_orphaned_coverage
from xpert_pipeline.sources.weekly_report import WeeklyReport
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.granted import ELSEWHERE, depending_on, needing
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(240)]
NAMES = [table.name for table in TABLES]
ROLES = sorted({role for source in SOURCES for role in source.roles})
KIOSK = ["economics_daily"]
KINDS = {type(source) for source in SOURCES if source.roles}
WEEKLY = [source.step for source in SOURCES if isinstance(source, WeeklyReport)]


@pytest.fixture
def shop(empty_pipeline, make_sandbox):
    empty_pipeline.serve(make_sandbox(days=2, skus=4, orders_per_day=3))
    return empty_pipeline


def deny(pipeline, *roles):
    state = pipeline.sandbox.state
    state.options = replace(state.options, denied_roles=roles)


def coverage(pipeline):
    seller = pipeline.book.get(pipeline.sellers[0])
    return {each.table: each for each in coverage_of(pipeline.pool, seller.id)}


def changes(pipeline):
    """The events about coverage: table, state before, state, and whether a person has to act; in their order."""
    rows = pipeline.rows("fact_stream", "timestamp, data, event_type, requires_action")
    events = sorted((row for row in rows if row["event_type"] == "coverage.changed"), key=lambda row: row["timestamp"])
    return [
        (row["data"]["table"], row["data"]["before"], row["data"]["state"], row["requires_action"]) for row in events
    ]


@pytest.mark.parametrize("role", ROLES)
def test_withholding_a_role_costs_its_own_tables_only_and_granting_it_fills_them(shop, role):
    deny(shop, role)
    done = shop.run()
    assert done.errors == {}
    refused, derived = needing({role}), {source.step for source in SOURCES if source.is_derived}
    later = depending_on(refused)
    known = coverage(shop)
    assert {table for table, each in known.items() if each.state == "not_granted"} - derived == refused
    for table in refused:
        assert known[table].reason.startswith("Amazon does not grant the role "), table
        assert role in known[table].reason
        assert "grant it to the application" in known[table].what_to_do
        assert shop.rows(table) == []
    assert known.keys() == {*NAMES}
    for table in later:
        assert shop.rows(table) or known[table].reason, table
    whole = [table for table in NAMES if table not in refused | later]
    assert [difference for table in whole for difference in shop.differences(table)] == []
    deny(shop)
    if refused:
        assert shop.run(tables=[*refused, *later]).errors == {}
    assert [difference for table in NAMES for difference in shop.differences(table)] == []
    states = {table: each.state for table, each in coverage(shop).items()}
    assert {states[table] for table in ELSEWHERE} <= {"not_available_in_marketplace"}
    assert {states[table] for table in {*NAMES} - ELSEWHERE - depending_on(ELSEWHERE)} <= {"available", "empty"}
    assert {table for table, *_ in changes(shop)} >= refused


def test_a_first_sync_tells_the_coverage_of_every_table_and_a_role_that_is_lost_later_is_a_warning_of_each(shop, admin):
    """Derived tables also waited for today's rows of tables that get a day only when it is over."""
    done = shop.run()
    assert done.errors == {}
    waiting = [text for table, text in done.reasons.items() if f"{table}: not all " in text and f"{shop.today}" in text]
    assert waiting == []
    known = coverage(shop)
    assert set(known) == set(NAMES)
    unavailable = {table for table, each in known.items() if each.state == "not_available_in_marketplace"}
    assert ELSEWHERE <= unavailable <= ELSEWHERE | depending_on(ELSEWHERE)
    for table, each in known.items():
        if table in unavailable:
            continue
        if shop.rows(table):
            assert (each.state, each.reason) == ("available", None), table
        else:  # a report of the last day may not be believed yet: then the reason says what is missing
            assert each.state in ("available", "empty"), table
            assert each.reason, table
    for source in SOURCES:
        for table in source.tables:
            assert known[table.name].source == ("derived" if source.is_derived else ", ".join(source.origins))
            if shop.rows(table.name):
                assert (known[table.name].granted_at is None) == source.is_derived
    assert changes(shop) == []
    _lose_every_role(shop, admin)


def _lose_every_role(shop, admin):
    """Every kind of source tells a role that was granted before and is refused now as lost."""
    asked = {table.name for source in SOURCES if source.roles for table in source.tables} - ELSEWHERE
    admin.execute("update coverage set granted_at = now() where table_name = any(%s)", [[*asked]])
    deny(shop, *ROLES)
    assert shop.run(refetch=True).errors == {}
    weeks = [shop.today - timedelta(days=days) for days in range(28, 14, -1)]  # these two days are in no whole week
    assert shop.run(tables=WEEKLY, days=weeks).states == dict.fromkeys(WEEKLY, "not_granted")
    lost = coverage(shop)
    told = {table for table, each in lost.items() if each.is_lost}
    for table in asked - told:
        assert re.search(r"a run after .* requests it again|it is asked for what products has: ", lost[table].reason), (
            table
        )
    assert {type(source) for source in SOURCES for table in source.tables if table.name in told} == KINDS
    for table in told:
        assert re.match(r"Amazon granted the role [\w ]+ until ", lost[table].reason), table
        assert "grant it to the application" not in lost[table].what_to_do
    assert {change[0] for change in changes(shop) if change[2:] == ("not_granted", True)} >= told


def test_a_role_that_is_lost_and_comes_back_is_two_events_and_a_warning_in_between(shop):
    """A lost role was told as one that was never granted, at every run again."""
    shop.run(tables=KIOSK)
    deny(shop, "Brand Analytics")
    shop.run(tables=KIOSK, refetch=True)
    shop.run(tables=KIOSK, refetch=True)
    lost = coverage(shop)["economics_daily"]
    assert lost.is_lost
    assert lost.reason.startswith("Amazon granted the role Brand Analytics until ")
    assert "grant it to the application" not in lost.what_to_do
    told = shop.one("select sentence from check_results where check_name = 'role_granted'")[0]
    assert lost.reason in told
    assert shop.differences("economics_daily") == [], "what was loaded stays"
    deny(shop)
    shop.run(tables=KIOSK, refetch=True)
    assert changes(shop) == [
        ("economics_daily", "available", "not_granted", True),
        ("economics_daily", "not_granted", "available", False),
    ]


def test_one_odd_refusal_changes_no_coverage(shop):
    shop.run(tables=KIOSK)
    shop.fault("access-denied", operation="createQuery", count=1)
    assert shop.run(tables=KIOSK, refetch=True).errors == {}
    assert shop.struck("access-denied") == 1
    assert (coverage(shop)["economics_daily"].state, changes(shop)) == ("available", [])


def test_a_failure_that_is_no_refusal_leaves_the_coverage_as_it_was(shop):
    shop.run(tables=KIOSK)
    before = coverage(shop)
    shop.fault("500-json", operation="createQuery")
    assert shop.run(tables=KIOSK, refetch=True).errors
    assert coverage(shop) == before


def test_a_source_that_nothing_is_asked_of_is_probed_once_a_day(shop, admin):
    """Days that are complete are not asked for, so a lost role stayed unknown until the next new day."""
    assert shop.run(tables=KIOSK).errors == {}
    asked = shop.calls("getQueries")
    shop.run(tables=KIOSK)
    assert shop.calls("getQueries") == asked, "Amazon answered a moment ago"
    admin.execute("update coverage set checked_at = checked_at - interval '25 hours'")
    shop.run(tables=KIOSK, days=shop.past_days[:1])
    assert shop.calls("getQueries") == asked, "complete days of the past need no call, and no probe"
    shop.run(tables=KIOSK)
    assert shop.calls("getQueries") == asked + 1
    assert datetime.now(UTC) - coverage(shop)["economics_daily"].checked_at < timedelta(minutes=5)
    shop.run(tables=KIOSK)
    assert shop.calls("getQueries") == asked + 1
    deny(shop, "Brand Analytics")
    admin.execute("update coverage set checked_at = checked_at - interval '25 hours'")
    shop.run(tables=KIOSK)
    assert coverage(shop)["economics_daily"].is_lost


def test_an_empty_answer_is_empty_and_says_why(shop):
    shop.fault("not-enrolled-in-fba", count=1)
    shop.run(tables=["fba_inventory"])
    known = coverage(shop)["fba_inventory"]
    assert (known.state, known.what_to_do) == ("empty", None)
    assert known.reason.startswith("the seller is not enrolled in FBA")
    shop.run(tables=["fba_inventory"])
    assert changes(shop) == [("fba_inventory", "empty", "available", False)]


def test_what_amazon_said_of_an_empty_table_stays_known_in_runs_that_ask_for_nothing(shop):
    """After a second sync, "nothing is known yet that it could be asked for" stood in the place of Amazon's answer."""
    for _ in range(2):
        shop.run(tables=["fba_returns"])
        known = coverage(shop)["fba_returns"]
        assert (known.state, known.reason) == ("empty", "CANCELLED: probably no data in its window")
    assert shop.calls("createReport") == 1


def test_a_source_that_the_marketplace_does_not_have_is_told_as_such(empty_pipeline, make_sandbox):
    source = next(source for source in SOURCES if source.step == "economics_daily")
    empty_pipeline.sources = (replace(source, marketplaces=frozenset({GERMANY})),)
    empty_pipeline.serve(make_sandbox(days=2, skus=4, orders_per_day=2))
    empty_pipeline.run()
    known = coverage(empty_pipeline)["economics_daily"]
    assert (known.state, known.reason) == ("not_available_in_marketplace", "Amazon does not offer it on Amazon.in")


def test_past_days_of_a_source_without_history_are_told_until_the_present_was_read(shop):
    shop.run(tables=["fba_inventory"], days=shop.past_days)
    assert coverage(shop)["fba_inventory"].state == "no_history"
    shop.run(tables=["fba_inventory"])
    assert coverage(shop)["fba_inventory"].state == "available"
    shop.run(tables=["fba_inventory"], days=shop.past_days)
    assert coverage(shop)["fba_inventory"].state == "available"


def test_the_page_of_a_table_in_dagster_shows_its_coverage(shop):
    deny(shop, "Brand Analytics")
    done = shop.run(tables=["fba_inventory", *KIOSK])
    told = {}
    for entry in shop.instance.all_logs(done.run_id):
        event = entry.asset_materialization or entry.asset_observation
        if event and "coverage" in event.metadata:
            told[event.asset_key.to_user_string()] = event.metadata["coverage"].value
    assert told["fba_inventory"].startswith("available since ")
    assert "Amazon does not grant the role Brand Analytics; grant it" in told["economics_daily"]


def test_rows_of_tables_and_marketplaces_that_nobody_loads_any_more_are_pruned(shop, pool):
    shop.run(tables=["fba_inventory"])
    seller = shop.book.get(shop.sellers[0])
    assert delete_orphaned_coverage(pool, seller, NAMES, dry_run=False) == 0
    assert delete_orphaned_coverage(pool, replace(seller, marketplace_ids=(GERMANY,)), NAMES, dry_run=True) == 1
    assert set(coverage(shop)) == {"fba_inventory"}
    assert delete_orphaned_coverage(pool, seller, ["products"], dry_run=False) == 1
    assert coverage(shop) == {}
    assert seller.marketplace_ids == (INDIA,)
