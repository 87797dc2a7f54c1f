"""Reconciliations: what a difference says, what a real seller is forgiven, and what cannot be compared yet."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.postgres.check_results import CheckResult, keep_result
from xpert_pipeline.sources.declarations import DeclarationError, require_valid
from xpert_pipeline.sources.reconciliation import ANY, Reconciliation, Side, Tolerance, reconcile, result_of
from xpert_pipeline.sources.roles import ROLE_GRANTED
from xpert_pipeline.sources.run import market_of

IN, GB = "A21TJRUUN4KGV", "A1F83G8C2ARO7P"
SHIPPED = Reconciliation(
    name="shipped_equals_billed",
    meaning="What was shipped was billed.",
    left=Side("shipped", "counted"),
    right=Side("billed"),
    complete_by=("shipped", "billed"),
    settled=timedelta(days=10),
    tolerances=(
        Tolerance("amounts are rounded", absolute=Decimal("0.01"), family="rounded"),
        Tolerance("one per cent may be missing", share=Decimal("0.01")),
        Tolerance("storage is billed otherwise", absolute=ANY, family="storage"),
    ),
    pairs="",
)


def pairs(*rows):
    """A statement that returns these pairs for each of the days, with its number of days before the newest as {n}."""
    values = ", ".join(f"({', '.join(row)})" for row in rows)
    return (
        "select d.day, v.* from unnest(%(days)s::date[]) as d (day) cross join (values "
        + values
        + ") as v (key, figure, left_value, right_value, currency, family, reason)"
    )


def pair(left, right, *, key="SKU A-1", figure="units", currency=None, family=None, reason=None):
    texts = [f"'{value}'" if value else "null::text" for value in (key, figure)]
    numbers = ["null::numeric" if value is None else f"{value}::numeric" for value in (left, right)]
    return [*texts, *numbers, *(f"'{value}'" if value else "null::text" for value in (currency, family, reason))]


@pytest.fixture
def today(seller):
    return market_of(seller, IN, ()).today


@pytest.fixture
def load_days(admin, seller, today):
    """Let a table be loaded for days, given as numbers of days ago."""

    def load(table, *ago, marketplace_id=IN):
        for number in ago:
            day = today - timedelta(days=number)
            admin.execute(
                "insert into loads (load_id, seller_id, table_name, marketplace_id, run_id, source, window_kind, window_start, "
                "window_end, started_at, fetched, inserted, updated, unchanged, deleted, rejected) values "
                "(gen_random_uuid(), %s, %s, %s, 'r', 's', 'created', %s::timestamp at time zone 'Asia/Kolkata', "
                "%s::timestamp at time zone 'Asia/Kolkata', now(), 0, 0, 0, 0, 0, 0)",
                [seller.id, table, marketplace_id, day, day + timedelta(days=1)],
            )

    return load


@pytest.fixture
def told(pool, seller, load_days):
    """The result for pairs of two tables of which some days are loaded."""

    def tell(*rows, shipped=(2,), billed=(2,), real=False, days=()):
        load_days("shipped", *shipped)
        load_days("billed", *billed)
        each = replace(SHIPPED, pairs=pairs(*rows))
        who = replace(seller, is_sandbox=not real)
        return result_of(each, reconcile(pool, who, each, days))

    return tell


def test_equal_figures_pass_and_are_counted(told):
    result = told(pair("3", "3.00"), pair(None, None, key="SKU B"), shipped=(2, 3), billed=(3, 2))
    assert result == CheckResult(
        passed=True, sentence="4 figures of 2 days compared in shipped (counted) and billed, all equal"
    )


def test_a_difference_names_day_key_and_both_figures(told, today):
    result = told(pair("1234.5", "1200", figure="product sales", currency="INR"), pair("7", "7"))
    assert not result.passed
    day = today - timedelta(days=2)
    assert result.sentence == (
        "2 figures of 1 day compared in shipped (counted) and billed, 1 differs: "
        f"{day} on Amazon.in, SKU A-1: shipped (counted) has 1,234.50 INR product sales, "
        "billed 1,200.00 INR product sales (34.50 less)"
    )


def test_a_row_that_one_table_lacks_is_a_difference(told):
    result = told(pair(None, "2"), pair("0", None, key="SKU B-2"))
    assert not result.passed
    assert "SKU A-1: shipped (counted) has no units, billed 2 units" in result.sentence
    assert "SKU B-2: shipped (counted) has 0 units, billed no units" in result.sentence


def test_the_first_differences_are_listed_and_the_others_counted(told):
    result = told(*[pair("1", "2", key=f"SKU {n}") for n in range(40)], shipped=(1, 2), billed=(1, 2))
    assert "80 figures of 2 days compared" in result.sentence
    assert "80 differ: " in result.sentence
    assert (result.sentence.count("1 more"), result.sentence.count("and 75 more")) == (5, 1)


def test_a_real_seller_is_forgiven_what_a_reason_explains_and_the_sandbox_is_not(told):
    rows = [
        pair("10.00", "10.01", family="rounded", currency="INR", figure="fee"),
        pair("1000", "991"),
        pair("5", "500", family="storage"),
    ]
    assert told(*rows).sentence.startswith("3 figures of 1 day compared in shipped (counted) and billed, 3 differ: ")
    forgiven = told(*rows, real=True, shipped=(12,), billed=(12,))
    assert forgiven.passed
    assert forgiven.sentence == (
        "3 figures of 1 day compared in shipped (counted) and billed, none differs too much; "
        "1 day younger than 10 days, which Amazon may still change; "
        "1 difference tolerated: amounts are rounded; 1 difference tolerated: one per cent may be missing; "
        "1 difference tolerated: storage is billed otherwise"
    )


@pytest.mark.parametrize(
    "wrong", [pair("10.00", "10.02", family="rounded"), pair("1000", "989"), pair("1", "2", family="another")]
)
def test_more_than_the_tolerance_and_families_without_one_fail_a_real_seller_too(told, wrong):
    assert not told(wrong, real=True, shipped=(12,), billed=(12,)).passed


def test_a_pair_that_cannot_be_compared_is_counted_with_its_reason(told):
    result = told(pair("1", None, reason="it is not settled yet"), pair("2", "2", reason="it is not settled yet"))
    assert result.passed
    assert result.sentence == (
        "1 figure of 1 day compared in shipped (counted) and billed, all equal; "
        "1 figure not comparable: it is not settled yet"
    )


def test_only_days_that_both_tables_have_are_compared_and_the_others_are_said(told, today):
    result = told(pair("1", "1"), shipped=(0, 1, 2, 3, 4), billed=(0, 2, 4))
    assert result.sentence == (
        "2 figures of 2 days compared in shipped (counted) and billed, all equal; "
        f"2 days ({today - timedelta(days=3)} to {today - timedelta(days=1)}) not loaded in billed for Amazon.in"
    )


def test_the_days_of_the_run_are_compared_however_old_they_are(told, today):
    old = today - timedelta(days=400)
    result = told(pair("1", "1"), shipped=(2, 300, 400), billed=(2, 300, 400), days=[old])
    assert result.sentence == "2 figures of 2 days compared in shipped (counted) and billed, all equal"


def test_a_table_that_was_never_loaded_is_said_and_passes(pool, seller, load_days):
    load_days("shipped", 1)
    result = result_of(SHIPPED, reconcile(pool, seller, SHIPPED))
    assert result.passed
    assert result.sentence == (
        "nothing to compare in shipped (counted) and billed; billed is not loaded for Amazon.in yet"
    )


def test_a_denied_role_is_the_reason_why_a_table_is_not_loaded(pool, seller, load_days):
    load_days("shipped", 1)
    denied = CheckResult(passed=False, sentence="Amazon does not grant the role Billing")
    keep_result(pool, seller.id, "billed", ROLE_GRANTED, denied)
    result = result_of(SHIPPED, reconcile(pool, seller, SHIPPED))
    assert result.passed
    assert "billed is not loaded for Amazon.in: Amazon does not grant the role Billing" in result.sentence


def test_each_marketplace_is_compared_for_itself(pool, seller, load_days):
    load_days("shipped", 2)
    load_days("billed", 2)
    each = replace(SHIPPED, pairs=pairs(pair("1", "2")))
    both = replace(seller, marketplace_ids=(IN, GB))
    result = result_of(each, reconcile(pool, both, each))
    assert "on Amazon.in, SKU A-1" in result.sentence
    assert "billed is not loaded for Amazon.co.uk yet" in result.sentence


def test_a_wrong_declaration_says_what_to_change():
    double = replace(SHIPPED, tolerances=SHIPPED.tolerances[:1] * 2)
    with pytest.raises(DeclarationError) as refused:
        require_valid([], [], [double, double], [double, SHIPPED])
    text = str(refused.value)
    assert "the reconciliation shipped_equals_billed reads billed, which no source fills" in text
    assert "shipped_equals_billed is declared twice" in text
    assert "shipped_equals_billed has two tolerances for one family" in text
    assert text.count("is declared, but not listed: add a line to assets/registry.py") == 1
