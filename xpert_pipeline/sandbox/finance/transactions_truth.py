"""The rows that a perfect pipeline would load for transactions and their amounts. Amounts are text.

A transaction without an id is known by a hash of what never changes in it, which the table documents. A row of a
deferred pair is counted once: the first row is, the second is not.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.finance.breakdowns import COSTS, INCOME
from xpert_pipeline.sandbox.finance.transactions_payload import (
    identifiers,
    item_leaves,
    status_word,
    transaction_leaves,
)
from xpert_pipeline.sandbox.marketplaces import STORES, Store
from xpert_pipeline.sandbox.serving.formats import amount_text, zulu
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.postings import BASE, TAX_PART, Leaf, Part, Posting
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.transactions import books_of

ITEMS, TRANSACTION = "ITEMS", "TRANSACTION"
IDENTIFIERS = {
    "order_id": "ORDER_ID",
    "shipment_id": "SHIPMENT_ID",
    "refund_id": "REFUND_ID",
    "invoice_id": "INVOICE_ID",
    "settlement_id": "SETTLEMENT_ID",
    "financial_event_group_id": "FINANCIAL_EVENT_GROUP_ID",
    "disbursement_id": "DISBURSEMENT_ID",
    "transfer_id": "TRANSFER_ID",
    "deferred_transaction_id": "DEFERRED_TRANSACTION_ID",
    "release_transaction_id": "RELEASE_TRANSACTION_ID",
}
ITEM_IDENTIFIERS = {
    "order_adjustment_item_id": "ORDER_ADJUSTMENT_ITEM_ID",
    "coupon_id": "COUPON_ID",
    "removal_shipment_item_id": "REMOVAL_SHIPMENT_ITEM_ID",
}


class _Told(NamedTuple):
    """A transaction as the rows need it."""

    posting: Posting
    parts: tuple[Part, ...]
    store: Store
    facts: Row
    tree: str | None


def financial_events(world: World) -> Iterator[Row]:
    """Yield one row for each transaction (item_index -1) and one for each of its items."""
    for told in _transactions(world):
        nothing = dict.fromkeys((*ITEM_IDENTIFIERS, "sku", "asin", "quantity", "fulfillment_network"))
        header = told.facts | nothing
        yield header | {
            "item_index": -1,
            "description": told.posting.description,
            "total_amount": _amount(told.posting.cents),
            "amount_tree": told.tree,
        }
        for place, part in enumerate(told.parts if told.posting.has_items else ()):
            named = dict(part.identifiers)
            yield (
                header
                | {column: named.get(name) for column, name in ITEM_IDENTIFIERS.items()}
                | {
                    "item_index": place,
                    "description": part.title,
                    "total_amount": _amount(part.cents),
                    "amount_tree": told.tree,
                    "sku": part.sku,
                    "asin": part.asin,
                    "quantity": part.quantity,
                    "fulfillment_network": part.network,
                }
            )


def financial_event_amounts(world: World) -> Iterator[Row]:
    """Yield one row for each leaf of the tree that is counted."""
    for told in _transactions(world):
        if told.tree == ITEMS:
            for place, part in enumerate(told.parts):
                yield from _leaves(told, place, part, part.leaves)
        elif told.tree == TRANSACTION:
            only = told.parts[0] if len(told.parts) == 1 and told.posting.has_items else None
            yield from _leaves(told, -1, only, transaction_leaves(told.posting, told.parts))


def _leaves(told: _Told, place: int, part: Part | None, leaves: Iterable[Leaf]) -> Iterator[Row]:
    kept = (
        "marketplace_id", "transaction_id", "transaction_type", "transaction_status", "posted_at", "posted_date",
        "order_id", "account_type", "financial_event_group_id", "currency", "is_counted", "is_cash",
    )  # fmt: skip
    facts = {column: told.facts[column] for column in kept}
    for number, leaf in enumerate(leaves):
        names = [word for word in leaf.path if word not in (BASE, TAX_PART)]
        has_wrapper = told.tree == TRANSACTION and len(leaf.path) > 1 and leaf.path[1] in INCOME | COSTS
        yield facts | {
            "item_index": place,
            "leaf_number": number,
            "sku": part.sku if part else None,
            "asin": part.asin if part else None,
            "amount_tree": told.tree,
            "path": "/".join(leaf.path),
            "amount_group": leaf.path[1 if has_wrapper else 0],
            "amount_name": names[-1] if names else leaf.path[-1],
            "is_tax": leaf.path[-1] == TAX_PART,
            "amount": _amount(leaf.cents),
        }


def _transactions(world: World) -> Iterator[_Told]:
    for marketplace_id in world.marketplace_ids:
        books = books_of(world, marketplace_id, world.end_of(marketplace_id))
        store = STORES[marketplace_id]
        seen: dict[str, int] = {}
        for posting in books.postings:
            parts = posting.parts()
            yield _Told(posting, parts, store, _facts(posting, store, seen), _tree(posting, parts))


def _tree(posting: Posting, parts: tuple[Part, ...]) -> str | None:
    """Return which tree is counted: that of the items if each item has one that tells more than `Base`."""
    told = [item_leaves(posting, part) for part in parts]
    if posting.has_items and all(told) and any(leaf.path != (BASE,) for leaves in told for leaf in leaves):
        return ITEMS
    return TRANSACTION if any(told) else None


def _facts(posting: Posting, store: Store, seen: dict[str, int]) -> Row:
    named = dict(identifiers(posting))
    status = None if posting.status is None else posting.status
    return {
        "marketplace_id": store.id,
        "transaction_id": posting.id if posting.has_id else _hash(posting, store, named, seen),
        "has_amazon_id": posting.has_id,
        "transaction_type": posting.type,
        "transaction_status": status,
        "received_status": status_word(posting),
        "posted_at": zulu(posting.posted),
        "posted_date": written_day(store.day_of(posting.posted)),
        "account_type": posting.rail,
        **{column: named.get(name) for column, name in IDENTIFIERS.items()},
        "currency": store.currency,
        "deferral_reason": posting.reason,
        "matures_at": None if posting.matures is None else zulu(posting.matures),
        "is_balanced": True,
        "imbalance_amount": None,
        "breakdowns": None,
        "is_counted": not posting.key.endswith(" released"),
        "is_cash": posting.is_cash,
    }


def _hash(posting: Posting, store: Store, named: Mapping[str, str], seen: dict[str, int]) -> str:
    total = format((Decimal(posting.cents) / 100).normalize(), "f")
    fixed = [
        f"{name}={named[name]}" for name in ("ORDER_ID", "SHIPMENT_ID", "REFUND_ID", "INVOICE_ID") if name in named
    ]
    text = "\n".join([store.id, posting.type, zulu(posting.posted), total, store.currency, *fixed])
    digest = hashlib.sha256(text.encode()).hexdigest()[:40]
    seen[digest] = seen.get(digest, 0) + 1
    return f"hash:{digest}" if seen[digest] == 1 else f"hash:{digest}:{seen[digest]}"


def _amount(cents: int) -> str | None:
    return amount_text(Decimal(cents) / 100)
