"""Ids for transactions that came without one, as some old and account-level transactions do.

The id is a hash of what never changes in a transaction. Two transactions of one walk that are equal in all of it are
numbered in their order; it does not matter which is which.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from xpert_pipeline.spapi.json_path import value_at

HASHED = "hash:"
FIXED = ("ORDER_ID", "SHIPMENT_ID", "REFUND_ID", "INVOICE_ID")
"""Identifiers that a transaction has from the beginning; others come later, such as that of its settlement."""
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, ArithmeticError)


class TransactionIds:
    """The ids of one walk."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def named(self, record: Any) -> Any:
        """Return a transaction with an id: its own, or else a hash. What cannot be read stays as it is."""
        if not isinstance(record, dict) or record.get("transactionId"):
            return record
        try:
            digest = hashlib.sha256("\n".join(_fixed(record)).encode()).hexdigest()[:40]
        except UNREADABLE:
            return record
        self._seen[digest] += 1
        number = f":{self._seen[digest]}" if self._seen[digest] > 1 else ""
        return {**record, "transactionId": f"{HASHED}{digest}{number}"}


def _fixed(record: Mapping[str, Any]) -> Iterator[str]:
    yield str(value_at(record, "marketplaceDetails.marketplaceId"))
    yield str(record.get("transactionType"))
    yield str(record.get("postedDate"))
    amount = value_at(record, "totalAmount.currencyAmount")
    yield "None" if amount is None else format(Decimal(amount).normalize(), "f")
    yield str(value_at(record, "totalAmount.currencyCode"))
    named = {
        pair["relatedIdentifierName"]: pair["relatedIdentifierValue"]
        for pair in record.get("relatedIdentifiers") or ()
        if pair is not None
    }
    yield from (f"{name}={named[name]}" for name in FIXED if name in named)
