"""Present states of many records are read from a report; an incomplete or odd one loses and deletes nothing."""

import time
from dataclasses import replace

import pytest

from xpert_pipeline.assets.catalog import products
from xpert_pipeline.spapi.documents.charsets import REPLACED
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings(DAGSTERS_OWN),
    pytest.mark.timeout(120),
    pytest.mark.usefixtures("by_report"),
]
LISTINGS = ["products"]
CARRIED = tuple(products.REPORT_COLUMNS)


@pytest.fixture
def stock(empty_pipeline, make_sandbox):
    """A seller with listings in the real sandbox."""
    empty_pipeline.serve(make_sandbox(skus=120))
    return empty_pipeline


@pytest.fixture
def by_report(monkeypatch):
    """The report is read whatever the number of listings."""
    monkeypatch.setitem(vars(products.SOURCE.bulk), "above", 0)


@pytest.fixture
def never_by_pages(monkeypatch):
    """There are too many listings to read pages instead of an incomplete report."""
    monkeypatch.setitem(vars(products.SOURCE.bulk), "pages_up_to", 0)


def read(pipeline, tables=LISTINGS, **options):
    time.sleep(1.1 if options.get("refetch") else 0)  # a report of the same second would serve
    return pipeline.run(tables=tables, days=[pipeline.today], **options)


def windows(pipeline):
    """Kind, numbers and details of each load, in order."""
    loads = sorted(pipeline.rows("loads"), key=lambda load: load["finished_at"])
    return [(load["window_kind"], load["fetched"], load["deleted"], load["details"]) for load in loads]


def change_listings(pipeline, change):
    """Put other listings into the sandbox's world."""
    world = pipeline.sandbox.state.worlds[pipeline.sellers[0]]
    pipeline.sandbox.state.worlds[world.seller_id] = replace(world, listings=change(list(world.listings)))


def facts(pipeline, *columns):
    """Columns of the table's rows, by SKU."""
    return {row["sku"]: {name: row[name] for name in columns or row} for row in pipeline.rows("products")}


def test_a_short_report_of_listings_is_an_incomplete_reading_and_the_next_sync_requests_another(stock, by_report):
    stock.fault("listings-report-short")
    stock.fault("listings-page-short")
    done = read(stock, LISTINGS)
    assert done.states == {"products": "incomplete"}
    total = len(stock.truth("products"))
    ((kind, _, _, details),) = windows(stock)
    assert kind == "partial"
    text = f"Amazon counts {total} listings, but GET_MERCHANT_LISTINGS_ALL_DATA returned {total // 2}"
    assert details["short_report"] == text
    assert f"Amazon counts {total} listings, but searchListingsItems returned" in done.reasons["products"]
    stock.mend()
    assert read(stock, LISTINGS).states == {"products": "ok"}
    assert stock.calls("createReport") == 2
    assert windows(stock)[-1][:3] == ("snapshot", total, 0)
    assert len(stock.rows("products")) == total


def test_a_whole_report_of_listings_deletes_those_that_are_gone(stock, by_report):
    read(stock, LISTINGS)
    change_listings(stock, lambda listings: listings[1:])
    done = read(stock, LISTINGS, refetch=True)
    assert done.counts["products"]["deleted"] == 1
    assert [row["sku"] for row in stock.rows("products")] == sorted(row["sku"] for row in stock.truth("products"))


def test_listings_that_a_short_report_lacks_are_read_by_pages(stock):
    """A report that was DONE with 600 of 1,200 lines stood as a snapshot."""
    stock.fault("listings-report-short")
    done = read(stock)
    total = len(stock.truth("products"))
    assert done.states == {"products": "ok"}
    ((kind, fetched, deleted, details),) = windows(stock)
    assert (kind, fetched, deleted) == ("snapshot", total, 0)
    assert details["short_report"].endswith(f"GET_MERCHANT_LISTINGS_ALL_DATA returned {total // 2}")
    stock.assert_whole(*LISTINGS)


@pytest.mark.usefixtures("never_by_pages")
def test_a_second_count_that_fails_costs_no_row_that_arrived(stock):
    """Amazon counts again after a short report; its answer only helps, so the first count decides without it."""
    stock.fault("listings-report-short")
    stock.fault("500-json", operation="searchListingsItems", skip=1)
    done = read(stock)
    assert (done.success, done.states) == (True, {"products": "incomplete"})
    total = len(stock.truth("products"))
    assert len(stock.rows("products")) == total // 2
    assert f"Amazon counts {total} listings, but" in done.reasons["products"]


@pytest.mark.usefixtures("never_by_pages")
@pytest.mark.parametrize("refetch", [False, True])
@pytest.mark.parametrize("fault", ["listings-report-header-only", "listings-report-short"])
def test_a_report_with_fewer_lines_than_amazon_counts_neither_empties_the_table_nor_stands(stock, fault, refetch):
    """A report that was DONE with its header alone, while the search counted 1,200 listings, was called complete."""
    if refetch:
        read(stock)
    before = facts(stock)
    stock.fault(fault)
    done = read(stock, refetch=refetch)
    assert (done.success, done.states) == (True, {"products": "incomplete"})
    assert windows(stock)[-1][0] == "partial"
    assert windows(stock)[-1][2] == 0
    if refetch:
        assert facts(stock) == before
    stock.mend()
    assert read(stock, refetch=refetch).states == {"products": "ok"}
    assert windows(stock)[-1][0] == "snapshot"
    assert facts(stock).keys() == {row["sku"] for row in stock.truth("products")}


