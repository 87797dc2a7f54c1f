"""Two months of a real seller's orders, end to end by the command that a user types, against sums made without our code."""

import csv
import json
import lzma
import os
import subprocess
import sys
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest

from xpert_pipeline.assets import registry

ORDERS = Path(__file__).resolve().parents[2] / "shared" / "data" / "amazon-in-orders-2022-04-05.csv.xz"
XPERT = Path(sys.executable).with_name("xpert")
TABLES = ["orders", "order_items", "sales_data"]
"""The tables whose control totals are known; the others are compared with the sandbox's truth on smaller worlds."""

LIMIT = 900
"""Seconds for one command."""
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not ORDERS.exists(), reason="the file of real orders is missing"),
    pytest.mark.timeout(LIMIT + 30),
]


def xpert(home, *arguments, check=True):
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AMAZON_", "DATABASE_", "XPERT_", "SP_API"))
    }
    env["XPERT_FILL_PAGES"] = "0"  # the sandbox has no limits here, so that each run would fill what the report lacks
    done = subprocess.run(
        [XPERT, *arguments, "--data-dir", str(home)],
        env=env,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.fixture(scope="module")
def home(new_home):
    path = new_home()
    yield path
    xpert(path, "db", "stop", check=False)


def up(home):
    options = [
        "--no-ui",
        "--orders-csv",
        str(ORDERS),
        "--days",
        "70",
        "--rate-scale",
        "0",
        "--select",
        ",".join(TABLES),
    ]
    return json.loads(xpert(home, "--json", "up", *options).stdout)


@pytest.fixture(scope="module")
def first(home):
    return up(home)


@pytest.fixture(scope="module")
def database(home, first):
    dsn = xpert(home, "db", "url").stdout.strip()
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def lines():
    with lzma.open(ORDERS, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shift(lines):
    """Whole weeks forward that keep the last day in the past, in India."""
    last = max(datetime.strptime(line["Date"], "%m-%d-%y").date() for line in lines)
    yesterday = datetime.now(ZoneInfo("Asia/Kolkata")).date() - timedelta(days=1)
    return timedelta(weeks=(yesterday - last).days // 7)


def by_table(document):
    return {line["table"]: line for line in document["tables"]}


def test_every_order_and_line_arrives_once_to_the_paisa(database):
    orders, items, skus, units, amount, unknown = database.execute(
        "select (select count(*) from orders), count(*), count(distinct sku), sum(quantity_ordered), "
        "sum(item_subtotal), count(*) filter (where item_subtotal is null) from order_items"
    ).fetchone()
    assert (orders, items, skus, units) == (85_237, 91_278, 6_690, 82_373)
    assert (amount, unknown) == (Decimal("55166868.92"), 5_512)


def test_sales_reach_the_control_totals(database):
    totals = database.execute("select count(*), sum(units_ordered), sum(ops) from sales_data").fetchone()
    assert totals == (56_965, 78_382, Decimal("50282864.00"))


def test_sales_equal_an_independent_sum_day_by_day_and_sku_by_sku(database, lines):
    moved = shift(lines)
    expected: dict[tuple[date, str], list] = defaultdict(lambda: [0, None, 0])
    for line in lines:
        if line["Sales Channel"] != "Amazon.in":
            continue
        cell = expected[datetime.strptime(line["Date"], "%m-%d-%y").date() + moved, line["SKU"]]
        if line["Status"] == "Cancelled":
            cell[2] += int(line["Qty"])
            continue
        cell[0] += int(line["Qty"])
        if line["Amount"]:
            cell[1] = (cell[1] or Decimal(0)) + Decimal(line["Amount"])
    rows = database.execute("select sale_date, sku, units_ordered, ops, units_cancelled from sales_data").fetchall()
    found = {(day, sku): [units, ops, cancelled] for day, sku, units, ops, cancelled in rows}
    assert len(found) == len(rows)
    assert found == dict(expected)


def test_the_ledger_the_event_log_and_the_summary_agree(database, first):
    summary = by_table(first)
    assert list(summary) == TABLES
    assert {line["state"] for line in summary.values()} == {"ok"}
    for table in TABLES:
        loads = database.execute(
            "select sum(fetched), sum(inserted), sum(rejected) from loads where table_name = %s", (table,)
        ).fetchone()
        facts = database.execute(
            "select sum((data ->> 'fetched')::int), sum((data ->> 'inserted')::int), sum((data ->> 'rejected')::int) "
            "from fact_stream where data ->> 'table' = %s",
            (table,),
        ).fetchone()
        assert loads == facts, table
        assert facts[1:] == tuple(summary[table][name] for name in ("inserted", "rejected")), table


def test_no_request_was_throttled(first):
    statuses = [
        status
        for by_seller in first["sandbox"]["calls"].values()
        for by_status in by_seller.values()
        for status in by_status
    ]
    assert statuses
    assert "429" not in statuses


def test_the_checks_agree_with_amazons_own_order_metrics(database):
    """Each check ran once over the range of a run; beside it Dagster keeps a planned row for each partition."""
    ran = database.execute(
        "select asset_key, check_name, count(*), count(*) filter (where execution_status = 'SUCCEEDED')"
        " from dagster.asset_check_executions where execution_status <> 'PLANNED' group by 1, 2"
    ).fetchall()
    (runs,) = database.execute("select count(*) from dagster.runs").fetchone()
    loaded = [source for source in registry.SOURCES if source.tables[0].name in TABLES]
    own = sum(len(source.checks) for source in loaded)
    assert own >= 2
    assert len(ran) >= 3 * len(TABLES) + own
    assert {(count, succeeded) for _, _, count, succeeded in ran} == {(runs, runs)}


def test_a_second_run_changes_nothing(home, first):
    again = by_table(up(home))
    for table, line in again.items():
        assert (line["inserted"], line["updated"], line["deleted"], line["rejected"]) == (0, 0, 0, 0), table
