"""Every column of every table has a value somewhere in the sandbox, or its contract says why not."""

import pytest

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.tables.columns import columns_of

pytestmark = pytest.mark.long
STORES = ("A21TJRUUN4KGV", "A1PA6795UKMFR9")
"""India and Germany."""
A_MONTH = {"rate_scale": 0, "days": 30, "orders_per_day": 45, "skus": 80, "marketplaces": STORES}

LONGER = """
with old as (update sales_data set sale_date = sale_date - 90 where sale_date = (select min(sale_date) from sales_data))
update loads set window_start = window_start - interval '90 days' where table_name = 'orders'
"""
"""Velocity looks back for 90 days."""
EARLIER = """
insert into sales_data
select (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'sale_date', s.sale_date - 31))).*
from sales_data as s where s.sale_date > (select max(sale_date) - 18 from sales_data)
"""
"""Weekdays need several weeks with sales."""
COSTS = """
insert into product_costs (seller_id, marketplace_id, sku, currency, unit_cost, valid_from, cost_of, source_file, source_line)
select seller_id, marketplace_id, sku, min(currency), 1, min(sale_date), 'unit cost', 'costs.csv', 1
from sales_data
where currency is not null and sku <> (select max(sku) from sales_data) group by seller_id, marketplace_id, sku
"""


@pytest.fixture
def filled(empty_pipeline, make_sandbox, admin, no_interval_of_reports):
    """All tables of two stores, as Amazon offers some only in Europe; then a price changes, and costs and an old day are loaded."""
    assert all(any(source.is_offered_in(store) for store in STORES) for source in SOURCES)
    empty_pipeline.serve(make_sandbox(**A_MONTH), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=STORES)
    assert empty_pipeline.run().errors == {}
    admin.execute("update products set price = price + 10")
    admin.execute(LONGER)
    admin.execute(EARLIER)
    admin.execute(COSTS)
    tables = ["pricing_history", "velocity_trends", "profit_margins", "forecasting_data", "seasonal_patterns"]
    assert empty_pipeline.run(tables=tables, days=[empty_pipeline.today]).errors == {}
    return empty_pipeline


def test_no_column_is_null_in_every_row_without_a_reason_in_its_contract(filled, by_report):
    """12 of 35 columns of `sales_data` were NULL in every row of every seller, and nothing told it."""
    unfilled = []
    for table in TABLES:
        columns = columns_of(table.row)
        counts = ", ".join(f"count({column.name})" for column in columns)
        rows, *known = filled.one(f"select count(*), {counts} from {table.name}")
        assert rows > 0, table.name
        unfilled += [f"{table.name}.{column.name}" for column, values in zip(columns, known, strict=True) if not values]
    explained = {
        f"{table.name}.{column.name}" for table in TABLES for column in columns_of(table.row) if column.unfilled
    }
    assert set(unfilled) - explained == set(), "fill these columns, drop them, or say why with Unfilled"
    assert explained - set(unfilled) == set(), "these columns have values: take Unfilled away"
