"""Pictures of a table: forms, unknown figures, and what happens when one cannot be drawn."""

import logging
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.sources.declarations import DeclarationError, require_valid
from xpert_pipeline.sources.drawing import FORMS, draw
from xpert_pipeline.sources.pictures import pictures_of
from xpert_pipeline.sources.run import market_of
from xpert_pipeline_tests.images import image_of

DAYS = [date(2024, 2, 27 + n) for n in range(3)]  # with a leap day
COLUMNS = {
    "lines": ["day", "from_orders", "from_traffic", "unit"],
    "bars": ["label", "SKUs"],
    "waterfall": ["label", "amount", "is_sum", "unit"],
    "fan": ["day", "sold", "low", "expected", "high"],
}
ROWS = {
    "lines": [[day, Decimal(n), None if n else Decimal(3), "INR"] for n, day in enumerate(DAYS)],
    "bars": [["out of stock", 3], ["1 to 7", None], ["$x_1$", 2]],
    "waterfall": [
        ["sales", Decimal(100), False, "INR"],
        ["refunds", None, False, "INR"],
        ["fees", Decimal(-140), False, "INR"],
        ["margin", Decimal(-40), True, "INR"],
    ],
    "fan": [[DAYS[0], 3, None, None, None], [DAYS[1], 2, 1, 2, 4], [DAYS[2], None, 0, 2, 5]],
}
PICTURED = next(source for source in SOURCES if source.pictures)
PICTURE = PICTURED.pictures[0]


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_form_draws_rows_with_unknown_figures_and_a_single_row(form):
    images = [
        image_of(draw("Wörter & ₹, Amazon.in", form, COLUMNS[form], rows)) for rows in (ROWS[form], ROWS[form][:1])
    ]
    assert [image.size for image in images] == [(800, 260)] * 2
    assert images[0].tobytes() != images[1].tobytes()


@pytest.mark.parametrize("form", ["lines", "fan"])
def test_a_day_without_a_row_is_a_gap_as_is_a_day_without_a_figure(form):
    """A line ran straight over days that are not loaded."""
    first, middle, last = ([day, 4, 3, 4, 5] for day in DAYS)
    unknown = [middle[0], None, None, None, None]
    names = COLUMNS["fan"]
    assert draw("", form, names, [first, last]) == draw("", form, names, [first, unknown, last])
    assert draw("", form, names, [first, last]) != draw("", form, names, [first, middle, last])


def test_the_same_rows_give_the_same_image():
    assert draw("Sales", "lines", COLUMNS["lines"], ROWS["lines"]) == draw(
        "Sales", "lines", COLUMNS["lines"], ROWS["lines"]
    )


@pytest.fixture
def run(pool, seller):
    """What a picture reads of a run."""

    class Run:
        who = seller.amazon_seller_id
        markets = (market_of(seller, seller.marketplace_ids[0], ()),)

    run = Run()
    run.pool, run.seller = pool, seller
    return run


@pytest.mark.parametrize("source", [source for source in SOURCES if source.pictures], ids=lambda source: source.step)
def test_an_empty_table_has_no_picture(run, source, caplog):
    assert [pictures_of(run, table, source.pictures) for table in source.tables] == [""] * len(source.tables)
    assert not caplog.records


def test_a_picture_that_cannot_be_drawn_is_told_and_fails_nothing(run, caplog, monkeypatch):
    monkeypatch.setattr("xpert_pipeline.sources.pictures.picture_rows", lambda _: "select 1 / 0")
    with caplog.at_level(logging.WARNING, "xpert_pipeline.sources"):
        assert pictures_of(run, PICTURE.table, [PICTURE]) == ""
    (record,) = caplog.records
    assert record.getMessage() == f"seller {run.who}: the picture of {PICTURE.table.name} could not be drawn"


def test_a_picture_of_another_sources_table_is_refused_with_the_line_to_correct():
    other = next(source for source in SOURCES if PICTURE.table not in source.tables)
    with pytest.raises(DeclarationError, match=f"the picture {PICTURE.title} is of the table {PICTURE.table.name}"):
        require_valid([replace(other, pictures=(PICTURE,))])
