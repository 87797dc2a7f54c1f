"""Every column of every table has a value somewhere in the sandbox, or its contract says why not."""

import pytest

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.tables.columns import columns_of

A_MONTH = {"rate_scale": 0, "days": 20, "orders_per_day": 40, "skus": 40}


@pytest.fixture
def filled(empty_pipeline, make_sandbox):
    empty_pipeline.serve(make_sandbox(**A_MONTH))
    assert empty_pipeline.run().errors == {}
    return empty_pipeline


def test_no_column_is_null_in_every_row_without_a_reason_in_its_contract(filled, by_report):
    """12 of 35 columns of `sales_data` were NULL in every row of every seller, and nothing told it."""
    unfilled = []
    for table in TABLES:
        columns = columns_of(table.row)
        counts = ", ".join(f"count({column.name})" for column in columns)
        rows, *known = filled.one(f"select count(*), {counts} from {table.name}")
        assert rows > 0, table.name
        unfilled += [f"{table.name}.{column.name}" for column, values in zip(columns, known, strict=True) if not values]
    explained = {
        f"{table.name}.{column.name}" for table in TABLES for column in columns_of(table.row) if column.unfilled
    }
    assert set(unfilled) - explained == set(), "fill these columns, drop them, or say why with Unfilled"
    assert explained - set(unfilled) == set(), "these columns have values: take Unfilled away"
