"""The fields that a query selects, compiled once and then taken out of each record."""

from collections.abc import Mapping
from typing import Any

from graphql import BooleanValueNode, FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode
from graphql.language import InlineFragmentNode

Selection = tuple[tuple[str, str, "Selection | None"], ...]
"""(key in the answer, field, what is selected of it) each; the last is None for a plain value."""


def selection_of(sets: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]) -> "Selection":
    """What some selection sets select together. The query must have been validated."""
    fields: dict[str, list[FieldNode]] = {}
    for each in sets:
        _collect(each, fragments, fields)
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
    """The selected part of a record or of a part of it."""
    if selection is None or value is None:
        return value
    if isinstance(value, list):
        return [selected(each, selection) for each in value]
    return {key: selected(value[name], below) for key, name, below in selection}


def _collect(
    node: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], fields: dict[str, list[FieldNode]]
) -> None:
    for each in node.selections:
        if _is_left_out(each):
            continue
        if isinstance(each, FieldNode):
            fields.setdefault(each.alias.value if each.alias else each.name.value, []).append(each)
        elif isinstance(each, FragmentSpreadNode):
            _collect(fragments[each.name.value].selection_set, fragments, fields)
        elif isinstance(each, InlineFragmentNode):
            _collect(each.selection_set, fragments, fields)


def _is_left_out(node: Any) -> bool:
    """Whether @skip or @include leaves a part out; without variables their `if` is a literal."""
    for directive in node.directives or ():
        condition = directive.arguments[0].value if directive.arguments else None
        if isinstance(condition, BooleanValueNode) and condition.value == (directive.name.value == "skip"):
            return True
    return False
