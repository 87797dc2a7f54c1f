"""The records of a seller's money: postings, the parts of a posting, and the leaves of its breakdown.

Amounts are whole hundredths of the store's currency, as Amazon pays them; `cents` is the name of the unit in every
store.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from xpert_pipeline.sandbox.world.digest import letters, number

SHIPMENT, REFUND, SERVICE_FEE, ADVERTISING, REIMBURSEMENT, REMOVAL, ADJUSTMENT, RETROCHARGE, DEBT, TRANSFER = (
    "Shipment", "Refund", "ServiceFee", "ProductAdsPayment", "FBAInventoryReimbursement", "RemovalShipment",
    "Adjustment", "Retrocharge", "DebtRecovery", "Transfer",
)  # fmt: skip
"""Types of transactions, in Amazon's spelling."""
DEFERRED, RELEASED, DEFERRED_RELEASED = "DEFERRED", "RELEASED", "DEFERRED_RELEASED"
BASE, TAX_PART = "Base", "Tax"
"""The words of the two leaves of a fee."""
_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Leaf(NamedTuple):
    """One amount at the end of a breakdown: its words from the root of an item's tree, and hundredths."""

    path: tuple[str, ...]
    cents: int


class Part(NamedTuple):
    """One item of a posting, or the whole posting if it has no items.

    Attributes:
        sku: What Amazon names as the SKU; in a removal it is the FNSKU.
        asin: ASIN; None if Amazon does not name it.
        title: Title of the product, or what was charged.
        quantity: Units; None if units do not matter.
        network: AFN or MFN; None if it does not matter.
        leaves: The amounts.
        identifiers: Identifiers of the item, by Amazon's name.
    """

    sku: str | None
    asin: str | None
    title: str
    quantity: int | None
    network: str | None
    leaves: tuple[Leaf, ...]
    identifiers: tuple[tuple[str, str], ...] = ()

    @property
    def cents(self) -> int:
        """Sum of the leaves."""
        return sum(leaf.cents for leaf in self.leaves)


class Posting(NamedTuple):
    """One transaction.

    Attributes:
        key: What names it in the world. `id` is made from it.
        type: One of the types of transactions.
        posted: When it was posted, in seconds since 1970.
        status: DEFERRED, RELEASED or DEFERRED_RELEASED; None on some rows, as on Amazon's old ones.
        description: Amazon's words for it.
        rail: The payment rail, which Amazon calls the account type.
        cents: Total.
        parts: Makes its parts. They are many, so they are made when they are needed.
        has_items: Whether it consists of items; otherwise it has one part without an item.
        identifiers: Identifiers of the transaction, by Amazon's name, without those of its settlement.
        group: Id of its financial event group; None while it is deferred, and for the deferred original.
        settlement: Id of its settlement; None until its group is closed.
        matures: When a deferred posting is or was released, in seconds since 1970.
        reason: Why it was deferred.
        has_id: Whether Amazon tells its id.
    """

    key: str
    type: str
    posted: int
    status: str | None
    description: str
    rail: str
    cents: int
    parts: Callable[[], tuple[Part, ...]]
    has_items: bool = True
    identifiers: tuple[tuple[str, str], ...] = ()
    group: str | None = None
    settlement: str | None = None
    matures: int | None = None
    reason: str | None = None
    has_id: bool = True

    @property
    def id(self) -> str:
        """Amazon's id of the transaction."""
        return transaction_id(self.key)

    @property
    def is_cash(self) -> bool:
        """Whether it moves money in its group: it was released, or Amazon names no status."""
        return self.status in (RELEASED, None)

    @property
    def item_trees_are_bare(self) -> bool:
        """Whether its item names only `Base` with its total, so that only the transaction's own tree tells the fees."""
        return self.has_items and self.cents != 0 and _shape(self) == 0 and len(self.parts()) == 1

    @property
    def lacks_own_tree(self) -> bool:
        """Whether only the items have trees."""
        return self.has_items and _shape(self) == 1


def _shape(posting: Posting) -> int:
    return _shape_of(posting.key.removesuffix(" released"))


@lru_cache(maxsize=100)
def _shape_of(key: str) -> int:
    """Return a drawn number, which is asked for several times while a posting is written."""
    return number("shape", key) % 40


def transaction_id(key: str) -> str:
    """Return Amazon's id of the posting with a key."""
    return letters(43, _ID_LETTERS, "transaction", key)


def fee(word: str, base: int, tax: int) -> list[Leaf]:
    """Return the leaves of one fee: what it costs, and the tax on it. Both are given as costs, and become negative."""
    leaves = (Leaf(("AmazonFees", word, BASE), -base), Leaf(("AmazonFees", word, TAX_PART), -tax))
    return [leaf for leaf in leaves if leaf.cents]


def total(parts: Iterable[Part]) -> int:
    """Return the sum of some parts."""
    return sum(part.cents for part in parts)
