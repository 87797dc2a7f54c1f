"""The list of sources: the only place that names all tables. Everything else reads it."""

from importlib import import_module
from pkgutil import walk_packages

from xpert_pipeline import assets
from xpert_pipeline.assets.catalog import products
from xpert_pipeline.assets.finance import economics_daily
from xpert_pipeline.assets.inventory import fba_inventory, inventory_ledger
from xpert_pipeline.assets.orders import feed
from xpert_pipeline.assets.sales import sales_data, traffic_daily
from xpert_pipeline.sources.source import Source
from xpert_pipeline.tables.contract import Table

SOURCES: tuple[Source, ...] = (
    products.SOURCE,
    feed.SOURCE,
    sales_data.SOURCE,
    fba_inventory.SOURCE,
    inventory_ledger.SOURCE,
    economics_daily.SOURCE,
    traffic_daily.SOURCE,
)
TABLES: tuple[Table, ...] = tuple(table for source in SOURCES for table in source.tables)


def declared_sources() -> tuple[Source, ...]:
    """Every `SOURCE` that a module of a domain declares, listed or not."""
    names = [module.name for module in walk_packages(assets.__path__, f"{assets.__name__}.") if module.name != __name__]
    sources = (getattr(import_module(name), "SOURCE", None) for name in names)
    return tuple(source for source in sources if source is not None)
