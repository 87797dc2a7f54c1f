"""The list of sources: the only place that names all tables. Everything else reads it."""

from xpert_pipeline.assets.catalog import products
from xpert_pipeline.assets.finance import economics_daily
from xpert_pipeline.assets.inventory import fba_inventory
from xpert_pipeline.assets.orders import feed
from xpert_pipeline.assets.sales import sales_data, traffic_daily
from xpert_pipeline.sources.source import Source
from xpert_pipeline.tables.contract import Table

SOURCES: tuple[Source, ...] = (
    products.SOURCE,
    feed.SOURCE,
    sales_data.SOURCE,
    fba_inventory.SOURCE,
    economics_daily.SOURCE,
    traffic_daily.SOURCE,
)
TABLES: tuple[Table, ...] = tuple(table for source in SOURCES for table in source.tables)
