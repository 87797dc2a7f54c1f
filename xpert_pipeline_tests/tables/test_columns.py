"""A row type describes each column once: its type, where it comes from, what it means, and what NULL means."""

import inspect
from datetime import date
from typing import Annotated, Any

import pytest
from typing_extensions import TypedDict

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.tables.columns import STANDARD_NULL, At, Null, SqlType, Unit, columns_of, line_of
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, Instant, MarketplaceId, Percent, Quantity, Text


class EverythingRow(TypedDict):
    """A column of every kind."""

    marketplace_id: MarketplaceId
    sku: Annotated[Id, At("product.sku"), "The SKU."]
    title: Annotated[Text | None, At("product.title", str.strip), "The title.", Null("Amazon has no title.")]
    quantity: Annotated[Quantity | None, "Units."]
    price: Annotated[Amount | None, "The price."]
    weight: Annotated[Amount | None, "The weight.", Unit("kg")]
    share: Annotated[Percent | None, "The share."]
    rate: Annotated[Percent | None, "The rate.", SqlType("numeric(6,3)")]
    currency: Annotated[Currency, "The currency."]
    is_live: Annotated[Flag, "Whether it is live."]
    words: Annotated[list[Text] | None, "Words."]
    changed_at: Annotated[Instant, "When it changed."]
    business_date: Annotated[date, "The day."]
    issues: Annotated[
        Any,
        "Issues as received.",
        Null("ASIN not known."),
    ]
    bare: int


COLUMNS = {column.name: column for column in columns_of(EverythingRow)}


def test_the_columns_come_in_the_order_of_the_row_type():
    assert list(COLUMNS) == list(EverythingRow.__annotations__)


@pytest.mark.parametrize(
    ("name", "sql_type", "is_nullable", "unit"),
    [
        ("marketplace_id", "text", False, ""),
        ("sku", "text", False, ""),
        ("title", "text", True, ""),
        ("quantity", "integer", True, "count"),
        ("price", "numeric(18,4)", True, "money in currency"),
        ("weight", "numeric(18,4)", True, "kg"),
        ("share", "numeric", True, "percent"),
        ("rate", "numeric(6,3)", True, "percent"),
        ("currency", "text", False, ""),
        ("is_live", "boolean", False, ""),
        ("words", "text[]", True, ""),
        ("changed_at", "timestamp with time zone", False, "UTC"),
        ("business_date", "date", False, "marketplace-local day"),
        ("issues", "jsonb", True, ""),
        ("bare", "integer", False, ""),
    ],
)
def test_type_null_and_unit_follow_from_the_hint(name, sql_type, is_nullable, unit):
    column = COLUMNS[name]
    assert (column.sql_type, column.is_nullable, column.unit) == (sql_type, is_nullable, unit)


@pytest.mark.parametrize(
    ("name", "meaning", "null_meaning", "comment"),
    [
        (
            "marketplace_id",
            "Amazon's id of the marketplace.",
            "",
            "Amazon's id of the marketplace.",
        ),
        ("title", "The title.", "Amazon has no title.", "The title. NULL: Amazon has no title."),
        ("quantity", "Units.", STANDARD_NULL, "Units. NULL: Amazon did not report it."),
        ("is_live", "Whether it is live.", "", "Whether it is live."),
        ("issues", "Issues as received.", "ASIN not known.", "Issues as received. NULL: ASIN not known."),
        ("bare", "", "", ""),
    ],
)
def test_a_comment_has_the_meaning_and_what_null_means(name, meaning, null_meaning, comment):
    column = COLUMNS[name]
    assert (column.meaning, column.null_meaning, column.comment) == (meaning, null_meaning, comment)


def test_a_column_names_its_place_in_the_record():
    assert COLUMNS["sku"].at == At("product.sku")
    title = COLUMNS["title"].at
    assert title is not None
    assert (title.path, title.read) == ("product.title", str.strip)
    assert COLUMNS["quantity"].at is None


@pytest.mark.parametrize("name", list(EverythingRow.__annotations__))
def test_the_line_of_a_column_is_that_of_its_declaration(name):
    file, line = line_of(EverythingRow, name).rsplit(":", 1)
    assert file == inspect.getsourcefile(EverythingRow) == __file__
    with open(file, encoding="utf-8") as source:  # noqa: PTH123
        assert source.read().splitlines()[int(line) - 1].startswith(f"    {name}: ")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_of_every_table_has_a_meaning_that_is_a_sentence(table):
    for column in columns_of(table.row):
        for text in filter(None, (column.meaning, column.null_meaning)):
            assert text[0].isupper() or text.split()[0] in table.columns, f"{table.name}.{column.name}: {text}"
            assert text.endswith("."), f"{table.name}.{column.name}: {text}"
        assert column.meaning, f"{table.name}.{column.name}"
        assert bool(column.null_meaning) == column.is_nullable, f"{table.name}.{column.name}"
