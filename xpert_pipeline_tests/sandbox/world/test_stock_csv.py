"""A stock list beside an order file: the world ends with the units of the list, SKU by SKU."""

import csv
import gzip
import lzma
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from xpert_pipeline.sandbox.inventory.truth import inventory_ledger
from xpert_pipeline.sandbox.marketplaces import INDIA
from xpert_pipeline.sandbox.world import csv_world
from xpert_pipeline.sandbox.world.holdings import holdings
from xpert_pipeline.sandbox.world.listing_facts import own_quantity
from xpert_pipeline.sandbox.world.stock import stock_of
from xpert_pipeline.sandbox.world.stock_csv import NotAStockListError, read_stock
from xpert_pipeline_tests.sandbox.world.exports import write_export

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
ORDERS, STOCK = SHARED / "amazon-in-orders-2022-04-05.csv.xz", SHARED / "sale-report.csv.xz"
LAST = date(2026, 11, 20)
HEADER = "index,SKU Code,Design No.,Stock,Category,Size,Color\n"
LINES = """\
0,FBA-MANY,D1,500.0,KURTA,L,Red
1,FBA-NONE,D1,0.0,KURTA,L,Red
2,FBA-OPEN,D1,4.0,KURTA,L,Red
3,OWN,D2,3.0,KURTA,L,Red
4,OWN,D2,4,KURTA,L,Blue
5,,D3,9.0,KURTA,L,Red
6,#REF!,D3,9.0,KURTA,L,Red
7,FBA-UNKNOWN,D4,,KURTA,L,Red
8,UNSOLD,D5,2.0,AN : LEGGINGS,XL,Gold
9,SOLD-OUT,D6,0.0,SET,,
"""


def sold(sku, place, **changes):
    return {"SKU": sku, "Order ID": f"405-000000{place}-0000001", "ASIN": f"B00000000{place}", **changes}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stock")
    orders = [
        *(sold(sku, place) for place, sku in enumerate(("FBA-MANY", "FBA-NONE", "FBA-UNKNOWN", "OTHER"), 1)),
        sold("FBA-OPEN", 5, Status="Pending", Qty="2"),
        sold("OWN", 6, Fulfilment="Merchant"),
    ]
    stock = folder / "stock.csv"
    stock.write_text(HEADER + LINES, encoding="utf-8")
    return write_export(folder / "orders.csv", orders), stock


@pytest.fixture(scope="module")
def worlds(files):
    """The world of the orders with the stock list, and without it."""
    orders, stock = files
    return csv_world.build(orders, "A1", LAST, stock), csv_world.build(orders, "A1", LAST)


def free_units(world):
    """Units by SKU that no order has taken: those at Amazon that can be sold or travel within it, and the seller's own."""
    units = defaultdict(int)
    for held in holdings(stock_of(world, INDIA, world.end)):
        units[held.line.sku] += held.fulfillable + held.transshipment + held.fc_processing
    for listing in world.listings:
        units[listing.sku] += own_quantity(listing) or 0
    return dict(units)


def test_every_sku_ends_with_the_units_of_the_list(worlds):
    """Lines of one SKU are added up: 3 + 4. A blank code, #REF! and an unknown number say nothing."""
    world, invented = map(free_units, worlds)
    listed = {"FBA-MANY": 500, "FBA-NONE": 0, "FBA-OPEN": 4, "OWN": 7, "UNSOLD": 2, "SOLD-OUT": 0}
    assert {sku: world[sku] for sku in listed} == listed
    assert set(world) - set(listed) == {"FBA-UNKNOWN", "OTHER"}
    assert {sku: world[sku] for sku in ("FBA-UNKNOWN", "OTHER")} == {
        sku: invented[sku] for sku in ("FBA-UNKNOWN", "OTHER")
    }


def test_the_ledger_leads_to_these_units_and_has_no_day_below_zero(worlds):
    rows = list(inventory_ledger(worlds[0]))
    assert all(row["opening_quantity"] >= 0 and row["closing_quantity"] >= 0 for row in rows)
    moved = [name for name in rows[0] if name.endswith("_quantity")]
    parts = [name for name in moved if name not in ("opening_quantity", "closing_quantity", "in_transit_quantity")]
    assert all(row["opening_quantity"] + sum(row[name] for name in parts) == row["closing_quantity"] for row in rows)
    last = {row["sku"]: row["closing_quantity"] for row in rows if row["disposition"] == "SELLABLE"}
    assert (last["FBA-MANY"], last["FBA-NONE"], last["FBA-OPEN"]) == (500, 0, 6)


def test_a_sku_that_was_never_sold_is_a_listing_without_a_price(worlds):
    with_list, without = ({listing.sku: listing for listing in world.listings} for world in worlds)
    assert with_list.keys() - without.keys() == {"UNSOLD", "SOLD-OUT"}
    unsold = with_list["UNSOLD"]
    assert (unsold.quantity, unsold.price, unsold.active, unsold.fba) == (2, None, True, False)
    assert unsold.title == "An : leggings D5 Gold (Size XL)"
    assert with_list["SOLD-OUT"].active is False
    assert worlds[0].orders == worlds[1].orders


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("SKU,Units\nA,1\n", "has no column SKU Code, Stock"),
        (HEADER, "contains no SKU with a known stock"),
        (HEADER + "0,A,D,1.5,K,L,R\n", r"line 2: '1.5' is not a number of units"),
        (HEADER + "0,A,D,-1,K,L,R\n", "line 2: '-1' is not a number of units"),
        (HEADER + "0,A,D,many,K,L,R\n", "line 2: 'many' is not a number of units"),
        (HEADER + "0,A,D,nan,K,L,R\n", "line 2: 'nan' is not a number of units"),
    ],
)
def test_a_file_that_is_no_stock_list_is_refused_with_the_reason(tmp_path, content, reason):
    path = tmp_path / "stock.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(NotAStockListError, match=reason):
        read_stock(path)


def test_a_damaged_or_missing_stock_list_is_named(tmp_path):
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress((HEADER + LINES * 50).encode())[:-30])
    for path in (cut, tmp_path / "gone.csv"):
        with pytest.raises(NotAStockListError, match=f"{path.name} cannot be read as a stock list"):
            read_stock(path)


@pytest.mark.skipif(not STOCK.exists(), reason="the real files are not at hand")
def test_the_list_of_a_real_seller_has_each_sku_once_and_all_of_its_units():
    """9,271 lines: 100 repeated codes, most of them blank or #REF!; 36 lines without a number of units."""
    with lzma.open(STOCK, "rt", encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["SKU Code"].strip() not in ("", "#REF!")]
    known = [line for line in lines if line["Stock"]]
    stock = read_stock(STOCK)
    assert set(stock) == {line["SKU Code"].strip() for line in known}
    assert sum(one.units for one in stock.values()) == sum(int(float(line["Stock"])) for line in known)
    assert stock["PJNE3405-KR-5XL"].units == 158


@pytest.mark.skipif(not (STOCK.exists() and ORDERS.exists()), reason="the real files are not at hand")
def test_the_world_of_a_real_seller_ends_with_the_stock_of_its_list():
    world = csv_world.build(ORDERS, "A1", LAST, STOCK)
    stock, units = read_stock(STOCK), free_units(world)
    assert {sku: units[sku] for sku in stock} == {sku: one.units for sku, one in stock.items()}
    assert len({listing.sku for listing in world.listings_of((INDIA,))}) == len(world.listings) > len(stock)
