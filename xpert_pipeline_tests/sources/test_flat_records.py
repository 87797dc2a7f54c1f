"""What a flat file tells of a table's rows: columns that it fills, stands in for or lacks, and lines without a key."""

import pytest

from xpert_pipeline.assets.catalog.products import PRODUCTS, REPORT_COLUMNS
from xpert_pipeline.assets.inventory.fba_inventory import FBA_INVENTORY
from xpert_pipeline.sources.collect import Carried, Unfit
from xpert_pipeline.sources.flat_records import RAGGED, carried, check_line
from xpert_pipeline.spapi.documents.flat_files import Ragged
from xpert_pipeline_tests.assets.orders.payloads import INDIA, market_of

COLUMNS = {"marketplace_id": (), "sku": ("seller-sku",), "asin": ("asin1", "product-id"), "status": ("status",)}
FULL = ("marketplace_id", "sku", "asin", "status")


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        ({"seller-sku", "asin1", "product-id", "status", "more"}, Carried(FULL)),
        ({"seller-sku", "asin1"}, Carried(("marketplace_id", "sku", "asin"))),
        ({"seller-sku", "product-id", "status"}, Carried(FULL, frozenset({"asin"}))),
        ({"seller-sku"}, Carried(("marketplace_id", "sku"))),
    ],
)
def test_a_file_carries_the_columns_whose_cells_it_has(came, expected):
    assert carried(COLUMNS, came) == expected


def test_every_column_that_the_listings_report_fills_is_a_column_of_the_table():
    assert set(REPORT_COLUMNS) <= set(PRODUCTS.columns)


@pytest.mark.parametrize("line", [{"seller-sku": "L1", "listing-id": None}, {"seller-sku": "L1", "": "A\tB"}])
def test_the_key_of_a_line_of_another_length_may_be_any_of_its_cells(line):
    with pytest.raises(Unfit, match=RAGGED) as caught:
        check_line(Ragged(line), PRODUCTS, market_of(INDIA))
    cells = [cell for value in line.values() if value for cell in value.split("\t")]
    assert caught.value.may_be == [{"marketplace_id": INDIA, "sku": cell} for cell in cells]


def test_a_line_of_another_length_may_be_any_row_of_a_table_with_a_longer_key():
    with pytest.raises(Unfit, match=RAGGED) as caught:
        check_line(Ragged({"sku": None}), FBA_INVENTORY, market_of(INDIA))
    assert caught.value.may_be is None


def test_a_line_as_long_as_the_header_passes():
    check_line({"seller-sku": "A", "price": ""}, PRODUCTS, market_of(INDIA))
