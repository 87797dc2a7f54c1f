"""The columns that a load must carry and may carry."""

import pytest

from xpert_pipeline.assets.orders.order_items import ORDER_ITEMS
from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline.postgres.loading import TableLoad
from xpert_pipeline_tests.postgres.rows import IN, run_load


def test_a_load_must_carry_the_key_the_day_and_the_version(pool, seller):
    incomplete = TableLoad(ORDERS, ("marketplace_id", "order_id"), [(IN, "1")], 1)
    with pytest.raises(ValueError, match="must carry last_updated_at, order_date"):
        run_load(pool, seller, [incomplete])


def test_a_column_that_the_table_does_not_have_is_refused_before_any_sql(pool, seller):
    columns = (*ORDER_ITEMS.columns, "x); drop table orders; --")
    with pytest.raises(ValueError, match="has no column"):
        run_load(pool, seller, [TableLoad(ORDER_ITEMS, columns, [], 0)])
