"""Breakdown trees of transactions: their leaves, the names of their amounts, and whether they add up.

Amazon tells the same money several times: a node repeats the sum of its children, and the tree of a transaction repeats
the trees of its items. So only leaves are amounts, and only those of one tree. A leaf is often named only `Base` or
`Tax`; its name is then that of the nearest node above it that is neither.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from xpert_pipeline.sources.values import number

BASE, TAX = "Base", "Tax"
WRAPPERS = frozenset(("sales", "expenses", "refundedsales", "refundedexpenses"))
"""Roots of a transaction's own tree that only gather groups; an item's tree begins with the groups themselves."""
NO_WORD = "breakdowns without a type"
OTHER_CURRENCY = "amounts in another currency than the breakdown above them"


class Money(NamedTuple):
    """An amount with its currency; either may be unknown."""

    amount: Decimal | None = None
    currency: str | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any] | None) -> "Money":
        """Read Amazon's Currency object.

        Raises:
            TypeError: The amount is not a number.
        """
        return NOTHING if entry is None else cls(number(entry.get("currencyAmount")), entry.get("currencyCode"))


NOTHING = Money()


class Leaf(NamedTuple):
    """One amount: the words from the root to it."""

    words: tuple[str, ...]
    money: Money


class Words(NamedTuple):
    """What the words of a leaf say.

    Attributes:
        path: All of them.
        group: The first one; in a transaction's own tree, the first one below Sales, Expenses and the like.
        name: The word of the nearest node, from the leaf upwards, that is neither Base nor Tax; or else the leaf's own.
        is_tax: Whether the leaf is the tax part of the amount that it names.
    """

    path: str
    group: str
    name: str
    is_tax: bool


@lru_cache(maxsize=10_000)
def words_of(words: tuple[str, ...], *, is_wrapped: bool) -> Words:
    """Return what the words of a leaf say.

    Args:
        words: From the root to the leaf.
        is_wrapped: Whether the tree is a transaction's own.
    """
    has_wrapper = is_wrapped and len(words) > 1 and _bare(words[0]) in WRAPPERS
    below = words[1:] if has_wrapper else words
    name = next((word for word in reversed(below) if word not in (BASE, TAX)), words[-1])
    return Words("/".join(words), below[0], name, words[-1] == TAX)


@dataclass(slots=True)
class Tree:
    """A breakdown as Amazon tells it.

    Attributes:
        leaves: Its leaves, in Amazon's order.
        gaps: Differences between a node and the sum of its children.
        mixes: Whether a node and its children cannot be compared: their currencies differ, or an amount is unknown.
    """

    leaves: list[Leaf] = field(default_factory=list)
    gaps: list[Decimal] = field(default_factory=list)
    mixes: bool = False

    @classmethod
    def read(cls, nodes: Iterable[Any] | None, signals: Counter[str]) -> "Tree":
        """Read a tree; it may be absent or empty."""
        tree = cls()
        for node in nodes or ():
            if node is None:
                signals["null among breakdowns"] += 1
            else:
                tree._add(node, (), signals)
        return tree

    @property
    def has_names(self) -> bool:
        """Whether it tells more than totals: some root is neither Base nor Tax."""
        return any(leaf.words[0] not in (BASE, TAX) for leaf in self.leaves)

    def join(self, other: "Tree") -> None:
        """Add another tree to this one."""
        self.leaves += other.leaves
        self.gaps += other.gaps
        self.mixes = self.mixes or other.mixes

    def gap_to(self, total: Money) -> Decimal | None:
        """Return by how much it fails to add up to a total.

        That is what the leaves lack of the total, or else the largest difference at a node; 0 if everything adds up,
        None if currencies differ or an amount is unknown.
        """
        missing = self.lacking(total)
        if missing is None or self.mixes:
            return None
        return missing or max(self.gaps, key=abs, default=Decimal(0))

    def lacking(self, total: Money) -> Decimal | None:
        """Return what the leaves lack of a total; None if an amount is unknown or the currencies differ."""
        missing = total.amount
        for _, money in self.leaves:
            if missing is None or money.amount is None or money.currency != total.currency:
                return None
            missing -= money.amount
        return missing

    def _add(self, node: Mapping[str, Any], above: tuple[str, ...], signals: Counter[str]) -> Money:
        word = node.get("breakdownType")
        if not word:
            signals[NO_WORD] += 1
        words, money = (*above, word or ""), Money.of(node.get("breakdownAmount"))
        parts = [self._add(child, words, signals) for child in node.get("breakdowns") or () if child is not None]
        if not parts:
            self.leaves.append(Leaf(words, money))
            return money
        missing = money.amount
        for part in parts:
            if part.currency != money.currency and part.amount is not None and money.amount is not None:
                signals[OTHER_CURRENCY] += 1
                missing = None
            missing = None if missing is None or part.amount is None else missing - part.amount
        if missing is None:
            self.mixes = True
        elif missing:
            self.gaps.append(missing)
        return money


def _bare(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter.isalnum())
