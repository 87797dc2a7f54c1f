"""Rows that Python computes: when they are computed, and what a failure leaves."""

import pytest
from typing_extensions import TypedDict

from xpert_pipeline.postgres.computed import Computation
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.tables.contract import Table
from xpert_pipeline_tests.postgres.derived_sales import counts, derive_sales, load_lines

SOLD = "select marketplace_id, sku, sum(units_ordered) as units from sales_data where seller_id = %(seller_id)s group by 1, 2"
BEST = Table(
    "best", TypedDict("BestRow", {"marketplace_id": str, "sku": str, "units": int}), key=("marketplace_id",), day=None
)
CREATE = """
create table best (
  id uuid primary key default gen_random_uuid(), seller_id uuid not null, marketplace_id text not null, sku text,
  units integer, source text, load_id uuid, created_at timestamptz default now(), updated_at timestamptz default now(),
  unique (seller_id, marketplace_id)
);
grant all on best to public;
"""


def test_rows_that_python_computes_are_computed_when_their_input_version_or_parameters_change(pool, seller, admin):
    admin.execute(CREATE)
    calls = []

    def compute(rows, parameters):
        calls.append(len(rows))
        best = max(rows, key=lambda row: (row["units"], row["sku"]), default=None)
        return [(best["marketplace_id"], best["sku"], int(best["units"]) * parameters["times"])] if best else []

    def run(version="1", times=1, **more):
        with hold(pool, seller.id, "best") as lease:
            return counts(
                derive_sales(
                    pool, seller, table=BEST, statement=f"{SOLD} order by 1, 2", lease=lease,
                    computation=Computation(version, more.pop("compute", compute)), parameters={"times": times}, **more,
                )
            )  # fmt: skip

    def stored():
        return admin.execute("select sku, units from best").fetchall()

    assert run() == {}
    load_lines(
        pool, seller, ("1", {}, {"sku": "A", "quantity_ordered": 2}), ("2", {}, {"sku": "B", "quantity_ordered": 1})
    )
    derive_sales(pool, seller)
    assert (run(), stored()) == ({"fetched": 1, "inserted": 1}, [("A", 2)])
    assert (run(), calls) == ({}, [0, 2]), "nothing new: not computed, and nothing is deleted"
    assert (run(again=True), stored()) == ({"fetched": 1, "unchanged": 1}, [("A", 2)])
    assert run("2") == {"fetched": 1, "unchanged": 1}
    assert (run("2", 10), stored()) == ({"fetched": 1, "updated": 1}, [("A", 20)])
    load_lines(pool, seller, ("3", {}, {"sku": "B", "quantity_ordered": 4}))
    derive_sales(pool, seller)

    def fails(rows, parameters):
        raise ArithmeticError("no fit")

    with pytest.raises(ArithmeticError):
        run("2", 10, compute=fails)
    assert stored() == [("A", 20)], "a failure keeps what was there, and the next run computes again"
    assert (run("2", 10), stored()) == ({"fetched": 1, "updated": 1}, [("B", 50)])
    admin.execute("delete from sales_data")
    assert (run("2", 10), stored()) == ({"deleted": 1}, [])
