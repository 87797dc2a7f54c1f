"""The fields that a query selects: compiled once, then taken from each record."""

from collections.abc import Mapping
from typing import Any

from graphql import BooleanValueNode, FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode
from graphql.language import InlineFragmentNode

Selection = tuple[tuple[str, str, "Selection | None"], ...]
"""For each field: its key in the answer, its name, and the selection within it (None for a plain value)."""


def selection_of(sets: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]) -> "Selection":
    """Combine several selection sets of a validated query."""
    fields: dict[str, list[FieldNode]] = {}
    for node in sets:
        _collect(node, fragments, fields)
    return tuple(
        (
            key,
            nodes[0].name.value,
            selection_of([node.selection_set for node in nodes if node.selection_set], fragments)
            if nodes[0].selection_set
            else None,
        )
        for key, nodes in fields.items()
    )


def selected(value: Any, selection: "Selection | None") -> Any:
    """Return the selected part of a value in a record."""
    if selection is None or value is None:
        return value
    if isinstance(value, list):
        return [selected(entry, selection) for entry in value]
    return {key: value[name] if below is None else selected(value[name], below) for key, name, below in selection}


def _collect(
    node: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], fields: dict[str, list[FieldNode]]
) -> None:
    for child in node.selections:
        if _is_skipped(child):
            continue
        if isinstance(child, FieldNode):
            fields.setdefault(child.alias.value if child.alias else child.name.value, []).append(child)
        elif isinstance(child, FragmentSpreadNode):
            _collect(fragments[child.name.value].selection_set, fragments, fields)
        elif isinstance(child, InlineFragmentNode):
            _collect(child.selection_set, fragments, fields)


def _is_skipped(node: Any) -> bool:
    """Return whether @skip or @include skips a node. Queries have no variables, so `if` is a literal."""
    for directive in node.directives or ():
        condition = directive.arguments[0].value if directive.arguments else None
        if isinstance(condition, BooleanValueNode) and condition.value == (directive.name.value == "skip"):
            return True
    return False
