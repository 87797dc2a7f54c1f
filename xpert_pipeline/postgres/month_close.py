"""Reads the month close of a seller from the views of the schema xpert_views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row

from xpert_pipeline.postgres.pool import Pool, tenant

ROWS = """
select
  r.marketplace_id, r.step_number, r.step, r.kind, r.is_difference, k.meaning, r.day, r.order_id, r.transaction_id,
  r.settlement_id, r.transaction_type, r.what, r.other_month, r.currency, r.left_amount, r.right_amount
from xpert_views.month_close_rows as r
inner join xpert_views.month_close_kinds as k on r.step_number = k.step_number and r.kind = k.kind
where r.seller_id = %(seller)s and r.month = %(month)s
order by
  r.marketplace_id, r.currency, r.step_number, r.is_difference, r.kind, r.day, r.order_id, r.settlement_id,
  r.transaction_id, r.transaction_type
"""
MONTHS = """
select marketplace_id, days, past_days, order_days, transaction_days, is_over, is_complete
from xpert_views.months where seller_id = %(seller)s and month = %(month)s
"""
OPEN = """
select
  marketplace_id, state, day, order_id, transaction_id, transaction_type, what, amount, currency, release_date,
  settlement_id, settled_month
from xpert_views.month_end_open where seller_id = %(seller)s and month = %(month)s
order by marketplace_id, currency, state, day, transaction_id
"""
NOT_KNOWN = """
select
  r.marketplace_id, 'not known' as state, r.day, r.order_id, r.transaction_id, r.transaction_type, r.what,
  r.left_amount as amount, r.currency, null::date as release_date, r.settlement_id, null::date as settled_month
from xpert_views.month_close_rows as r
inner join xpert_views.marketplaces as m on r.marketplace_id = m.marketplace_id
where
  r.seller_id = %(seller)s and r.step_number = 3 and r.month <= %(month)s
  and r.kind in ('settlement not named', 'settlement not loaded', 'release not loaded')
  and %(month)s < date_trunc('month', now() at time zone m.timezone)
order by r.marketplace_id, r.currency, r.day, r.transaction_id
"""


@dataclass(frozen=True, slots=True)
class CloseRow:
    """One row of xpert_views.month_close_rows, with the meaning of its kind."""

    marketplace_id: str
    step_number: int
    step: str
    kind: str
    is_difference: bool
    meaning: str
    day: date
    order_id: str | None
    transaction_id: str | None
    settlement_id: str | None
    transaction_type: str | None
    what: str | None
    other_month: date | None
    currency: str | None
    left_amount: Decimal
    right_amount: Decimal

    @property
    def difference(self) -> Decimal:
        """What the right side has more than the left one."""
        return self.right_amount - self.left_amount


@dataclass(frozen=True, slots=True)
class LoadedMonth:
    """How much of a month is loaded in a marketplace: one row of xpert_views.months."""

    marketplace_id: str
    days: int
    past_days: int
    order_days: int
    transaction_days: int
    is_over: bool
    is_complete: bool


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A transaction that was not settled at the end of a month that is over: one row of xpert_views.month_end_open.

    In the state "not known" it is a row of month_close_rows: its settlement or release is not loaded, or not named.
    """

    marketplace_id: str
    state: str
    day: date
    order_id: str | None
    transaction_id: str
    transaction_type: str
    what: str | None
    amount: Decimal
    currency: str | None
    release_date: date | None
    settlement_id: str | None
    settled_month: date | None


@dataclass(frozen=True)
class MonthClose:
    """A seller's month.

    Attributes:
        month: Its first day.
        rows: The rows of its steps.
        loaded: How much of it is loaded in each marketplace.
        open_rows: What was open at its end; none if it is not over.
        unknown_rows: What was posted by its end and may have been open then; none if it is not over.
    """

    month: date
    rows: Sequence[CloseRow]
    loaded: Sequence[LoadedMonth]
    open_rows: Sequence[OpenRow] = ()
    unknown_rows: Sequence[OpenRow] = ()


def read_month_close(pool: Pool, seller_id: UUID, month: date) -> MonthClose:
    """Read a month of a seller, all marketplaces.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        month: First day of the month.

    Raises:
        DatabaseError: The database failed.
    """
    values = {"seller": seller_id, "month": month}
    with tenant(pool, seller_id) as conn:
        with conn.cursor(row_factory=class_row(CloseRow)) as cursor:
            rows = cursor.execute(ROWS, values).fetchall()
        with conn.cursor(row_factory=class_row(LoadedMonth)) as cursor:
            loaded = cursor.execute(MONTHS, values).fetchall()
        with conn.cursor(row_factory=class_row(OpenRow)) as cursor:
            open_rows = cursor.execute(OPEN, values).fetchall()
            unknown_rows = cursor.execute(NOT_KNOWN, values).fetchall()
    return MonthClose(month, rows, loaded, open_rows, unknown_rows)
