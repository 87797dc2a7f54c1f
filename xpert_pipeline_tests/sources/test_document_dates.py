"""Dates of flat files: the style is decided once for a document, and never guessed."""

from datetime import UTC, date, datetime

import pytest

from xpert_pipeline.sources.document_dates import Period, UndecidableDates, decide_dates

NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("texts", "text", "day", "moment"),
    [
        (["05.11.2026 12:00:00 UTC"], "05.11.2026 12:00:00 UTC", date(2026, 11, 5), NOON),
        (["05.11.2026"], "05.11.2026", date(2026, 11, 5), None),
        (["2026-11-05 12:00:00 UTC"], "2026-11-05 12:00:00 UTC", date(2026, 11, 5), NOON),
        (["2026-11-05T12:00:00+00:00"], "2026-11-05T17:30:00+05:30", date(2026, 11, 5), NOON),
        (["11/05/26", "11/25/26"], "11/05/26", date(2026, 11, 5), None),
        (["05/11/2026", "25/11/2026"], "05/11/2026 12:00:00 UTC", date(2026, 11, 5), NOON),
        (["5-11-2026", "25-11-2026"], "5-11-2026 12:00", date(2026, 11, 5), NOON),
        (["05/05/2026"], "05/05/2026", date(2026, 5, 5), None),
        (["11/05/26", "11/25/26"], "2026-11-05 12:00:00 GMT", date(2026, 11, 5), NOON),
    ],
)
def test_a_date_is_read_in_the_style_that_its_document_shows(texts, text, day, moment):
    written = decide_dates(["", *texts]).read(text)
    assert (written.day, written.moment) == (day, moment)


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["11/05/26"], "nothing tells whether '11/05/26' begins with the day or with the month"),
        (["25/11/26", "11/25/26"], "contradict each other: '25/11/26' begins with the day, '11/25/26' with the month"),
        (["31/31/26"], "'31/31/26', which no calendar has"),
    ],
)
def test_a_document_whose_dates_leave_the_order_open_is_refused(texts, why):
    with pytest.raises(UndecidableDates, match=why):
        decide_dates(texts)


def test_a_known_period_decides_what_the_dates_leave_open():
    """The posted dates of the first twelve days of a month leave the order open; the period does not."""
    november = [("11/05/26", datetime(2026, 11, 5, tzinfo=UTC)), ("11/12/26", datetime(2026, 11, 12, tzinfo=UTC))]
    texts = ["11/05/26", "11/12/26"]
    assert decide_dates(texts, Period(november)).read("11/06/26").day == date(2026, 11, 6)
    swapped = [(text, moment.replace(month=moment.day, day=11)) for text, moment in november]
    assert decide_dates(texts, Period(swapped)).read("11/06/26").day == date(2026, 6, 11)
    iso = [("2026-11-05", november[0][1]), ("2026-11-12", november[1][1])]
    assert decide_dates(["11/07/26"], Period(iso, ["11/07/26"])).read("11/07/26").day == date(2026, 11, 7)
    for unknown in (
        Period(),
        Period(iso),
        Period(iso, ["03/02/26"]),
        Period([("11/05/26", datetime(2026, 2, 1, tzinfo=UTC))]),
    ):
        with pytest.raises(UndecidableDates, match="nothing tells"):
            decide_dates(["11/07/26"], unknown)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "32.11.2026", "05.13.2026", "05.11.2026 12:00:00 IST", "11/05/26", "05.11.26.07"]
)
def test_a_text_that_is_no_date_in_the_style_is_an_error_that_does_not_quote_it(text):
    with pytest.raises(ValueError, match=r"^(?!.*2026)") as raised:
        decide_dates(["05.11.2026"]).read(text)
    assert not text or text not in str(raised.value)
