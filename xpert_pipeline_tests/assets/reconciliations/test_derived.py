"""Tables that are derived from the sales, compared with them: by hand."""

import pytest

from xpert_pipeline.assets.reconciliations.derived import CUSTOMERS_ARE_SALES
from xpert_pipeline.assets.sales import customer_metrics, sales_data
from xpert_pipeline.sources.reconciliation import reconcile, result_of
from xpert_pipeline_tests.assets.shops import END, days_until, open_shop


@pytest.mark.parametrize("sold", [0, 10])
def test_a_week_whose_orders_are_all_cancelled_has_no_sales_in_both_tables(pool, seller, admin, sold):
    """It was a difference: 0 rupees in sales_data, and an unknown amount in customer_metrics."""
    shop, days = open_shop(pool, seller, admin, sales_data.SOURCE, customer_metrics.SOURCE), days_until(END, 7)
    for number in range(10):
        shop.order(days[3], "A", 1, is_cancelled=True)
        if number < sold:
            shop.order(days[3], "A", 1, item_subtotal=5, currency="INR")
    shop.loaded(days[0], days[6])
    shop.loaded(days[0], days[6], table="sales_data")
    shop.loaded(days[0], days[6], table="customer_metrics")
    shop.run(*days)
    found = reconcile(pool, seller, CUSTOMERS_ARE_SALES, days)
    result = result_of(CUSTOMERS_ARE_SALES, found)
    assert result.passed, result.sentence
    assert "all equal" in result.sentence
    admin.execute(
        "update customer_metrics set ops = 3, currency = 'INR' where scope = 'ACCOUNT' and period_type = 'WEEK'"
    )
    assert not result_of(CUSTOMERS_ARE_SALES, reconcile(pool, seller, CUSTOMERS_ARE_SALES, days)).passed
