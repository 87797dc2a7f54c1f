"""A wrong declaration stops the code location when it loads; the message names the file and the line to fix."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import pytest
from typing_extensions import TypedDict

from xpert_pipeline.assets.inventory import fba_inventory
from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.definitions import build_definitions
from xpert_pipeline.settings import Settings
from xpert_pipeline.sources.changes import ChangeFeed
from xpert_pipeline.sources.declarations import ROLES, DeclarationError, require_valid
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.sources.snapshot_pages import Pages
from xpert_pipeline.sources.windows import Restatement
from xpert_pipeline.spapi import library
from xpert_pipeline.spapi.operations.paging import Page
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.tables.columns import At
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, MarketplaceId, Quantity

HERE = Path(__file__)
TWO_DAYS = Restatement(restated=timedelta(days=2), oldest=timedelta(days=30))


class StockRow(TypedDict):
    """A row that is declared well."""

    marketplace_id: MarketplaceId
    sku: Annotated[Id, At("sku"), "The SKU."]
    units: Annotated[Quantity, At("units"), "Its units."]


class UnfilledRow(TypedDict):
    """A row with two columns that nothing fills."""

    marketplace_id: MarketplaceId
    sku: Annotated[Id, At("sku"), "The SKU."]
    units: Annotated[Quantity, "Its units."]  # declared: unfilled units
    counted_on: Annotated[
        date | None,
        "Day of the count.",
    ]


class UnexplainedRow(TypedDict):
    """A row with a column that nobody explains."""

    marketplace_id: MarketplaceId
    sku: Annotated[Id, At("sku"), "The SKU."]
    units: Annotated[Quantity, At("units")]  # declared: unexplained


def stock(**options):
    """The contract of a table whose migration exists."""
    return Table(**{"name": "products", "row": StockRow, "key": ("marketplace_id", "sku"), "day": None, **options})


def pages_of(operation):
    return Pages(operation=operation, walk=lambda *_: iter([Page([], {}, is_first=True)]), page_size=50)


def declared(marker):
    """File and line of a declaration in this file."""
    (line,) = [
        n for n, text in enumerate(HERE.read_text().splitlines(), start=1) if text.endswith(f"# declared: {marker}")
    ]
    return f"{HERE}:{line}"


def problems_of(*sources):
    """What keeps a code location from loading: a place and a text for each problem."""
    environ = {"XPERT_START_DATE": "2026-01-01"}
    with pytest.raises(DeclarationError) as error:
        build_definitions(Settings.from_env(environ), environ, sources)
    first, *lines = str(error.value).splitlines()
    assert first == "some sources are declared incorrectly:"
    return [tuple(re.fullmatch(r"- (\S+:\d+): (.*)", line).groups()) for line in lines]


def test_the_sources_of_the_pipeline_are_declared_well():
    require_valid(SOURCES)
    for source in SOURCES:
        file, line = source.declared_at.rsplit(":", 1)
        text = Path(file).read_text().splitlines()[int(line) - 1]
        assert Path(file).parts[-3] == "assets"
        assert re.match(r"SOURCE = \w+\(", text), source.step


def test_a_table_of_two_sources_is_refused():
    first = Snapshot(  # declared: first of two
        table=stock(),
        group="catalog",
        roles=("Product Listing",),
        pages=pages_of("searchListingsItems"),
    )
    second = Snapshot(  # declared: second of two
        table=stock(), group="catalog", roles=("Product Listing",), pages=pages_of("searchListingsItems")
    )
    assert problems_of(first, second) == [
        (
            declared("second of two"),
            f"table products is also filled by the source declared at {declared('first of two')}: remove one of the two",
        )
    ]


def test_a_table_without_a_migration_is_refused():
    source = Snapshot(  # declared: without a migration
        table=stock(name="pallets"),
        group="inventory",
        roles=("Product Listing",),
        pages=pages_of("searchListingsItems"),
    )
    ((place, text),) = problems_of(source)
    assert place == declared("without a migration")
    assert re.fullmatch(r"table pallets has no migration: add /\S+/sql/migrations/NNNN_pallets\.sql", text)


def test_a_column_with_neither_path_nor_parser_is_refused_at_its_own_line():
    source = Snapshot(
        table=stock(row=UnfilledRow), group="catalog", roles=("Product Listing",), pages=pages_of("searchListingsItems")
    )
    units = declared("unfilled units")
    following = f"{HERE}:{int(units.rsplit(':', 1)[1]) + 1}"
    assert problems_of(source) == [
        (units, "column units of products has neither a path (At) nor a parser that fills it"),
        (following, "column counted_on of products has neither a path (At) nor a parser that fills it"),
    ]
    require_valid([replace(source, parse=lambda record, _counterpart, _market: record)])


def test_columns_of_a_report_need_a_path_or_a_parser_too():
    source = WindowedReport(
        table=stock(row=UnfilledRow),
        group="catalog",
        roles=("Product Listing",),
        report="GET_X",
        rule=TWO_DAYS,
        longest=30,
    )
    assert next(place for place, _ in problems_of(source)) == declared("unfilled units")
    require_valid([replace(source, parse=lambda record, _requested, _signals: record)])


def test_a_column_without_a_meaning_is_refused_at_its_own_line():
    source = Snapshot(
        table=stock(row=UnexplainedRow),
        group="catalog",
        roles=("Product Listing",),
        pages=pages_of("searchListingsItems"),
    )
    assert problems_of(source) == [
        (declared("unexplained"), "column units of products has no description: add a text to its Annotated")
    ]


def test_a_source_without_a_role_is_refused():
    source = Snapshot(table=stock(), group="catalog", pages=pages_of("searchListingsItems"))  # declared: without a role
    ((place, text),) = problems_of(source)
    assert place == declared("without a role")
    assert text == f"products names no role: add roles=(…,) with one of {', '.join(ROLES)}"


def test_a_role_that_amazon_does_not_have_is_refused():
    source = Snapshot(  # declared: unknown role
        table=stock(), group="catalog", roles=("Product Listing", "Catalogue"), pages=pages_of("searchListingsItems")
    )
    ((place, text),) = problems_of(source)
    assert place == declared("unknown role")
    assert text.startswith(
        "products names the role 'Catalogue', which Amazon does not have; use one of Amazon Fulfillment, "
    )


def test_marketplaces_that_amazon_does_not_have_are_refused():
    source = replace(fba_inventory.SOURCE, marketplaces=frozenset({"A21TJRUUN4KGV", "India"}))  # declared: India
    ((place, text),) = problems_of(source)
    assert place == declared("India")
    assert text == (
        "fba_inventory names the marketplace 'India', which Amazon does not have; use the ids of spapi/marketplaces.py"
    )


def test_a_derived_table_needs_no_role():
    require_valid([*SOURCES[:2], Derived(table=stock(name="sales_data"), group="sales", after=("orders",))])


def test_an_operation_that_the_library_does_not_know_is_refused():
    source = Snapshot(  # declared: unknown operation
        table=stock(), group="catalog", roles=("Product Listing",), pages=pages_of("getPallets")
    )
    assert problems_of(source) == [
        (
            declared("unknown operation"),
            f"products calls getPallets, which is unknown: add it to OPERATIONS in {library.__file__}",
        )
    ]


def test_an_operation_without_a_usage_plan_is_refused(monkeypatch):
    monkeypatch.setitem(library.OPERATIONS, "getPallets", library.OPERATIONS["searchListingsItems"])
    source = Snapshot(  # declared: without a plan
        table=stock(), group="catalog", roles=("Product Listing",), pages=pages_of("getPallets")
    )
    assert problems_of(source) == [
        (
            declared("without a plan"),
            f"products calls getPallets, which has no usage plan: add one to {usage_plans.__file__}",
        )
    ]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("key", ("marketplace_id", "shelf")),
        ("day", "shelf"),
        ("version", "shelf"),
        ("replaced_by", ("marketplace_id", "shelf")),
    ],
)
def test_an_option_that_names_an_unknown_column_is_refused(option, value):
    source = Snapshot(  # declared: unknown column
        table=stock(**{option: value}),
        group="catalog",
        roles=("Product Listing",),
        pages=pages_of("searchListingsItems"),
    )
    assert problems_of(source) == [
        (
            declared("unknown column"),
            f"products: {option} names the column shelf, which the row type does not have",
        )
    ]


def test_an_upstream_that_no_source_fills_is_refused():
    source = Derived(table=stock(name="sales_data"), group="sales", after=("pallets",))  # declared: unknown upstream
    assert problems_of(source) == [
        (declared("unknown upstream"), "sales_data comes after pallets, which no source fills")
    ]


def test_a_subject_outside_the_key_is_refused():
    source = Derived(table=stock(name="sales_data"), group="sales", subject="units")  # declared: subject
    assert problems_of(source) == [
        (
            declared("subject"),
            (
                "sales_data: subject names units, which is not part of the key of sales_data: name a column of the "
                "key, or leave subject out"
            ),
        )
    ]


def test_all_problems_are_named_at_once():
    source = Snapshot(  # declared: all wrong
        table=stock(row=UnexplainedRow, key=("shelf",)),
        group="catalog",
        after=("pallets",),
        pages=pages_of("getPallets"),
    )
    other = ChangeFeed(  # declared: feed all wrong
        feed=replace(SOURCES[1].feed, operation="getParcels", bulk=None), group="orders"
    )
    places = [place for place, _ in problems_of(source, other)]
    assert places == [
        declared("unexplained"),
        *[declared("all wrong")] * 3,
        *[declared("feed all wrong")] * 2,
        declared("all wrong"),
    ]


@dataclass(frozen=True, kw_only=True)
class OwnSnapshot(Snapshot):
    """A kind that a domain made of the framework's."""


def test_a_source_of_a_domains_own_kind_knows_its_line():
    source = OwnSnapshot(table=stock(), group="catalog", pages=pages_of("searchListingsItems"))  # declared: own kind
    assert source.declared_at == declared("own kind")


def test_a_changed_copy_of_a_source_names_the_line_of_the_change():
    source = replace(fba_inventory.SOURCE, roles=())  # declared: copy
    assert source.declared_at == declared("copy")
