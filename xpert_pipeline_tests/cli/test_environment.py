"""What a command sets for the code location and for child processes."""

import os
from uuid import UUID

import pytest

from xpert_pipeline.cli.environment import export_timezone
from xpert_pipeline.postgres.sellers import Seller

JAPAN, INDIA, AMERICA = "A1VC38T7YXB528", "A21TJRUUN4KGV", "ATVPDKIKX0DER"


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    monkeypatch.setenv("XPERT_TIMEZONE", "")


def seller(*marketplace_ids):
    return Seller(UUID(int=1), "A1", "Books", "eu", marketplace_ids, "Asia/Kolkata", "active", None, False, True)


def test_the_partitions_end_with_the_newest_day_of_any_seller():
    """With India's days, a Japanese seller's new day could not be synced until half past three in the morning."""
    export_timezone([seller(AMERICA), seller(INDIA, JAPAN)])
    assert os.environ["XPERT_TIMEZONE"] == "Asia/Tokyo"


def test_a_seller_in_america_is_not_on_indias_days():
    export_timezone([seller(AMERICA)])
    assert os.environ["XPERT_TIMEZONE"] == "America/Los_Angeles"


def test_a_chosen_time_zone_stays(monkeypatch):
    monkeypatch.setenv("XPERT_TIMEZONE", "Europe/Berlin")
    export_timezone([seller(JAPAN)])
    assert os.environ["XPERT_TIMEZONE"] == "Europe/Berlin"


def test_without_sellers_nothing_is_chosen():
    export_timezone([])
    assert os.environ["XPERT_TIMEZONE"] == ""
