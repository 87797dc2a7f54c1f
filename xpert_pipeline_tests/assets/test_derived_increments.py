"""A run that computes only changed days leaves every derived table as if all of its days had been computed."""

import random
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.partitions import local_today
from xpert_pipeline.postgres.computed import Computation
from xpert_pipeline.postgres.derive import derive
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.product_costs import Cost, import_costs, read_costs, remove_costs
from xpert_pipeline.postgres.sql_files import more_days, transform
from xpert_pipeline.sources.order import in_order_of_work
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline_tests.assets.recomputed.everything import assert_recomputed
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = pytest.mark.filterwarnings(DAGSTERS_OWN)
DERIVED = [
    source
    for source in in_order_of_work(SOURCES)
    if source.is_derived and source.table.day and not source.keeps_history
]
WHOLE = [
    source
    for source in in_order_of_work(SOURCES)
    if source.is_derived and not source.table.day and not source.keeps_history
]
"""Tables without a day. Those that Python computes are computed if SQL finds anything new for them."""
STEADY = {"reviews_ratings", "seasonal_patterns", "shipments_inbound"}
"""Tables that these changes do not reach: a month is too short for seasons, and tables without days are not changed."""
TOGETHER = {table.name for source in SOURCES if len(source.tables) > 1 for table in source.tables}
"""Tables whose rows share their day with rows of another table, so that one alone never moves."""
WATCHED = """
select tgrelid::regclass::text, (string_to_array(encode(tgargs, 'escape'), '\\000'))[1]
from pg_trigger where tgname = 'mark_dirty_insert' and cardinality(string_to_array(encode(tgargs, 'escape'), '\\000')) > 2
order by 1
"""
NUMBERS = """
select column_name from information_schema.columns
where table_name = %s and data_type in ('integer', 'numeric') and column_name not in ('item_index', 'leaf_number')
order by 1
"""
WRITTEN = ("inserted", "updated", "deleted")


def compute(books, days, again=False):
    """Derive all tables for what is marked dirty and for some days; return what was written, by table."""
    written = {}
    zones = {name: by_id(name).timezone for name in books.seller.marketplace_ids}
    for source in (*DERIVED, *WHOLE):
        with hold(books.pool, books.seller.id, source.table.name) as lease:
            counts = derive(
                books.pool,
                seller_id=books.seller.id,
                table=source.table,
                statement=transform(source.table.name),
                more_days=more_days(source.table.name),
                subject=source.subject,
                parameters=source.parameters,
                lease=lease,
                run_id="changes",
                requested_days=days,
                computed_days=days,
                timezones=zones,
                started_at=datetime.now(UTC),
                computation=Computation(source.version, source.compute) if source.compute else None,
                again=again,
            )
        if changed := {name: number for name, number in asdict(counts).items() if name in WRITTEN and number}:
            written[source.table.name] = changed
    return written


def fetched(books, table):
    """How many rows the last computation of a table returned."""
    statement = (
        "select sum(fetched) from loads where load_id = ("
        " select load_id from loads where table_name = %s order by finished_at desc limit 1)"
    )
    return books.admin.execute(statement, [table]).fetchone()[0]


def change(books, rng):
    """Delete some rows of the source tables, move some to another day, and change some of their figures."""
    derived = {source.table.name for source in DERIVED}
    for table, day in books.admin.execute(WATCHED).fetchall():
        if table in derived:
            continue
        names = {"table": Identifier(table), "day": Identifier(day)}
        ids = [row for (row,) in books.admin.execute(SQL("select id from {table} order by id").format(**names))]
        numbers = [name for (name,) in books.admin.execute(NUMBERS, [table])]
        actions = ["delete from {table} where id = %s"]
        if table not in TOGETHER:
            actions.append("update {table} set {day} = {day} - 1 where id = %s")
        if numbers:
            names["number"] = Identifier(rng.choice(numbers))
            actions += ["update {table} set {number} = {number} + 1 where id = %s"] * 2
        for row in rng.sample(ids, min(len(ids), 8)):
            with suppress(psycopg.errors.UniqueViolation):  # the other day has such a row already
                books.admin.execute(SQL(rng.choice(actions)).format(**names), [row])


def change_costs(books, rng):
    """Import costs of some SKUs from some day on, for one marketplace or for all; take others back."""
    days = [day for (day,) in books.admin.execute("select distinct posted_date from financial_events order by 1")]
    skus = [sku for (sku,) in books.admin.execute("select distinct sku from financial_events where sku is not null")]
    costs = {}
    for sku in rng.sample(sorted(skus), 6):
        first, length = rng.choice(days), rng.choice([None, None, 4])
        cost = Cost(
            sku=sku,
            marketplace_id=rng.choice([None, *books.seller.marketplace_ids]),
            valid_from=first,
            stated_to=length and first + timedelta(days=length),
            unit_cost=Decimal(rng.randrange(1, 900)) / 7,
            currency=rng.choice(["INR", "INR", "USD"]),
            cost_of="price",
            source_file="costs.csv",
            source_line=1,
        )
        costs[cost.key] = cost
    import_costs(books.pool, books.seller.id, list(costs.values()))
    known = sorted({cost.sku for cost in read_costs(books.pool, books.seller.id)})
    assert remove_costs(books.pool, books.seller.id, skus=rng.sample(known, 2)) > 0


def all_days(books):
    """Every day that an input or a derived table has, and today."""
    days = {local_today(by_id(name).timezone) for name in books.seller.marketplace_ids}
    columns = [*books.admin.execute(WATCHED), *((source.table.name, source.table.day) for source in DERIVED)]
    for table, day in columns:
        names = {"table": Identifier(table), "day": Identifier(day)}
        days |= {
            own for (own,) in books.admin.execute(SQL("select distinct {day} from {table}").format(**names)) if own
        }
    return sorted({*days, *(day - timedelta(days=1) for day in days)})


def test_only_changed_days_are_computed_and_every_row_is_as_in_a_full_computation(books):
    rng = random.Random(7)
    today = max(local_today(by_id(name).timezone) for name in books.seller.marketplace_ids)
    changed = set()
    for _ in range(4):
        change(books, rng)
        change_costs(books, rng)
        changed |= compute(books, [today]).keys()
        parts = {source.table.name: fetched(books, source.table.name) for source in DERIVED if source.subject}
        assert compute(books, all_days(books), again=True) == {}
        assert parts
        assert all(0 < number < fetched(books, name) for name, number in parts.items()), "only what changed is computed"
    assert_recomputed(books.admin)
    with books.admin.cursor() as cursor:
        found = {name for (name,) in cursor.execute("select distinct cost_basis from profit_margins")}
    assert {"KNOWN", "MISSING", "OTHER_CURRENCY", "NOT_NEEDED"} <= found
    assert changed >= {source.table.name for source in (*DERIVED, *WHOLE)} - STEADY, changed
