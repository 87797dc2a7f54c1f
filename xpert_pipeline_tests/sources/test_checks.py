"""Checks speak for every seller, whoever ran last, in sentences; a denied role is named once."""

import dagster as dg
import pytest

from xpert_pipeline.assets.catalog import products
from xpert_pipeline.freshness_sensor import build_freshness_sensor
from xpert_pipeline.postgres.check_results import CheckResult, keep_result, newest_results
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.sources import checks
from xpert_pipeline.sources.roles import ROLE_GRANTED
from xpert_pipeline.sources.seller_results import summary
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
LISTINGS = ["products"]


@pytest.fixture
def three(empty_pipeline, make_sandbox):
    """A pipeline of the listings of three sellers."""
    empty_pipeline.sources = (products.SOURCE,)
    empty_pipeline.serve(make_sandbox(sellers=3))
    return empty_pipeline


def load(pipeline, *sellers):
    """Load today's listings of sellers, with the checks; return the evaluations by name."""
    done = pipeline.run(sellers=sellers, days=[pipeline.today], checks=True)
    assert done.success, done.errors
    entries = pipeline.instance.all_logs(done.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    return {check.check_name: check for check in (entry.asset_check_evaluation for entry in entries)}


def test_a_seller_that_never_loads_fails_the_freshness_although_the_others_are_loaded(three):
    """With three sellers, one of which never loaded, every check passed."""
    first, second, third = three.sellers
    assert not load(three, first)["loaded_lately"].passed
    check = load(three, second)["loaded_lately"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.description == (f"Shop {third} ({third}): Amazon.in never loaded; 2 of 3 sellers without a failure")
    assert load(three, third)["loaded_lately"].passed


def test_a_check_that_raises_fails_its_step_and_the_others_give_their_results(three, monkeypatch):
    def broken(*_):
        raise ValueError("a bug")

    monkeypatch.setattr(checks, "freshness_of", broken)
    done = three.run(sellers=three.sellers[:1], days=[three.today], checks=True)
    assert list(done.errors) == ["products_standard_checks"]
    assert "a bug" in done.error
    entries = three.instance.all_logs(done.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    passed = {entry.asset_check_evaluation.check_name: entry.asset_check_evaluation.passed for entry in entries}
    assert passed == {"key_is_unique": True, "rows_match_ledger": True, ROLE_GRANTED: True}


def test_a_paused_seller_is_not_expected_to_be_fresh(three):
    first, second, third = three.sellers
    for paused in (second, third):
        three.book.set_status(three.book.get(paused).id, "paused", "a holiday")
    check = load(three, first)["loaded_lately"]
    assert check.passed
    assert check.description.startswith("loaded at ")


def test_a_seller_that_must_authorize_again_is_not_fresh_and_the_reason_is_given(three, admin):
    first, second, third = three.sellers
    load(three, first, second, third)
    admin.execute(
        "update loads set finished_at = finished_at - interval '37 hours' where seller_id = %s",
        [three.book.get(third).id],
    )
    three.book.set_status(three.book.get(third).id, "reauth_required", "the token was revoked")
    check = load(three, first)["loaded_lately"]
    assert not check.passed
    assert f"Shop {third} ({third}): Amazon.in not loaded since " in check.description
    assert "(the token was revoked)" in check.description


def test_a_table_whose_readings_are_always_incomplete_is_not_fresh(three, admin):
    first, second, third = three.sellers
    load(three, first, second, third)
    partial = "update loads set window_kind = 'partial' where seller_id = %s"
    admin.execute(partial, [three.book.get(second).id])
    check = load(three, first)["loaded_lately"]
    assert not check.passed
    assert f"Shop {second} ({second}): Amazon.in never loaded" in check.description


def test_what_was_wrong_for_one_seller_stays_wrong_when_another_ran_last(three, admin):
    first, second, _ = three.sellers
    load(three, first)
    lost = "delete from products where seller_id = %s and sku = (select min(sku) from products where seller_id = %s)"
    admin.execute(lost, [three.book.get(first).id] * 2)
    wrong = load(three, first)["rows_match_ledger"]
    assert not wrong.passed
    assert f"Shop {first} ({first}): 1 row differs from the ledger" in wrong.description
    assert "2 sellers not checked yet" in wrong.description
    assert not load(three, second)["rows_match_ledger"].passed


def test_a_denied_role_fails_one_check_that_names_it_until_it_is_granted(empty_pipeline, make_sandbox):
    """Every partition was green, the run was a success, and nothing named the role."""
    pipeline = empty_pipeline
    pipeline.sources = (products.SOURCE,)
    pipeline.serve(make_sandbox(denied_roles=("Product Listing",)))
    checks = load(pipeline, *pipeline.sellers)
    failed = checks[ROLE_GRANTED]
    assert (failed.passed, failed.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert failed.description.startswith("Amazon does not grant the role Product Listing, so products cannot be loaded")
    assert failed.description.count("Product Listing") == 1
    assert checks["loaded_lately"].passed, "the role is named by one check, not by two"
    pipeline.serve(make_sandbox(), onboard=False)
    granted = load(pipeline, *pipeline.sellers)[ROLE_GRANTED]
    assert (granted.passed, granted.description) == (True, "Amazon grants the role Product Listing")


def test_a_run_that_asks_amazon_nothing_leaves_what_is_known_of_the_role(empty_pipeline, make_sandbox):
    pipeline = empty_pipeline
    pipeline.sources = (products.SOURCE,)
    pipeline.serve(make_sandbox(denied_roles=("Product Listing",)))
    load(pipeline, *pipeline.sellers)
    assert pipeline.run(days=pipeline.past_days, checks=True).success, "past listings cannot be asked for"
    (result,) = newest_results(pipeline.pool, "products", ROLE_GRANTED).values()
    assert not result.passed


def test_the_sensor_fails_the_freshness_when_no_run_does_and_says_it_once(three, pipeline_dsn, admin):
    first, second, third = three.sellers
    load(three, first, second, third)
    sensor = build_freshness_sensor([products.SOURCE], is_sandbox=True)

    def tick(cursor):
        resources = {"postgres": PostgresResource(dsn=pipeline_dsn)}
        with dg.build_sensor_context(instance=three.instance, cursor=cursor, resources=resources) as context:
            return sensor.evaluate_tick(context)

    fresh = tick(None)
    assert fresh.asset_events == []
    admin.execute(
        "update loads set finished_at = finished_at - interval '37 hours' where seller_id = %s",
        [three.book.get(second).id],
    )
    stale = tick(fresh.cursor)
    (event,) = stale.asset_events
    assert (event.check_name, event.passed) == ("loaded_lately", False)
    assert f"Shop {second} ({second}): Amazon.in not loaded since " in event.description
    assert tick(stale.cursor).asset_events == []
    assert "products" in stale.skip_message


def test_the_sensor_does_not_wait_for_sellers_of_the_other_kind(three, pipeline_dsn):
    sensor = build_freshness_sensor([products.SOURCE], is_sandbox=False)
    resources = {"postgres": PostgresResource(dsn=pipeline_dsn)}
    with dg.build_sensor_context(instance=three.instance, resources=resources) as context:
        tick = sensor.evaluate_tick(context)
    assert (tick.asset_events, tick.skip_message) == ([], "there is no seller to watch")


def test_many_failures_are_counted_and_the_first_ones_named(sellers, pool):
    listed = [
        sellers.add(f"A{n}", name=f"A{n}", region="eu", marketplace_ids=["A21TJRUUN4KGV"], timezone="Asia/Kolkata")
        for n in range(30)
    ]
    for seller in listed:
        keep_result(pool, seller.id, "orders", "key_is_unique", CheckResult(passed=False, sentence="1 key"))
    newest = newest_results(pool, "orders", "key_is_unique")
    result = summary([(seller, newest[seller.id]) for seller in listed], dg.AssetCheckSeverity.ERROR)
    assert result.description.count("1 key") == 3
    assert "27 more sellers with a failure; 0 of 30 sellers without a failure" in result.description
    lines = result.metadata["sellers"].value.splitlines()
    assert (len(lines), lines[-1]) == (21, "- and 10 more")
