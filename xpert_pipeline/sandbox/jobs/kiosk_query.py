"""Reads the text of a Data Kiosk query: what it asks for, or why Amazon refuses it."""

import re
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

from xpert_pipeline.sandbox.jobs.kiosk_schema import DOMAINS, ECONOMICS, schema_of
from xpert_pipeline.sandbox.jobs.kiosk_selection import Selection, selection_of
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import ApiError, invalid

LONGEST = 8_000
MOST_ASINS = 30
_VERSIONED = re.compile(r"\w+_\d{4}_\d{2}_\d{2}")


@dataclass(frozen=True, slots=True)
class Question:
    """What a query asks for: a data set of a domain, its arguments, and the fields of a record."""

    domain: str
    dataset: str
    arguments: dict[str, Any]
    selection: Selection


def read_question(text: str, today: date) -> Question:
    """Understand a query.

    Args:
        text: The GraphQL.
        today: The seller's day; data older than two years are gone.

    Raises:
        ApiError: 400 with Amazon's words.
    """
    try:
        if len(strip_ignored_characters(text)) > LONGEST:
            raise invalid(f"query: at most {LONGEST} characters without unnecessary whitespace are allowed.")
        document = parse(text)
    except GraphQLError as error:
        raise _refusal(error.message) from None
    _refuse_introspection(document)
    operation = _operation(document)
    domain = _domain(operation)
    errors = validate(schema_of(domain), document, max_errors=5)
    if errors:
        raise _refusal(" ".join(error.message for error in errors))
    question = _question(document, operation, domain)
    _check_dates(question.arguments, today)
    _check_products(question.arguments)
    return question


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation != OperationType.QUERY:
        raise _refusal("Exactly one query operation is expected.")
    if operations[0].variable_definitions:
        raise _refusal("Variables are not supported.")
    return operations[0]


def _domain(operation: OperationDefinitionNode) -> str:
    """The domain that is asked; an unknown one is left to the validation, which refuses it."""
    fields = [node for node in operation.selection_set.selections if isinstance(node, FieldNode)]
    if len(fields) != len(operation.selection_set.selections) or not all(
        _VERSIONED.fullmatch(node.name.value) for node in fields
    ):
        raise invalid("", "Query did not have a versioned domain field")
    if len(fields) > 1:
        raise _refusal("Exactly one domain can be queried.")
    name = fields[0].name.value
    return name if name in DOMAINS else ECONOMICS


def _question(document: DocumentNode, operation: OperationDefinitionNode, domain: str) -> Question:
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    root = operation.selection_set.selections[0]
    assert isinstance(root, FieldNode)
    assert root.selection_set is not None
    nodes = root.selection_set.selections
    if len(nodes) != 1 or not isinstance(nodes[0], FieldNode):
        raise _refusal("Exactly one data set can be queried.")
    node = nodes[0]
    schema = schema_of(domain)
    assert schema.query_type is not None
    kind = schema.query_type.fields[domain].type
    assert isinstance(kind, GraphQLObjectType)
    assert node.selection_set is not None
    try:
        arguments = get_argument_values(kind.fields[node.name.value], node)
    except GraphQLError as error:
        raise _refusal(error.message) from None
    return Question(domain, node.name.value, arguments, selection_of([node.selection_set], fragments))


def _check_dates(arguments: dict[str, Any], today: date) -> None:
    start, end = arguments["startDate"], arguments["endDate"]
    if end < start:
        raise _refusal("endDate must not be before startDate.")
    if start < _two_years_before(today):
        raise _refusal("startDate must be no more than two years ago.")


def _check_products(arguments: dict[str, Any]) -> None:
    """Stores and ASINs."""
    if "marketplaceIds" in arguments:
        if not arguments["marketplaceIds"]:
            raise _refusal("marketplaceIds must not be empty.")
        parameters.check_region(arguments["marketplaceIds"])
        return
    filters = arguments["filters"]
    parameters.check_region([wanted["marketplaceId"] for wanted in filters])
    if arguments["asinAggregation"] != "CHILD":
        raise _refusal("asinAggregation: only CHILD is supported.")
    if not filters or len({wanted["marketplaceId"] for wanted in filters}) != len(filters):
        raise _refusal("filters: exactly one is expected for each marketplace.")
    for wanted in filters:
        if not 1 <= len(wanted["asins"]) <= MOST_ASINS:
            raise _refusal(f"filters: 1 to {MOST_ASINS} asins are allowed, {len(wanted['asins'])} were given.")


def _two_years_before(day: date) -> date:
    return day.replace(year=day.year - 2, day=28 if (day.month, day.day) == (2, 29) else day.day)


class _Introspection(Visitor):
    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value.startswith("__"):
            raise invalid("", "Introspection is not supported.")


def _refuse_introspection(document: DocumentNode) -> None:
    visit(document, _Introspection())


def _refusal(details: str) -> ApiError:
    return invalid(details, "The provided query is invalid")
