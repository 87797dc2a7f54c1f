"""The list of tables: what is the same for all of them (checks, contract tests, docs) is generated from it."""

from xpert_pipeline.tables.catalog import PRODUCTS
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.economics import ECONOMICS_DAILY
from xpert_pipeline.tables.orders import ORDER_ITEMS, ORDERS
from xpert_pipeline.tables.sales import SALES_DATA
from xpert_pipeline.tables.traffic import TRAFFIC_DAILY

TABLES: tuple[Table, ...] = (PRODUCTS, ORDERS, ORDER_ITEMS, SALES_DATA, ECONOMICS_DAILY, TRAFFIC_DAILY)
