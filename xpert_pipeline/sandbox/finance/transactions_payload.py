"""Transactions in the shape of Finances v2024-06-19.

The same money is there twice: in the tree of the transaction, below `Sales` and `Expenses` (in a refund `Refunded
Sales` and `Refunded Expenses`), and in the trees of its items, without these. A few shipments have only one of the
two, and some items only tell their total as `Base`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.postings import BASE, REFUND, Leaf, Part, Posting

INCOME = frozenset({"ProductCharges", "Tax", "Shipping", "GiftWrap", "CashOnDelivery", "Promotion"})
COSTS = frozenset({"AmazonFees", "DigitalServicesFee", "ItemTCS", "ItemTDS"})
"""First words of an item's tree that stand below `Sales`, and below `Expenses`, in the tree of the transaction."""
UNKNOWN_CONTEXT_IN = 25
"""One item in this many has a context of an undocumented type."""


def transaction_payload(posting: Posting, seller_id: str, marketplace_id: str) -> dict[str, Any]:
    """Return one transaction."""
    store, parts = STORES[marketplace_id], posting.parts()
    payload: dict[str, Any] = {
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
        "items": [_item(posting, part, store.currency) for part in parts] if posting.has_items else [],
        "contexts": [],
    }
    if posting.has_id:
        payload["transactionId"] = posting.id
    if word := status_word(posting):
        payload["transactionStatus"] = word
    if posting.reason is not None and posting.matures is not None:
        payload["contexts"].append(
            {
                "contextType": "DeferredContext",
                "deferralReason": posting.reason,
                "maturityDate": zulu(posting.matures),
            }
        )
    if not posting.lacks_own_tree:
        payload["breakdowns"] = _own_nodes(posting, parts, payload["items"], store.currency)
    return payload


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
            path = _wrapped(leaf.path, is_refund=posting.type == REFUND)
            sums[path] = sums.get(path, 0) + leaf.cents
    roots = {root: place for place, root in enumerate(dict.fromkeys(path[:2] for path in sums))}
    tops = {top: place for place, top in enumerate(dict.fromkeys(path[0] for path in sums))}
    ordered = sorted(sums, key=lambda path: (tops[path[0]], roots[path[:2]]))
    return [Leaf(path, sums[path]) for path in ordered]


def item_leaves(posting: Posting, part: Part) -> tuple[Leaf, ...]:
    """Return the leaves of an item's tree as Amazon tells them."""
    return (Leaf((BASE,), part.cents),) if posting.item_trees_are_bare else part.leaves


def _wrapped(path: tuple[str, ...], *, is_refund: bool) -> tuple[str, ...]:
    if path[0] in INCOME:
        return ("Refunded Sales" if is_refund else "Sales", *path)
    return ("Refunded Expenses" if is_refund else "Expenses", *path) if path[0] in COSTS else path


def _item(posting: Posting, part: Part, currency: str) -> dict[str, Any]:
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
    if leaves := item_leaves(posting, part):
        item["breakdowns"] = _nodes(leaves, currency)
    return item


def _own_nodes(
    posting: Posting, parts: tuple[Part, ...], items: list[dict[str, Any]], currency: str
) -> list[dict[str, Any]]:
    """Return the transaction's own tree; that of a single item has the item's nodes below Sales and Expenses."""
    if len(items) != 1 or posting.item_trees_are_bare:
        return _nodes(transaction_leaves(posting, parts), currency)
    wrapped: dict[str, list[dict[str, Any]]] = {}
    nodes = items[0].get("breakdowns", [])
    for node in nodes:
        path = _wrapped((node["breakdownType"],), is_refund=posting.type == REFUND)
        wrapped.setdefault(path[0] if len(path) > 1 else "", []).append(node)
    sums = {
        wrapper: sum(
            leaf.cents
            for leaf in parts[0].leaves
            if _wrapped(leaf.path, is_refund=posting.type == REFUND)[0] == wrapper
        )
        for wrapper in wrapped
    }
    return [
        own
        for wrapper, below in wrapped.items()
        for own in (
            [{"breakdownType": wrapper, "breakdownAmount": _money(sums[wrapper], currency), "breakdowns": below}]
            if wrapper
            else below
        )
    ]


def _nodes(leaves: Sequence[Leaf], currency: str, depth: int = 0) -> list[dict[str, Any]]:
    """Return a tree whose nodes are the sums of their children."""
    groups: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        groups.setdefault(leaf.path[depth], []).append(leaf)
    return [_node(word, below, currency, depth + 1) for word, below in groups.items()]


def _node(word: str, below: list[Leaf], currency: str, depth: int) -> dict[str, Any]:
    is_leaf = len(below) == 1 and len(below[0].path) == depth
    return {
        "breakdownType": word,
        "breakdownAmount": _money(below[0].cents if is_leaf else sum(leaf.cents for leaf in below), currency),
        "breakdowns": [] if is_leaf else _nodes(below, currency, depth),
    }


def _money(cents: int, currency: str) -> dict[str, Any]:
    return {"currencyAmount": cents / 100, "currencyCode": currency}
