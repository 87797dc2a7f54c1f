"""Turns Amazon's transactions into rows of financial_events and financial_event_amounts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xpert_pipeline.assets.finance.breakdowns import Money, Tree, words_of
from xpert_pipeline.sources.collect import Row, Rows
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.values import entries, instant, local_day, plain, value_at
from xpert_pipeline.spapi.operations.transaction_ids import HASHED

ITEMS, TRANSACTION = "ITEMS", "TRANSACTION"
CASH_STATUS = "RELEASED"
IDENTIFIERS = {
    "ORDER_ID": "order_id",
    "SHIPMENT_ID": "shipment_id",
    "REFUND_ID": "refund_id",
    "INVOICE_ID": "invoice_id",
    "SETTLEMENT_ID": "settlement_id",
    "FINANCIAL_EVENT_GROUP_ID": "financial_event_group_id",
    "DISBURSEMENT_ID": "disbursement_id",
    "TRANSFER_ID": "transfer_id",
    "DEFERRED_TRANSACTION_ID": "deferred_transaction_id",
    "RELEASE_TRANSACTION_ID": "release_transaction_id",
}
ITEM_IDENTIFIERS = {
    "ORDER_ADJUSTMENT_ITEM_ID": "order_adjustment_item_id",
    "COUPON_ID": "coupon_id",
    "REMOVAL_SHIPMENT_ITEM_ID": "removal_shipment_item_id",
}
LEFT_OUT = frozenset(("TRANSACTION_ID",))
"""Identifiers of an item that repeat what its row has."""
PRODUCT, DEFERRED = "ProductContext", "DeferredContext"
KNOWN_CONTEXTS = frozenset(
    (PRODUCT, DEFERRED, "AmazonPayContext", "PaymentsContext", "TimeRangeContext", "BusinessContext")
)
NO_PRODUCT: Mapping[str, Any] = {"sku": None, "asin": None, "quantity": None, "fulfillment_network": None}
SHARED = (
    "marketplace_id", "transaction_id", "transaction_type", "transaction_status", "posted_at", "posted_date",
    "account_type", "order_id", "financial_event_group_id", "is_counted", "is_cash",
)  # fmt: skip
"""Columns that an amount shares with its transaction."""


@dataclass(frozen=True, slots=True)
class _Item:
    """An item of a transaction: its row without what only the whole transaction tells, its total and its tree."""

    facts: Row
    total: Money
    tree: Tree
    raw: Any


def market_of_transaction(record: Any, markets: Sequence[Market]) -> Market | None:
    """Return the marketplace of a transaction; if it names none, the first one with its currency, or the first."""
    named = value_at(record, "marketplaceDetails.marketplaceId") or value_at(
        record, "sellingPartnerMetadata.marketplaceId"
    )
    if named:
        return next((market for market in markets if market.id == named), None)
    currency = value_at(record, "totalAmount.currencyCode")
    return next((market for market in markets if market.place.currency == currency), markets[0])


def parse_transaction(record: Mapping[str, Any], market: Market, signals: Counter[str]) -> Rows:
    """Parse one transaction into its own row, the rows of its items, and its amounts."""
    facts = _facts(record, market, signals)
    items = [_item(item, signals) for item in entries(record.get("items"), "items", signals)]
    total = Money.of(record.get("totalAmount"))
    of_items = _joined(items)
    tell = _items_tell(items)
    suffice = tell and not of_items.lacking(total)
    own = Tree() if suffice else Tree.read(record.get("breakdowns"), signals)
    kind = ITEMS if suffice or (of_items.leaves and not own.leaves) else TRANSACTION if own.leaves else None
    shared = facts | {"amount_tree": kind}
    whole = of_items if kind == ITEMS else own
    header = shared | _money_columns(total) | _balance(whole, total, record.get("breakdowns"))
    rows = [header | {"item_index": -1}, *_item_rows(shared, items, header)]
    return rows, _amounts(header, items, own, kind, signals)


def _facts(record: Mapping[str, Any], market: Market, signals: Counter[str]) -> Row:
    """Return the columns of a transaction that its items share, and empty ones for what only items have."""
    posted, word = record.get("postedDate"), record.get("transactionStatus")
    status = word.strip().upper() if word else None
    named = _named(record.get("relatedIdentifiers"), "relatedIdentifier", IDENTIFIERS, signals)
    deferral = _context(record.get("contexts"), DEFERRED, signals)
    return {
        "marketplace_id": market.id,
        "transaction_id": record.get("transactionId"),
        "has_amazon_id": not str(record.get("transactionId")).startswith(HASHED),
        "transaction_type": record.get("transactionType"),
        "transaction_status": status,
        "received_status": word,
        "description": record.get("description"),
        "posted_at": posted,
        "posted_date": local_day(posted, market.zone),
        "account_type": value_at(record, "sellingPartnerMetadata.accountType"),
        **named,
        **dict.fromkeys(ITEM_IDENTIFIERS.values()),
        **NO_PRODUCT,
        "deferral_reason": deferral.get("deferralReason"),
        "matures_at": instant(deferral.get("maturityDate")),
        "is_counted": named["deferred_transaction_id"] is None,
        "is_cash": status in (CASH_STATUS, None),
    }


def _item(item: Mapping[str, Any], signals: Counter[str]) -> _Item:
    product = _context(item.get("contexts"), PRODUCT, signals)
    own = {
        "description": item.get("description"),
        **_named(item.get("relatedIdentifiers"), "itemRelatedIdentifier", ITEM_IDENTIFIERS, signals),
        "sku": product.get("sku"),
        "asin": product.get("asin"),
        "quantity": product.get("quantityShipped"),
        "fulfillment_network": product.get("fulfillmentNetwork"),
    }
    raw = item.get("breakdowns")
    return _Item(own, Money.of(item.get("totalAmount")), Tree.read(raw, signals), raw)


def _items_tell(items: Sequence[_Item]) -> bool:
    """Whether the items tell their amounts by name; one without a breakdown must be worth nothing."""
    whole = all(item.tree.leaves or not item.total.amount for item in items)
    return whole and any(item.tree.has_names for item in items)


def _joined(items: Sequence[_Item]) -> Tree:
    """Return the trees of the items as one; the one tree of a single item as it is."""
    if len(items) == 1:
        return items[0].tree
    whole = Tree()
    for item in items:
        whole.join(item.tree)
    return whole


def _item_rows(shared: Row, items: Sequence[_Item], header: Row) -> list[Row]:
    """Return the rows of the items. An item without a tree of its own is as balanced as its transaction."""
    alike = {name: header[name] for name in ("is_balanced", "imbalance_amount")} | {"breakdowns": None}
    return [
        shared
        | item.facts
        | _money_columns(item.total)
        | (_balance(item.tree, item.total, item.raw) if item.tree.leaves else alike)
        | {"item_index": place}
        for place, item in enumerate(items)
    ]


def _money_columns(total: Money) -> Row:
    return {"total_amount": total.amount, "currency": total.currency}


def _balance(tree: Tree, total: Money, raw: Any) -> Row:
    """Return whether a tree adds up; a total of which nothing is told must be 0."""
    gap = tree.gap_to(total)
    is_balanced = gap == 0
    return {
        "is_balanced": is_balanced,
        "imbalance_amount": gap or None,
        "breakdowns": None if is_balanced else plain(raw),
    }


def _amounts(header: Row, items: Sequence[_Item], own: Tree, kind: str | None, signals: Counter[str]) -> list[Row]:
    """Return the leaves of the tree that is counted. A leaf without an amount is counted as a signal."""
    if kind is None:
        return []
    shared = {name: header[name] for name in SHARED} | {"amount_tree": kind}
    only = items[0].facts if len(items) == 1 else NO_PRODUCT
    trees = [(place, item.tree, item.facts) for place, item in enumerate(items)] if kind == ITEMS else [(-1, own, only)]
    rows: list[Row] = []
    for place, tree, product in trees:
        of_item = shared | {"item_index": place, "sku": product["sku"], "asin": product["asin"]}
        for number, leaf in enumerate(tree.leaves):
            if leaf.money.amount is None:
                signals["breakdowns without an amount"] += 1
            else:
                path, group, name, is_tax = words_of(leaf.words, is_wrapped=kind == TRANSACTION)
                rows.append(
                    of_item
                    | {
                        "leaf_number": number,
                        "path": path,
                        "amount_group": group,
                        "amount_name": name,
                        "is_tax": is_tax,
                        "amount": leaf.money.amount,
                        "currency": leaf.money.currency,
                    }
                )
    return rows


def _named(pairs: Any, prefix: str, columns: Mapping[str, str], signals: Counter[str]) -> Row:
    """Return identifiers by column. One that comes twice keeps its first value; others than ours are counted."""
    found: Row = dict.fromkeys(columns.values())
    for pair in entries(pairs, "identifiers", signals):
        name, value = str(pair.get(f"{prefix}Name")), pair.get(f"{prefix}Value")
        if name not in columns:
            signals[f"identifier {name}"] += name not in LEFT_OUT
        elif found[columns[name]] is None:
            found[columns[name]] = value or None
        elif found[columns[name]] != value:
            signals[f"more than one {name}"] += 1
    return found


def _context(contexts: Any, kind: str, signals: Counter[str]) -> Mapping[str, Any]:
    """Return the first context of a kind; an empty one if there is none. Contexts of unknown kinds are counted."""
    found: Mapping[str, Any] = {}
    for context in entries(contexts, "contexts", signals):
        if context.get("contextType") not in KNOWN_CONTEXTS:
            signals[f"context {context.get('contextType')}"] += 1
        elif context["contextType"] == kind and not found:
            found = context
    return found
