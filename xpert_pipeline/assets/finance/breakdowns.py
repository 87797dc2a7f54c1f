"""Breakdown trees of transactions: their leaves, the names of their amounts, and whether they add up.

Amazon tells the same money several times: a node repeats the sum of its children, and the tree of a transaction
repeats the trees of its items. So only leaves are amounts, and only those of one tree. A leaf is often named only
`Base` or `Tax`; its name is then that of the nearest node above it that is neither.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from xpert_pipeline.sources.values import entries, number

BASE, TAX = "Base", "Tax"
WRAPPERS = frozenset(("sales", "expenses", "refundedsales", "refundedexpenses"))
"""Roots of a transaction's own tree that only gather groups; an item's tree begins with the groups themselves."""
NO_WORD = "breakdowns without a type"
OTHER_CURRENCY = "amounts in another currency than the breakdown above them"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its currency; either may be unknown."""

    amount: Decimal | None = None
    currency: str | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any] | None) -> "Money":
        """Read Amazon's Currency object.

        Raises:
            TypeError: The amount is not a number.
        """
        if entry is None:
            return cls()
        return cls(number(entry.get("currencyAmount")), entry.get("currencyCode"))


@dataclass(frozen=True, slots=True)
class Leaf:
    """One amount: the words from the root to it."""

    words: tuple[str, ...]
    money: Money

    def name(self, *, is_wrapped: bool) -> str:
        """The word of the nearest node, from the leaf upwards, that is neither Base nor Tax, or else its own."""
        below = self.words[self._wrappers(is_wrapped=is_wrapped) :]
        return next((word for word in reversed(below) if word not in (BASE, TAX)), self.words[-1])

    @property
    def is_tax(self) -> bool:
        """Whether it is the tax part of the amount that it names."""
        return self.words[-1] == TAX

    def group(self, *, is_wrapped: bool) -> str:
        """The first word; in a transaction's own tree the first word below Sales, Expenses and the like."""
        return self.words[self._wrappers(is_wrapped=is_wrapped)]

    def _wrappers(self, *, is_wrapped: bool) -> int:
        """How many words stand before the group: 1 if Sales, Expenses or the like are above it."""
        return int(is_wrapped and len(self.words) > 1 and _bare(self.words[0]) in WRAPPERS)


@dataclass
class Tree:
    """A breakdown as Amazon tells it.

    Attributes:
        leaves: Its leaves, in Amazon's order.
        gaps: Differences between a node and the sum of its children.
        mixes: Whether a node and its children have different currencies, so that nobody can compare them.
    """

    leaves: list[Leaf] = field(default_factory=list)
    gaps: list[Decimal] = field(default_factory=list)
    mixes: bool = False

    @classmethod
    def read(cls, nodes: Iterable[Any] | None, signals: Counter[str]) -> "Tree":
        """Read a tree; it may be absent or empty."""
        tree = cls()
        for node in entries(nodes, "breakdowns", signals):
            tree._add(node, (), signals)
        return tree

    @property
    def has_names(self) -> bool:
        """Whether it tells more than totals: some root is neither Base nor Tax."""
        return any(leaf.words[0] not in (BASE, TAX) for leaf in self.leaves)

    def gap_to(self, total: Money) -> Decimal | None:
        """Return by how much it fails to add up to a total.

        That is what the leaves lack of the total, or else the largest difference at a node; 0 if everything adds up,
        None if currencies differ or an amount is unknown.
        """
        missing = lacking(total, [leaf.money for leaf in self.leaves])
        if missing is None or self.mixes:
            return None
        return missing or max(self.gaps, key=abs, default=Decimal(0))

    def _add(self, node: Mapping[str, Any], above: tuple[str, ...], signals: Counter[str]) -> None:
        word = node.get("breakdownType")
        if not word:
            signals[NO_WORD] += 1
        words, money = (*above, word or ""), Money.of(node.get("breakdownAmount"))
        children = list(entries(node.get("breakdowns"), "breakdowns", signals))
        if not children:
            self.leaves.append(Leaf(words, money))
            return
        self._compare(money, [Money.of(child.get("breakdownAmount")) for child in children], signals)
        for child in children:
            self._add(child, words, signals)

    def _compare(self, money: Money, parts: Sequence[Money], signals: Counter[str]) -> None:
        gap = lacking(money, parts)
        if gap is None:
            self.mixes = True
            signals[OTHER_CURRENCY] += len({money.currency, *(part.currency for part in parts)}) > 1
        elif gap:
            self.gaps.append(gap)


def lacking(total: Money, parts: Sequence[Money]) -> Decimal | None:
    """Return what parts lack of a total; None if an amount is unknown or the currencies differ."""
    if total.amount is None or any(part.amount is None or part.currency != total.currency for part in parts):
        return None
    return total.amount - sum((part.amount for part in parts if part.amount is not None), Decimal(0))


def all_leaves(trees: Iterable[Tree]) -> Iterator[Leaf]:
    """Yield the leaves of several trees."""
    for tree in trees:
        yield from tree.leaves


def _bare(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter.isalnum())
