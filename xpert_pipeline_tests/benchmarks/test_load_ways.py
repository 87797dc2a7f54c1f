"""All ways of loading write the same rows, so that their times can be compared."""

import json
import subprocess
import sys

import psycopg
import pytest

from benchmarks.report_files import write_listings, write_orders

COMPARED = """
select md5(string_agg(md5((to_jsonb(t) - '{id,load_id,source,seller_id,created_at,updated_at}'::text[])::text), '' order by %s))
  from %s as t
"""


def load(way, new_database, report):
    admin_dsn, pipeline_dsn = new_database()
    command = [sys.executable, "-m", "benchmarks.load_ways", way, pipeline_dsn, admin_dsn, str(report)]
    numbers = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    tables = {"products": "sku"} if way.startswith("flat") else {"orders": "order_id", "order_items": "order_item_id"}
    with psycopg.connect(admin_dsn) as conn:
        rows = [conn.execute(COMPARED % (key, table)).fetchone()[0] for table, key in tables.items()]
        amount = sum(conn.execute(f"select count(*) from {table}").fetchone()[0] for table in tables)
    return rows, amount, numbers


@pytest.mark.parametrize(
    ("write", "project", "bare"),
    [(write_orders, ("xml", "rows"), "bare"), (write_listings, ("flat", "flat_rows"), "flat_bare")],
)
def test_the_pipeline_and_the_bare_statements_write_the_same_rows(new_database, tmp_path, write, project, bare):
    write(tmp_path / "report", 300)
    expected, amount, by_hand = load(bare, new_database, tmp_path / "report")
    assert by_hand["first_changed"] == by_hand["again_changed"] == amount
    for way in project:
        rows, _, numbers = load(way, new_database, tmp_path / "report")
        assert rows == expected
        assert (numbers["first_changed"], numbers["again_changed"]) == (amount, 0)
        assert min(numbers["first"], numbers["again"], numbers["peak"]) > 0
