"""Data Kiosk's schemas and their datasets, as a domain declares them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema, StringValueNode, ValueNode, build_schema

from xpert_pipeline.sandbox.jobs.kiosk_view import View
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import bad_query

_COMMON_TYPES = """
scalar Date
scalar Long
type Amount { amount: Float! currencyCode: String! }
"""
Arguments = Mapping[str, Any]


def check_marketplaces(arguments: Arguments) -> None:
    """Check the `marketplaceIds` argument of a query.

    Raises:
        ApiError: 400 if there are no marketplaces, 403 if one is in another region.
    """
    if not arguments["marketplaceIds"]:
        raise bad_query("marketplaceIds must not be empty.")
    parameters.check_region(arguments["marketplaceIds"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One dataset of a schema: a list of records.

    Attributes:
        name: Amazon's name.
        groups: Returns the subject of each record of a query, in order, without figures.
        record: Makes one record with all its fields. Amounts are Decimal.
        check: Rejects arguments that the schema allows but Amazon does not.
        fault_places: Places of the faults that change its records.
    """

    name: str
    groups: Callable[[View, Arguments], list[Any]]
    record: Callable[[View, Arguments, Any], dict[str, Any]]
    check: Callable[[Arguments], None] = check_marketplaces
    fault_places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KioskSchema:
    """One schema of Data Kiosk.

    Attributes:
        name: Amazon's name, with its version. The query's root field has the same name.
        types: The schema's types in GraphQL's schema language, without Date, Long and Amount.
        datasets: The datasets that can be queried.
    """

    name: str
    types: str
    datasets: tuple[Dataset, ...]

    @property
    def graphql(self) -> GraphQLSchema:
        """The compiled schema."""
        return _built(self.types)

    def dataset(self, name: str) -> Dataset:
        """A dataset by its name."""
        return next(dataset for dataset in self.datasets if dataset.name == name)


@cache
def _built(types: str) -> GraphQLSchema:
    schema = build_schema(_COMMON_TYPES + types)
    scalar = schema.type_map["Date"]
    assert isinstance(scalar, GraphQLScalarType)
    scalar.parse_value = _date  # type: ignore[method-assign]
    scalar.parse_literal = _date_literal  # type: ignore[assignment,method-assign]
    return schema


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"{value} is not a date of the form YYYY-MM-DD.") from None


def _date_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> date:
    if not isinstance(node, StringValueNode):
        raise GraphQLError("A date is a string of the form YYYY-MM-DD.", node)
    return _date(node.value)
