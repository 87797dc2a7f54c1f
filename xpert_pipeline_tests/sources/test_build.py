"""What Dagster's UI shows about each table, and the step that a source becomes."""

import pytest

from xpert_pipeline.assets.finance.economics_daily import ECONOMICS_DAILY
from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.sources.build import build_asset, table_metadata


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_described_and_those_of_the_key_are_marked(table):
    """The UI showed columns without a description, though each has a comment in the database."""
    metadata = table_metadata(table)
    columns = metadata["dagster/column_schema"].columns
    assert [column.name for column in columns] == list(table.columns)
    assert [column.name for column in columns if not column.description] == []
    assert tuple(column.name for column in columns if column.constraints.other) == table.key
    assert metadata["dagster/table_name"] == f"public.{table.name}"
    assert metadata["key"].split(", ") == ["seller_id", *table.key]


def test_a_column_of_any_json_may_be_null_as_in_the_database():
    columns = {column.name: column for column in table_metadata(ECONOMICS_DAILY)["dagster/column_schema"].columns}
    assert (columns["fees"].type, columns["fees"].constraints.nullable) == ("jsonb", True)
    assert not columns["sku"].constraints.nullable


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.step)
def test_a_source_becomes_one_step_with_an_asset_per_table(source):
    asset = build_asset(source)
    assert asset.op.name == source.step
    specs = {spec.key.to_user_string(): spec for spec in asset.specs}
    assert list(specs) == [table.name for table in source.tables]
    for place, table in enumerate(source.tables):
        spec = specs[table.name]
        before = {*source.after, *(other.name for other in source.tables[:place])}
        assert {dep.asset_key.to_user_string() for dep in spec.deps} == before
        assert spec.group_name == source.group
        assert spec.description.startswith(f"One row is {table.about.grain}.")
        assert spec.kinds == ({"sql", "postgres"} if source.is_derived else {"spapi", "postgres"})


def test_only_sources_that_can_refetch_have_the_option():
    refetchable = {source.step for source in SOURCES if source.is_refetchable}
    assert refetchable
    for source in SOURCES:
        fields = build_asset(source).op.config_schema.as_field().config_type
        assert ("refetch" in getattr(fields, "fields", {})) == (source.step in refetchable)
