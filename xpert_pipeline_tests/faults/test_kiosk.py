"""Data Kiosk, end to end: days are read whole and once, restated days again, and nothing is lost on the way."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from xpert_pipeline.sandbox import kiosk_api

KIOSK = ["economics_daily", "traffic_daily"]
SOURCES = ["products", *KIOSK]


@pytest.fixture
def kiosk(empty_pipeline, make_sandbox):
    empty_pipeline.serve(make_sandbox(days=20, orders_per_day=8, skus=40))
    return empty_pipeline


def test_both_tables_hold_what_amazon_says_and_a_second_run_changes_nothing(kiosk):
    assert kiosk.run(tables=SOURCES).errors == {}
    kiosk.assert_whole(*KIOSK)
    asked = kiosk.calls("createQuery")
    again = kiosk.run(tables=SOURCES)
    assert {
        (again.counts[table]["inserted"], again.counts[table]["updated"], again.counts[table]["deleted"])
        for table in KIOSK
    } == {(0, 0, 0)}
    assert kiosk.calls("createQuery") - asked <= 3
    kiosk.assert_whole(*KIOSK)
