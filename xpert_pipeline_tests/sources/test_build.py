"""What Dagster's UI shows about the columns of each table."""

import pytest

from xpert_pipeline.assets.table_metadata import table_metadata
from xpert_pipeline.tables.registry import TABLES


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_described_and_those_of_the_key_are_marked(table):
    """The UI showed columns without a word, though each has its comment in the database."""
    columns = table_metadata(table.name)["dagster/column_schema"].columns
    assert [column.name for column in columns] == list(table.columns)
    assert [column.name for column in columns if not column.description] == []
    assert tuple(column.name for column in columns if column.constraints.other) == table.key


def test_a_column_of_any_json_may_be_null_as_in_the_database():
    columns = {column.name: column for column in table_metadata("economics_daily")["dagster/column_schema"].columns}
    assert (columns["fees"].type, columns["fees"].constraints.nullable) == ("jsonb", True)
    assert not columns["sku"].constraints.nullable


def test_an_asset_without_a_contract_has_no_columns():
    assert table_metadata("elsewhere") == {}
