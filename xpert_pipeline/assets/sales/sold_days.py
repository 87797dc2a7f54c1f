"""The days on which orders of Amazon's customers contain units, as evidence against answers that say otherwise."""

from typing import LiteralString

SOLD_DAYS: LiteralString = """
select sale_date
from sales_data
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and sale_date = any(%(days)s::date[])
group by sale_date
having sum(units_ordered) > 0
"""
"""Marketplace-local days with units ordered and not cancelled; see SalesEvidence for the parameters."""
