"""The trees of amounts in a transaction, as JSON text.

Very many trees have the same words and differ only in their amounts. So the text of such a shape is written once, with
a gap for each amount.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from xpert_pipeline.sandbox.serving.json_text import array
from xpert_pipeline.sandbox.world.postings import Leaf

INCOME = frozenset({"ProductCharges", "Tax", "Shipping", "GiftWrap", "CashOnDelivery", "Promotion"})
COSTS = frozenset({"AmazonFees", "DigitalServicesFee", "ItemTCS", "ItemTDS"})
"""First words of an item's tree that stand below `Sales`, and below `Expenses`, in the tree of the transaction."""
MOST_SHAPES = 1_000
Path = tuple[str, ...]


class _Shape(NamedTuple):
    """The text of a tree with gaps for `%`; for each gap the places of the leaves whose sum fills it."""

    text: str
    sums: tuple[tuple[int, ...], ...]


def tree(leaves: Sequence[Leaf], currency: str) -> str:
    """Return the tree of some leaves; every other node is the sum of its children."""
    return _filled(_shape(tuple([leaf.path for leaf in leaves]), currency), leaves)


def wrapped_tree(leaves: Sequence[Leaf], currency: str, *, is_refund: bool) -> str:
    """Return the tree of an item as that of its transaction: below Sales and Expenses."""
    return _filled(_wrapped_shape(tuple([leaf.path for leaf in leaves]), currency, is_refund=is_refund), leaves)


def wrapped(path: Path, *, is_refund: bool) -> Path:
    """Return the words of a leaf in the tree of the transaction."""
    wrapper = _wrapper(path, is_refund=is_refund)
    return (wrapper, *path) if wrapper else path


def _wrapper(path: Path, *, is_refund: bool) -> str:
    if path[0] in INCOME:
        return "Refunded Sales" if is_refund else "Sales"
    return ("Refunded Expenses" if is_refund else "Expenses") if path[0] in COSTS else ""


def _filled(shape: _Shape, leaves: Sequence[Leaf]) -> str:
    cents = [leaf.cents for leaf in leaves]
    return shape.text % tuple([sum([cents[place] for place in places]) / 100 for places in shape.sums])


@lru_cache(maxsize=MOST_SHAPES)
def _shape(paths: tuple[Path, ...], currency: str) -> _Shape:
    sums: list[tuple[int, ...]] = []
    return _Shape(_nodes(dict(enumerate(paths)), currency, 0, sums), tuple(sums))


@lru_cache(maxsize=MOST_SHAPES)
def _wrapped_shape(paths: tuple[Path, ...], currency: str, *, is_refund: bool) -> _Shape:
    wrappers = [_wrapper(path, is_refund=is_refund) for path in paths]
    ranks = {wrapper: rank for rank, wrapper in enumerate(dict.fromkeys(wrappers))}
    places = sorted(range(len(paths)), key=lambda place: ranks[wrappers[place]])
    sums: list[tuple[int, ...]] = []
    ordered = {place: wrapped(paths[place], is_refund=is_refund) for place in places}
    return _Shape(_nodes(ordered, currency, 0, sums), tuple(sums))


def _nodes(paths: dict[int, Path], currency: str, depth: int, sums: list[tuple[int, ...]]) -> str:
    """Return the nodes of some leaves at a depth; add what fills their gaps to `sums`."""
    groups: dict[str, dict[int, Path]] = {}
    for place, path in paths.items():
        groups.setdefault(path[depth], {})[place] = path
    return array([_node(word, below, currency, depth + 1, sums) for word, below in groups.items()])


def _node(word: str, below: dict[int, Path], currency: str, depth: int, sums: list[tuple[int, ...]]) -> str:
    sums.append(tuple(below))
    is_leaf = [len(path) for path in below.values()] == [depth]
    children = "[]" if is_leaf else _nodes(below, currency, depth, sums)
    amount = f'{{"currencyAmount": %r, "currencyCode": {_literal(currency)}}}'
    return f'{{"breakdownType": {_literal(word)}, "breakdownAmount": {amount}, "breakdowns": {children}}}'


def _literal(text: str) -> str:
    """Return a string of the answer, in which a percent sign is not a gap."""
    return json.dumps(text).replace("%", "%%")
