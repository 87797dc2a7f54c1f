"""Records become rows by the paths of the row type."""

from datetime import date
from typing import Annotated

import pytest
from typing_extensions import TypedDict

from xpert_pipeline.sources.rows import known_key, row_parser, unfilled_columns, unknown_fields
from xpert_pipeline.sources.values import local_day
from xpert_pipeline.tables.columns import At
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, MarketplaceId, Quantity, Text
from xpert_pipeline_tests.assets.orders.payloads import market_of
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA


class ShelfRow(TypedDict):
    """A shelf."""

    marketplace_id: MarketplaceId
    counted_on: Annotated[date, At("count.day", date.fromisoformat), "Day."]
    shelf: Annotated[Id, At("shelf-name"), "Its name."]
    units: Annotated[Quantity | None, At("count.units"), "Units."]
    note: Annotated[Text | None, "A note."]


SHELVES = Table("shelves", ShelfRow, key=("marketplace_id", "counted_on", "shelf"), day="counted_on")
RECORD = {"shelf-name": "A1", "count": {"day": "2026-11-01", "units": 5}, "more": 1}


def test_a_row_has_the_marketplace_and_every_column_with_a_path():
    assert row_parser(SHELVES)(RECORD, market_of(INDIA)) == {
        "marketplace_id": INDIA,
        "counted_on": date(2026, 11, 1),
        "shelf": "A1",
        "units": 5,
    }


def test_a_part_that_is_missing_is_none():
    row = row_parser(SHELVES)({"shelf-name": "A1", "count": {"day": "2026-11-01"}}, market_of(INDIA))
    assert row["units"] is None


def test_columns_without_a_path_need_a_parser():
    assert unfilled_columns(SHELVES) == ["note"]
    assert unfilled_columns(SHELVES, ["note"]) == []
    assert unfilled_columns(SHELVES, ["*"]) == []


@pytest.mark.parametrize(
    ("record", "day", "shelf"),
    [
        (RECORD, date(2026, 11, 1), "A1"),
        ({"shelf-name": "A1", "count": {"day": "soon"}}, None, "A1"),
        ({"shelf-name": "A1", "count": {"day": 7}}, None, "A1"),
        ({"shelf": "A1", "counted_on": "2026-11-01"}, "2026-11-01", "A1"),
        ({}, None, None),
        (None, None, None),
        ("text", None, None),
        ([1, 2], None, None),
    ],
)
def test_the_key_of_a_record_is_read_as_far_as_it_goes(record, day, shelf):
    """A report's records may have the columns' own names; a value that cannot be read is unknown."""
    assert known_key(SHELVES, record, market_of(INDIA)) == {"marketplace_id": INDIA, "counted_on": day, "shelf": shelf}


class VisitRow(TypedDict):
    """A visit."""

    marketplace_id: MarketplaceId
    visited_on: Annotated[date, At("at", local_day, in_zone=True), "Local day."]


@pytest.mark.parametrize(("marketplace", "day"), [(INDIA, date(2026, 11, 2)), (GERMANY, date(2026, 11, 1))])
def test_a_local_day_is_that_of_the_records_marketplace(marketplace, day):
    visits = Table("visits", VisitRow, key=("marketplace_id", "visited_on"), day="visited_on")
    record = {"at": "2026-11-01T18:30:00Z"}
    assert row_parser(visits)(record, market_of(marketplace))["visited_on"] == day
    assert known_key(visits, record, market_of(marketplace))["visited_on"] == day


def test_fields_that_nobody_declared_are_counted_and_none_if_nothing_is_declared():
    record = {"sku": "A", "shinyNew": 1, "x" * 99: None}
    assert unknown_fields(record, ("sku", "asin")) == {"unknown field shinyNew": 1, f"unknown field {'x' * 60}": 1}
    assert unknown_fields(record, ()) == {}
    assert unknown_fields(None, ("sku",)) == {}
