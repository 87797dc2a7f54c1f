"""Finances API v2024-06-19: the transactions of the account, page by page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.operations.paging import PagedOperation, next_token
from xpert_pipeline.spapi.operations.times import to_amazon
from xpert_pipeline.spapi.operations.transaction_ids import TransactionIds
from xpert_pipeline.spapi.session import SellerApi

SETTLED = timedelta(minutes=2, seconds=30)  # Amazon rejects bounds within two minutes of its own clock
LONGEST = timedelta(days=180)
"""Amazon answers a longer window without an error and without a transaction."""
LIST_TRANSACTIONS = PagedOperation(
    "listTransactions", "payload.transactions|transactions", identity=("transactionId", "postedDate")
)
"""Until 2025 the answer had no `payload` around it."""


@dataclass(frozen=True, slots=True)
class TransactionsPage:
    """A page of transactions in Amazon's shape.

    Attributes:
        records: The transactions; one that Amazon gives no id has a hash as its id (`transaction_ids`).
        upper_bound: The end of the window of the whole walk.
        is_first: Whether the walk begins with this page, or starts over with it because a token expired.
        is_last: Whether no page follows.
    """

    records: list[dict[str, Any]]
    upper_bound: datetime
    is_first: bool = True
    is_last: bool = True


def list_transactions(
    api: SellerApi, marketplace_ids: Sequence[str], *, created: tuple[datetime, datetime]
) -> Iterator[TransactionsPage]:
    """Walk the transactions posted in a half-open window, in all marketplaces of the account.

    Amazon could filter by one marketplace, but would then leave out what belongs to none, so no filter is sent. The
    upper bound is fixed before the first page: the requested end, but never within 2.5 minutes of Amazon's clock.
    When a page token expires, the walk starts over and yields the same transactions again. A window that begins after
    the upper bound yields one empty page without a call.

    Args:
        api: The seller.
        marketplace_ids: The marketplaces whose transactions the caller keeps.
        created: The window of posting times.

    Raises:
        ValueError: The window is reversed, or longer than 180 days.
        RepeatedPage: Amazon sent a page or a token twice.
        EndlessPages: Amazon's pages do not end.
        PageTokenExpired: Tokens kept expiring.
    """
    start, end = created
    if not timedelta(0) <= end - start <= LONGEST:
        raise ValueError(f"a window of transactions has at most {LONGEST.days} days, not {start} to {end}")
    bound = min(end, (api.server_now() - SETTLED).replace(microsecond=0))
    if bound <= start or not marketplace_ids:
        yield TransactionsPage([], start)
        return
    ids = TransactionIds()
    window = {"postedAfter": to_amazon(start), "postedBefore": to_amazon(bound)}
    for page in LIST_TRANSACTIONS.pages(api, **window):
        ids = TransactionIds() if page.is_first else ids
        records = [ids.named(record) for record in page.records]
        yield TransactionsPage(records, bound, page.is_first, next_token(page.answer) is None)
