"""The faults of listTransactions. They change an answer, never the world."""

import json
from collections.abc import Collection, Iterable
from typing import Any

from xpert_pipeline.sandbox.faults import FaultKind
from xpert_pipeline.sandbox.world.postings import DEFERRED, SHIPMENT, Posting

TRANSACTIONS = "transactions"
"""Place: an answer of listTransactions."""
OLD_ENVELOPE, NULLS, UNBALANCED, NO_ID, EMPTY, LATE, NO_PRICE = (
    "transactions-old-envelope", "transactions-nulls", "transaction-unbalanced", "transaction-without-id",
    "transactions-empty-page", "transactions-late", "transaction-without-price",
)  # fmt: skip
FAULTS = (
    FaultKind(OLD_ENVELOPE, TRANSACTIONS, "an answer has no payload around its transactions, as before 2025"),
    FaultKind(NULLS, TRANSACTIONS, "an answer has null where the model has a list, a status or a context"),
    FaultKind(UNBALANCED, TRANSACTIONS, "the children of a breakdown do not add up: the first shipment lacks a tax"),
    FaultKind(NO_ID, TRANSACTIONS, "the first transaction of an answer has no id"),
    FaultKind(EMPTY, TRANSACTIONS, "an answer has no transactions, but a token for the page that should have come"),
    FaultKind(LATE, TRANSACTIONS, "transactions of the world's last 48 hours are missing"),
    FaultKind(NO_PRICE, TRANSACTIONS, "the first deferred shipment of a store lacks the price of its first product"),
)
LATE_SECONDS = 48 * 3600


def without_price(posting: Posting) -> Posting:
    """Return a shipment without the price of its first product, as if that had never been sold."""
    first, *others = posting.parts()
    price = [leaf for leaf in first.leaves if leaf.path[0] == "ProductCharges"]
    parts = (first._replace(leaves=tuple(leaf for leaf in first.leaves if leaf not in price)), *others)
    return posting._replace(parts=lambda: parts, cents=posting.cents - sum(leaf.cents for leaf in price))


def is_deferred_shipment(posting: Posting) -> bool:
    """Whether it is a shipment whose money waits, with an amount for each kind."""
    return posting.type == SHIPMENT and posting.status == DEFERRED and not posting.item_trees_are_bare


def in_transactions(texts: Iterable[str], faults: Collection[str]) -> list[str]:
    """Apply faults to the transactions of an answer; each is JSON."""
    transactions = [json.loads(text) for text in texts]
    if UNBALANCED in faults:
        _unbalance(transactions)
    if NO_ID in faults and transactions:
        transactions[0].pop("transactionId", None)
    if NULLS in faults:
        for transaction in transactions:
            _with_nulls(transaction)
    return [json.dumps(transaction) for transaction in transactions]


def _unbalance(transactions: list[dict[str, Any]]) -> None:
    """Take the first tax of a fee out of the trees of the first shipment that has one."""
    for transaction in transactions:
        if transaction["transactionType"] == "Shipment":
            _share_nodes(transaction)
            trees = [item.get("breakdowns") or [] for item in transaction["items"]]
            changed = [_take_tax(tree) for tree in (*trees, transaction.get("breakdowns") or [])]
            if any(changed):
                return


def _share_nodes(transaction: dict[str, Any]) -> None:
    """Make the nodes of a single item those of its transaction, too: what one of the trees loses, both lose."""
    if len(transaction["items"]) == 1:
        own = {node["breakdownType"]: node for node in transaction["items"][0].get("breakdowns") or []}
        for wrapper in transaction.get("breakdowns") or []:
            wrapper["breakdowns"] = [own.get(node["breakdownType"], node) for node in wrapper["breakdowns"]]


def _take_tax(nodes: list[dict[str, Any]]) -> bool:
    for node in nodes:
        children = node["breakdowns"]
        if len(children) > 1 and children[-1]["breakdownType"] == "Tax" and not children[-1]["breakdowns"]:
            children.pop()
            return True
        if _take_tax(children):
            return True
    return False


def _with_nulls(transaction: dict[str, Any]) -> None:
    transaction.setdefault("transactionStatus", None)
    transaction["contexts"] = [None, *transaction["contexts"]] if transaction.get("contexts") else None
    transaction.setdefault("breakdowns", None)
    for item in transaction["items"]:
        item["breakdowns"] = item.get("breakdowns") or None
        item["contexts"] = [None, *item.get("contexts", ())]
        item.setdefault("relatedIdentifiers", None)
