"""The planner knows about rows that were just loaded.

shipments_inbound of 15,581 SKUs took 20 s, and pricing_history of 6,690 took 24 s: nobody had taken statistics of the
freshly loaded tables, so the planner took them for empty and compared all of their rows with each other.
"""

from xpert_pipeline.postgres.pool import operator, tenant
from xpert_pipeline.postgres.statistics import refresh_statistics
from xpert_pipeline_tests.postgres.derived_sales import derive_sales, load_lines
from xpert_pipeline_tests.postgres.rows import product, products, run_load

KNOWN = "select reltuples > 0 from pg_class where relname = %s"


def is_known(pool, table):
    with operator(pool) as conn:
        return conn.execute(KNOWN, [table]).fetchone()[0]


def test_only_tables_that_grew_much_get_new_statistics(pool, seller):
    assert refresh_statistics(pool, ["products"]) == []
    run_load(pool, seller, products(*(product(f"SKU-{number}") for number in range(600))))
    assert refresh_statistics(pool, ["products", "orders"]) == ["products"]
    assert is_known(pool, "products")
    assert refresh_statistics(pool, ["products"]) == []


def test_only_tables_of_sellers_get_statistics(pool):
    assert refresh_statistics(pool, ["pg_class", "pg_proc", "sellers", "schema_migrations", "no_such_table"]) == []


def test_a_derivation_takes_statistics_of_what_it_reads(pool, seller):
    load_lines(pool, seller, *((str(number), {}, {}) for number in range(400)))
    assert not is_known(pool, "orders")
    derive_sales(pool, seller, inputs=("orders", "order_items"))
    assert is_known(pool, "orders")
    with tenant(pool, seller.id) as conn:
        assert conn.execute("select sum(units_ordered) from sales_data").fetchone() == (400,)
