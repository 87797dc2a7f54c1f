"""Rows reach PostgreSQL unchanged, whatever characters and values they contain."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline.postgres.copy_text import CopyText, text_array
from xpert_pipeline.tables.columns import columns_of

COLUMNS = ("order_id", "sales_channel", "order_total", "item_count", "is_business", "purchase_date", "order_date",
           "programs", "proceeds_breakdowns")  # fmt: skip
TYPES = {column.name: column.sql_type for column in columns_of(ORDERS.row)}
TEXTS = ["", " ", "\\", r"\N", r"\.", "a\tb", "a\nb", "a\r\nb", "ली ₹ 📚", 'say "d"', "back\\slash\\", "null", "a,b;c"]


@pytest.fixture(scope="module")
def stage(new_database):
    """A temporary table with these columns of orders."""
    with psycopg.connect(new_database()[0]) as conn:
        columns = ", ".join(f"{name} {TYPES[name]}" for name in COLUMNS)
        conn.execute(f"create temp table stage ({columns})")
        yield conn
        conn.rollback()


def copied(conn, rows):
    """The rows that PostgreSQL has after a COPY of these."""
    conn.execute("delete from stage")
    with conn.cursor().copy(f"copy stage ({', '.join(COLUMNS)}) from stdin") as copy:
        copy.write(CopyText(ORDERS, COLUMNS).block(rows))
    return conn.execute("select * from stage order by ctid").fetchall()


def row(**values):
    return tuple(values.get(name) for name in COLUMNS)


def test_every_kind_of_value_comes_back(stage):
    moment = datetime(2026, 3, 10, 6, 30, 1, 250, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    rows = [
        row(
            order_id="1",
            sales_channel="A\tB",
            order_total=Decimal("1E+3"),
            item_count=-2,
            is_business=True,
            purchase_date=moment,
            order_date=date(999, 1, 2),
            programs=["PRIME", None, 'a "b", {c}'],
            proceeds_breakdowns=[{"type": "I\tM", "amount": Decimal("10.50")}],
        ),
        row(order_id="2", is_business=False, order_total=Decimal("-0.0001"), programs=[], proceeds_breakdowns="text"),
        row(),
    ]
    first, second, third = copied(stage, rows)
    assert first == (
        "1", "A\tB", Decimal("1000.0000"), -2, True, moment.astimezone(UTC), date(999, 1, 2),
        ["PRIME", None, 'a "b", {c}'], [{"type": "I\tM", "amount": "10.50"}],
    )  # fmt: skip
    assert second == ("2", None, Decimal("-0.0001"), None, False, None, None, [], "text")
    assert third == (None,) * len(COLUMNS)


def test_texts_with_special_characters_stay_as_they_are(stage):
    rows = [row(order_id=text, sales_channel=other) for text, other in zip(TEXTS, [None, *TEXTS[1:]], strict=True)]
    assert [found[:2] for found in copied(stage, rows)] == [values[:2] for values in rows]


@given(st.lists(st.tuples(st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\x00"))), min_size=1))
def test_any_text_stays_as_it_is(stage, texts):
    rows = [row(order_id="x", sales_channel=text) for (text,) in texts]
    assert [found[1] for found in copied(stage, rows)] == [text for (text,) in texts]


def test_values_of_other_types_are_written_as_their_text(stage):
    number = UUID("6b2f9d0e-0000-4000-8000-000000000001")
    assert copied(stage, [row(order_id=number), row(order_id="a\\b")])[0][0] == str(number)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["A"],
        ["a, b", "{c}", 'say "d"', "back\\slash", '\\"', "", " ", "null", "NULL", "tab\there", "ली\n"],
        [None, "x"],
    ],
)
def test_a_list_of_words_comes_back_from_the_database_unchanged(stage, words):
    assert stage.execute("select %s::text[]", [text_array(words)]).fetchone() == (words,)
    assert copied(stage, [row(programs=words)])[0][7] == words
