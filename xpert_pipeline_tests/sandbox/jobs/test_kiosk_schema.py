"""The sandbox's schemas are a part of Amazon's, and records come out as from a GraphQL server."""

import json
from datetime import date
from pathlib import Path

import pytest
from graphql import build_schema, execute_sync, parse

from xpert_pipeline.sandbox.app import DECLARATIONS
from xpert_pipeline.sandbox.jobs.kiosk_query import read_question
from xpert_pipeline.sandbox.jobs.kiosk_selection import selected
from xpert_pipeline.sandbox.jobs.kiosk_view import view_of
from xpert_pipeline_tests.sandbox.client import INDIA
from xpert_pipeline_tests.sandbox.jobs.kiosk import BY_ASIN, by_asin, by_date, economics, trends

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "spapi" / "schemas" / "data-kiosk"
SCHEMAS = DECLARATIONS.schemas
SPAN = ("2026-11-13", "2026-11-20")


@pytest.mark.skipif(not FOLDER.is_dir(), reason="Amazon's schemas are missing")
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_every_type_is_amazons_or_a_part_of_it(schema):
    amazons = build_schema((FOLDER / f"{schema.name}.graphql").read_text(encoding="utf-8")).type_map
    ours = {name: kind for name, kind in schema.graphql.type_map.items() if not name.startswith("__")}
    assert len(ours) > 12
    for name, kind in ours.items():
        other = amazons[name]
        assert type(kind) is type(other)
        for field, declared in getattr(kind, "fields", {}).items():
            assert str(declared.type) == str(other.fields[field].type), f"{name}.{field}"
            arguments = {key: str(value.type) for key, value in getattr(declared, "args", {}).items()}
            assert arguments == {
                key: str(value.type) for key, value in getattr(other.fields[field], "args", {}).items()
            }
        assert set(getattr(kind, "values", {})) == set(getattr(other, "values", {}))


@pytest.mark.skipif(not FOLDER.is_dir(), reason="Amazon's schemas are missing")
def test_no_field_of_the_records_is_missing():
    for schema in SCHEMAS.values():
        amazons = build_schema((FOLDER / f"{schema.name}.graphql").read_text(encoding="utf-8")).type_map
        for name, kind in schema.graphql.type_map.items():
            if not name.startswith(("__", "Analytics_")) and hasattr(kind, "fields"):
                assert set(kind.fields) == set(amazons[name].fields), name


@pytest.mark.parametrize(
    "make",
    [
        lambda _asins: economics(*SPAN),
        lambda _asins: by_asin(*SPAN),
        lambda _asins: by_date(*SPAN, fields="day: startDate ... on SalesAndTrafficByDate { sales { refundRate } }"),
        lambda asins: trends(*SPAN, asins, fields=f"{BY_ASIN} asinAggregation"),
    ],
    ids=["economics", "by asin", "by date", "trends"],
)
def test_a_record_is_what_a_graphql_server_would_select(client, make):
    world = client.running.state.worlds[client.seller_id]
    text = make(sorted(world.shelf(INDIA))[:30])
    question = read_question(text, date(2026, 11, 20), SCHEMAS)
    view = view_of(world, world.end)
    schema, dataset = question.schema, question.schema.dataset(question.dataset)
    records = [
        json.loads(json.dumps(dataset.record(view, question.arguments, group), default=float))
        for group in dataset.groups(view, question.arguments)
    ]
    answer = execute_sync(schema.graphql, parse(text), {schema.name: {dataset.name: records}})
    assert answer.errors is None
    assert len(records) > 5
    assert answer.data[schema.name][dataset.name] == [selected(record, question.selection) for record in records]