@pytest.mark.usefixtures("never_by_pages")
def test_lines_that_come_twice_do_not_stand_for_those_that_are_missing(stock):
    total = len(stock.truth("products"))
    stock.fault("listings-report-repeats")
    assert read(stock).states == {"products": "incomplete"}
    ((kind, fetched, _, details),) = windows(stock)
    assert (kind, fetched) == ("partial", total)
    assert f"returned {total // 2}" in details["incomplete"]


def test_many_changes_make_a_whole_reading_of_the_report(stock, monkeypatch):
    read(stock)
    monkeypatch.setitem(vars(products.SOURCE.bulk), "above", 20)
    now = int(time.time())
    change_listings(stock, lambda listings: [replace(one, updated=now, price="9.00") for one in listings[1:]])
    time.sleep(2.1)  # a report of the second of the first one is not taken for a new one
    done = read(stock)
    assert done.counts["products"]["deleted"] == 1
    assert windows(stock)[-1][0] == "snapshot"
    assert {row["price"] for row in facts(stock, "price").values()} == {9}


def test_columns_that_a_report_lacks_keep_their_values(stock):
    """A report without asin1 or status overwrote 1,200 known values with NULL."""
    read(stock)
    before = facts(stock, "asin", "status", "item_name", "quantity")
    assert all(row["asin"] and row["status"] is not None for row in before.values())
    change_listings(stock, lambda listings: [replace(listings[0], title="New title"), *listings[1:]])
    stock.fault("listings-report-lacks-columns")
    done = read(stock, refetch=True)
    assert done.states == {"products": "ok"}
    assert done.counts["products"]["updated"] == 1
    (changed,) = [sku for sku, row in facts(stock, *CARRIED).items() if row["item_name"] == "New title"]
    before[changed]["item_name"] = "New title"
    assert facts(stock, "asin", "status", "item_name", "quantity") == before


def test_a_new_row_of_a_report_without_asin1_has_the_asin_of_its_product_id(stock):
    stock.fault("listings-report-lacks-columns")
    read(stock)
    assert {sku: row["asin"] for sku, row in facts(stock, "asin").items()} == {
        row["sku"]: row["asin"] for row in stock.truth("products")
    }
    assert {str(row["status"]) for row in facts(stock, "status").values()} == {"None"}


def test_needless_columns_of_one_name_and_another_spelling_change_nothing(stock):
    """Two columns of the name "Deprecated column" had the whole report refused; fulfilment-channel was not known."""
    stock.fault("listings-report-other-columns")
    assert read(stock).states == {"products": "ok"}
    assert stock.differences("products", only=CARRIED) == []


def test_lines_of_another_length_than_the_header_are_set_apart_and_their_rows_stay(stock):
    """A tab inside a description moved the cells of its line: the SKU was the listing id, and nobody noticed."""
    read(stock)
    before = facts(stock)
    change_listings(stock, lambda listings: listings[:-1])
    stock.fault("listings-report-ragged")
    done = read(stock, refetch=True)
    assert done.states == {"products": "ok"}
    assert (
        done.counts["products"] | {"rejected": 2, "inserted": 0, "updated": 0, "deleted": 1} == done.counts["products"]
    )
    gone = before.keys() - facts(stock).keys()
    assert gone == before.keys() - {row["sku"] for row in stock.truth("products")}
    rejected = stock.rows("rejected_records")
    assert {row["reason"] for row in rejected} == {"the line does not have as many cells as the header"}
    assert sum("soft" in row["record"].values() for row in rejected) == 1
    assert all(facts(stock)[sku] == before[sku] for sku in facts(stock))


def test_a_byte_that_is_not_valid_costs_one_character_and_is_told(stock):
    """It changed the charset of the whole report, and every title with a letter beyond ASCII."""
    stock.fault("listings-report-bad-byte")
    assert read(stock).states == {"products": "ok"}
    ((_, _, _, details),) = windows(stock)
    assert details["signals"] == {REPLACED: 1}
    titles = {row["sku"]: row["item_name"] for row in stock.truth("products")}
    wrong = {sku: row["item_name"] for sku, row in facts(stock, "item_name").items() if row["item_name"] != titles[sku]}
    ((sku, title),) = wrong.items()
    assert title == titles[sku] + "\ufffd"
    assert any(not title.isascii() for title in titles.values())


def test_a_report_whose_bytes_stay_damaged_is_replaced_by_pages_in_the_same_run(stock):
    """The table failed, although pages would have shown all listings."""
    stock.fault("truncated-gzip")
    done = read(stock)
    assert (done.errors, done.states) == ({}, {"products": "ok"})
    ((kind, fetched, _, details),) = windows(stock)
    assert (kind, fetched) == ("snapshot", len(stock.truth("products")))
    assert details["short_report"].startswith("its document cannot be read: ")
    stock.assert_whole(*LISTINGS)


def test_a_report_without_a_needed_column_is_replaced_by_pages_and_remembered(stock, monkeypatch):
    """A report that could not be read was requested again, run after run."""
    bulk = products.SOURCE.bulk
    monkeypatch.setitem(vars(bulk), "needs", (*bulk.needs, "no-such-column"))
    assert read(stock).states == {"products": "ok"}
    assert stock.calls("createReport") == 1
    assert "no-such-column" in windows(stock)[0][3]["short_report"]
    assert read(stock, refetch=True).states == {"products": "ok"}
    assert stock.calls("createReport") == 1
    assert [kind for kind, *_ in windows(stock)] == ["snapshot"] * 2
    stock.assert_whole(*LISTINGS)


@pytest.mark.usefixtures("never_by_pages")
def test_an_unreadable_report_of_too_many_listings_fails_and_is_requested_again(stock):
    stock.fault("truncated-gzip")
    assert read(stock).error.startswith("DocumentBroken: seller ")
    stock.mend()
    assert read(stock).states == {"products": "ok"}
    assert stock.calls("createReport") == 2
