"""Listings are read whole from time to time, and by their changes in between."""

import time
from dataclasses import replace

import pytest

from xpert_pipeline.assets.catalog import products
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.snapshots import read, stock, windows

__all__ = ["stock"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
LISTINGS = ["products"]
KEPT = "These were loaded, and nothing is deleted"


@pytest.fixture
def days_pass(admin):
    """Let all loads so far have happened days ago."""
    moments = ("started_at", "finished_at", "window_start", "window_end")

    def pass_(days):
        moved = ", ".join(f"{name} = {name} - make_interval(days => %(days)s)" for name in moments)
        admin.execute(f"update loads set {moved}", {"days": days})

    return pass_


def change_listings(pipeline, change):
    """Put other listings into the sandbox's world."""
    world = pipeline.sandbox.state.worlds[pipeline.sellers[0]]
    pipeline.sandbox.state.worlds[world.seller_id] = replace(world, listings=change(list(world.listings)))


def test_listings_are_read_whole_first_and_then_their_changes_only(stock):
    assert read(stock, LISTINGS).states == {"products": "ok"}
    assert read(stock, LISTINGS).states == {"products": "up_to_date"}, "nothing changed"
    assert [window[0] for window in windows(stock, "products")] == ["snapshot", "updated"]
    before = stock.rows("products")
    assert read(stock, LISTINGS, refetch=True).counts["products"]["unchanged"] == len(before)
    assert [window[0] for window in windows(stock, "products")] == ["snapshot", "updated", "snapshot"]
    assert stock.rows("products") == before


def test_a_listing_that_is_gone_loses_its_row_in_the_next_whole_reading(stock):
    read(stock, LISTINGS)
    gone = stock.sandbox.state.worlds[stock.sellers[0]].listings[0].sku
    change_listings(stock, lambda listings: listings[1:])
    assert read(stock, LISTINGS).success
    assert gone in [row["sku"] for row in stock.rows("products")], "changes name no listing that is gone"
    done = read(stock, LISTINGS, refetch=True)
    assert done.counts["products"]["deleted"] == 1
    stock.assert_whole(*LISTINGS)


def test_fewer_listings_than_amazon_counts_are_read_again_once_and_then_loaded_as_an_incomplete_reading(stock):
    total = len(stock.truth("products"))
    stock.fault("listings-page-short")
    done = read(stock, LISTINGS)
    assert done.success
    assert done.states == {"products": "incomplete"}
    ((kind, fetched, deleted, details),) = windows(stock, "products")
    assert (kind, deleted) == ("partial", 0)
    assert 0 < fetched < total
    assert (details["counted_by_amazon"], details["received"]) == (total, fetched)
    text = f"Amazon counts {total} listings, but searchListingsItems returned {fetched}. {KEPT}; the next sync reads everything again"
    assert text in done.reasons["products"]
    assert details["incomplete"] == text
    assert stock.struck("listings-page-short") >= 2, "two readings"
    assert len(stock.rows("products")) == fetched

    stock.mend()
    assert read(stock, LISTINGS).states == {"products": "ok"}
    assert [window[0] for window in windows(stock, "products")] == ["partial", "snapshot"]
    stock.assert_whole(*LISTINGS)


def test_one_short_reading_is_made_good_by_the_second(stock):
    stock.fault("listings-page-short", count=1)
    done = read(stock, LISTINGS)
    assert (done.states, done.reasons) == ({"products": "ok"}, {})
    assert [window[0] for window in windows(stock, "products")] == ["snapshot"]
    stock.assert_whole(*LISTINGS)


def test_an_incomplete_reading_deletes_no_row_of_an_earlier_one(stock):
    read(stock, LISTINGS)
    before = stock.rows("products")
    stock.fault("listings-page-short")
    assert read(stock, LISTINGS, refetch=True).states == {"products": "incomplete"}
    assert stock.rows("products") == before


def test_changes_that_did_not_all_arrive_are_read_again_from_the_same_moment(stock):
    read(stock, LISTINGS)
    now = int(time.time())
    change_listings(
        stock, lambda listings: [replace(listing, updated=now) for listing in listings[:40]] + listings[40:]
    )
    stock.fault("listings-page-short")
    assert read(stock, LISTINGS).states == {"products": "incomplete"}
    stock.mend()
    assert read(stock, LISTINGS).states == {"products": "ok"}
    assert [window[0] for window in windows(stock, "products")] == ["snapshot", "partial", "updated"]
    stock.assert_whole(*LISTINGS)


def test_a_null_among_the_listings_is_counted_and_the_reading_is_incomplete(stock):
    """The walk of the listings crashed on it, and the table failed."""
    total = len(stock.truth("products"))
    stock.fault("listings-page-null")
    done = read(stock, LISTINGS)
    assert (done.success, done.states) == (True, {"products": "incomplete"})
    ((kind, fetched, _, details),) = windows(stock, "products")
    pages = -(-total // 20)
    assert (kind, fetched) == ("partial", total - pages)
    assert details["signals"] == {"null among records": pages}


def test_a_count_of_none_is_checked_by_a_look_at_the_first_page(stock, monkeypatch):
    """A seller whose listings Amazon once counted as 0 had an empty table, and only their changes from then on."""
    asked = iter([0])
    count = products.SOURCE.pages.count
    monkeypatch.setitem(vars(products.SOURCE.pages), "count", lambda *about: next(asked, None) or count(*about))
    assert read(stock, LISTINGS).states == {"products": "ok"}
    stock.assert_whole(*LISTINGS)


def test_listings_deleted_while_they_are_read_make_the_reading_no_less_complete(stock, monkeypatch):
    total = len(stock.truth("products"))
    asked = iter([total + 2])
    count = products.SOURCE.pages.count
    monkeypatch.setitem(vars(products.SOURCE.pages), "count", lambda *about: next(asked, None) or count(*about))
    done = read(stock, LISTINGS)
    assert (done.states, done.reasons) == ({"products": "ok"}, {})
    ((kind, fetched, _, details),) = windows(stock, "products")
    assert (kind, fetched, details["counted_by_amazon"]) == ("snapshot", total, total)


def test_listings_are_read_whole_again_when_a_week_has_passed(stock, days_pass):
    """A listing that is gone, or changes without its update time moving, was never noticed after the first reading."""
    read(stock, LISTINGS)
    listings = stock.sandbox.state.worlds[stock.sellers[0]].listings
    changed, gone = (one.sku for one in sorted(listings, key=lambda one: one.updated)[:2])  # not of these days
    new = {changed: {"price": "1.00"}}
    change_listings(
        stock, lambda listings: [replace(one, **new.get(one.sku, {})) for one in listings if one.sku != gone]
    )
    assert read(stock, LISTINGS).states == {"products": "up_to_date"}
    days_pass(5)
    read(stock, LISTINGS)
    assert gone in [row["sku"] for row in stock.rows("products")]
    days_pass(2)
    done = read(stock, LISTINGS)
    assert done.counts["products"] | {"deleted": 1, "updated": 1} == done.counts["products"]
    assert [window[0] for window in windows(stock, "products")] == ["snapshot", "updated", "updated", "snapshot"]
    stock.assert_whole(*LISTINGS)
    read(stock, LISTINGS)
    assert windows(stock, "products")[-1][0] == "updated", "and only the changes after that"


def test_changes_are_followed_from_the_last_whole_reading_on(stock, days_pass):
    """A gap before a whole reading kept the stream at the gap, so each sync read the same changes again."""
    read(stock, LISTINGS)
    days_pass(30)
    read(stock, LISTINGS)
    read(stock, LISTINGS)
    loads = sorted(stock.rows("loads"), key=lambda load: load["finished_at"])
    assert [load["window_kind"] for load in loads] == ["snapshot", "snapshot", "updated"]
    assert loads[2]["window_start"] == loads[1]["window_start"]


def test_of_two_fulfilment_channels_of_a_listing_amazons_is_loaded(stock):
    """The first in the list won: a listing that Amazon fulfils had the seller's own channel, and a quantity."""
    stock.fault("listings-two-channels")
    assert read(stock, LISTINGS).states == {"products": "ok"}
    stock.assert_whole(*LISTINGS)
    assert {row["fulfillment_channel"] for row in stock.rows("products")} >= {"AMAZON_IN"}
