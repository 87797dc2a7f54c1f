"""Transactions in the shape of Finances v2024-06-19.

The same money is there twice: in the tree of the transaction, below `Sales` and `Expenses` (in a refund `Refunded
Sales` and `Refunded Expenses`), and in the trees of its items, without these. A few shipments have only one of the
two, and some items only tell their total as `Base`.
"""

import json
from collections.abc import Iterable
from typing import Any

from xpert_pipeline.sandbox.finance.breakdowns import tree, wrapped, wrapped_tree
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.serving.json_text import array, joined, with_member
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.postings import BASE, REFUND, Leaf, Part, Posting

UNKNOWN_CONTEXT_IN = 25
"""One item in this many has a context of an undocumented type."""


def transaction_text(posting: Posting, seller_id: str, marketplace_id: str) -> str:
    """Return one transaction as JSON."""
    store, parts = STORES[marketplace_id], posting.parts()
    items = [_item(posting, part, store.currency) for part in parts] if posting.has_items else []
    head, tail = json.dumps(_head(posting, seller_id, marketplace_id)), json.dumps(_tail(posting))
    text = joined(head, with_member("{}", "items", array(items)), tail)
    return (
        text if posting.lacks_own_tree else with_member(text, "breakdowns", _own_tree(posting, parts, store.currency))
    )


def _head(posting: Posting, seller_id: str, marketplace_id: str) -> dict[str, Any]:
    """Return what stands before the items."""
    store = STORES[marketplace_id]
    return {
        "sellingPartnerMetadata": {
            "sellingPartnerId": seller_id,
            "accountType": posting.rail,
            "marketplaceId": marketplace_id,
        },
        "relatedIdentifiers": [
            {"relatedIdentifierName": name, "relatedIdentifierValue": value} for name, value in identifiers(posting)
        ],
        "transactionType": posting.type,
        "description": posting.description,
        "postedDate": zulu(posting.posted),
        "totalAmount": _money(posting.cents, store.currency),
        "marketplaceDetails": {"marketplaceId": marketplace_id, "marketplaceName": store.name},
    }


def _tail(posting: Posting) -> dict[str, Any]:
    """Return what stands between the items and the transaction's own tree."""
    tail: dict[str, Any] = {"contexts": []}
    if posting.has_id:
        tail["transactionId"] = posting.id
    if word := status_word(posting):
        tail["transactionStatus"] = word
    if posting.reason is not None and posting.matures is not None:
        tail["contexts"].append(
            {
                "contextType": "DeferredContext",
                "deferralReason": posting.reason,
                "maturityDate": zulu(posting.matures),
            }
        )
    return tail


def identifiers(posting: Posting) -> list[tuple[str, str]]:
    """Return all identifiers of a transaction, by Amazon's name."""
    found = list(posting.identifiers)
    if posting.group is not None:
        found.append(("FINANCIAL_EVENT_GROUP_ID", posting.group))
    if posting.settlement is not None:
        found.append(("SETTLEMENT_ID", posting.settlement))
    return found


def status_word(posting: Posting) -> str | None:
    """Return the status in the spelling of the moment: Amazon writes it in upper or mixed case."""
    if posting.status is None:
        return None
    drawn = number("spelling", posting.key) % 10
    return posting.status.title() if drawn < 2 else posting.status.lower() if drawn == 2 else posting.status


def transaction_leaves(posting: Posting, parts: Iterable[Part]) -> list[Leaf]:
    """Return the leaves of the transaction's own tree, in order: those of the items, equal ones added."""
    sums: dict[tuple[str, ...], int] = {}
    for part in parts:
        for leaf in part.leaves:
            path = wrapped(leaf.path, is_refund=posting.type == REFUND)
            sums[path] = sums.get(path, 0) + leaf.cents
    roots = {root: place for place, root in enumerate(dict.fromkeys(path[:2] for path in sums))}
    tops = {top: place for place, top in enumerate(dict.fromkeys(path[0] for path in sums))}
    ordered = sorted(sums, key=lambda path: (tops[path[0]], roots[path[:2]]))
    return [Leaf(path, sums[path]) for path in ordered]


def item_leaves(posting: Posting, part: Part) -> tuple[Leaf, ...]:
    """Return the leaves of an item's tree as Amazon tells them."""
    return (Leaf((BASE,), part.cents),) if posting.item_trees_are_bare else part.leaves


def _item(posting: Posting, part: Part, currency: str) -> str:
    """Return one item as JSON."""
    product: dict[str, Any] = {"contextType": "ProductContext"}
    known = {
        "asin": part.asin,
        "sku": part.sku,
        "quantityShipped": part.quantity,
        "fulfillmentNetwork": part.network,
    }
    product |= {name: value for name, value in known.items() if value is not None}
    contexts = [product]
    if number("context", posting.key, part.sku) % UNKNOWN_CONTEXT_IN == 0:
        contexts.insert(0, {"contextType": "AddressContext"})
    item: dict[str, Any] = {
        "description": part.title,
        "totalAmount": _money(part.cents, currency),
        "contexts": contexts,
    }
    if part.identifiers:
        item["relatedIdentifiers"] = [
            {"itemRelatedIdentifierName": name, "itemRelatedIdentifierValue": value} for name, value in part.identifiers
        ]
    text = json.dumps(item)
    leaves = item_leaves(posting, part)
    return with_member(text, "breakdowns", tree(leaves, currency)) if leaves else text


def _own_tree(posting: Posting, parts: tuple[Part, ...], currency: str) -> str:
    """Return the transaction's own tree; that of a single item has the item's nodes below Sales and Expenses."""
    if len(parts) != 1 or not posting.has_items or posting.item_trees_are_bare:
        return tree(transaction_leaves(posting, parts), currency)
    return wrapped_tree(parts[0].leaves, currency, is_refund=posting.type == REFUND)


def _money(cents: int, currency: str) -> dict[str, Any]:
    return {"currencyAmount": cents / 100, "currencyCode": currency}
