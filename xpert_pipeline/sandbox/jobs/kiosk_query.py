"""Reads the text of a Data Kiosk query: finds what it asks for, or why Amazon would reject it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    parse,
    strip_ignored_characters,
    validate,
    visit,
)
from graphql.execution.values import get_argument_values

from xpert_pipeline.sandbox.jobs.kiosk_schema import KioskSchema
from xpert_pipeline.sandbox.jobs.kiosk_selection import Selection, selected, selection_of
from xpert_pipeline.sandbox.jobs.kiosk_view import View
from xpert_pipeline.sandbox.serving.errors import bad_query, invalid

LONGEST = 8_000
"""The most characters in a query, not counting unnecessary whitespace."""
_VERSIONED = re.compile(r"\w+_\d{4}_\d{2}_\d{2}")


@dataclass(frozen=True, slots=True)
class Question:
    """What a query asks for.

    Attributes:
        schema: The schema.
        dataset: Name of the dataset.
        arguments: The dataset's arguments.
        selection: The fields of a record.
    """

    schema: KioskSchema
    dataset: str
    arguments: dict[str, Any]
    selection: Selection

    def groups(self, view: View) -> list[Any]:
        """Return the subject of each record, in order, without figures."""
        return self.schema.dataset(self.dataset).groups(view, self.arguments)

    def record(self, view: View, group: Any) -> dict[str, Any]:
        """Return one record with the selected fields. Amounts are Decimal."""
        record: dict[str, Any] = selected(
            self.schema.dataset(self.dataset).record(view, self.arguments, group), self.selection
        )
        return record


def read_question(text: str, today: date, schemas: Mapping[str, KioskSchema]) -> Question:
    """Parse and check a query.

    Args:
        text: The query in GraphQL.
        today: The seller's current day, because Amazon keeps data for two years.
        schemas: The schemas that can be queried, by name.

    Raises:
        ApiError: 400 with Amazon's message.
    """
    try:
        if len(strip_ignored_characters(text)) > LONGEST:
            raise invalid(f"query: at most {LONGEST} characters without unnecessary whitespace are allowed.")
        document = parse(text)
    except GraphQLError as error:
        raise bad_query(error.message) from None
    _refuse_introspection(document)
    operation = _operation(document)
    schema = _schema(operation, schemas)
    errors = validate(schema.graphql, document, max_errors=5)
    if errors:
        raise bad_query(" ".join(error.message for error in errors))
    question = _question(document, operation, schema)
    _check_dates(question.arguments, today)
    schema.dataset(question.dataset).check(question.arguments)
    return question


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation != OperationType.QUERY:
        raise bad_query("Exactly one query operation is expected.")
    if operations[0].variable_definitions:
        raise bad_query("Variables are not supported.")
    return operations[0]


def _schema(operation: OperationDefinitionNode, schemas: Mapping[str, KioskSchema]) -> KioskSchema:
    """Return the schema that the query names. If it is unknown, return any: validation then rejects the query."""
    fields = [node for node in operation.selection_set.selections if isinstance(node, FieldNode)]
    if len(fields) != len(operation.selection_set.selections) or not all(
        _VERSIONED.fullmatch(node.name.value) for node in fields
    ):
        raise invalid("", "Query did not have a versioned domain field")
    if len(fields) > 1:
        raise bad_query("Exactly one domain can be queried.")
    return schemas.get(fields[0].name.value) or next(iter(schemas.values()))


def _question(document: DocumentNode, operation: OperationDefinitionNode, schema: KioskSchema) -> Question:
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    root = operation.selection_set.selections[0]
    assert isinstance(root, FieldNode)
    assert root.selection_set is not None
    nodes = root.selection_set.selections
    if len(nodes) != 1 or not isinstance(nodes[0], FieldNode):
        raise bad_query("Exactly one data set can be queried.")
    node = nodes[0]
    assert schema.graphql.query_type is not None
    kind = schema.graphql.query_type.fields[schema.name].type
    assert isinstance(kind, GraphQLObjectType)
    assert node.selection_set is not None
    try:
        arguments = get_argument_values(kind.fields[node.name.value], node)
    except GraphQLError as error:
        raise bad_query(error.message) from None
    return Question(schema, node.name.value, arguments, selection_of([node.selection_set], fragments))


def _check_dates(arguments: dict[str, Any], today: date) -> None:
    start, end = arguments["startDate"], arguments["endDate"]
    if end < start:
        raise bad_query("endDate must not be before startDate.")
    if start < _two_years_before(today):
        raise bad_query("startDate must be no more than two years ago.")


def _two_years_before(day: date) -> date:
    return day.replace(year=day.year - 2, day=28 if (day.month, day.day) == (2, 29) else day.day)


class _Introspection(Visitor):
    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value.startswith("__"):
            raise invalid("", "Introspection is not supported.")


def _refuse_introspection(document: DocumentNode) -> None:
    visit(document, _Introspection())
