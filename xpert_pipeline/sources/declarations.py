"""Checks the declared sources when the code location loads. Error messages give the file and line to fix."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from xpert_pipeline.postgres.sql_files import migration_of, sql_directory
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.sources.reconciliation import Reconciliation
from xpert_pipeline.sources.source import Source
from xpert_pipeline.spapi import library
from xpert_pipeline.spapi.marketplaces import MARKETPLACES
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.tables.columns import columns_of, line_of
from xpert_pipeline.tables.contract import Table

ROLES = (
    "Amazon Fulfillment",
    "Brand Analytics",
    "Finance and Accounting",
    "Inventory and Order Tracking",
    "Pricing",
    "Product Listing",
    "Selling Partner Insights",
)
"""Amazon's names for the roles that sources may need."""
MARKETPLACE_IDS = frozenset(marketplace.id for marketplace in MARKETPLACES)


class DeclarationError(ValueError):
    """Some sources are declared incorrectly; the message lists every problem with its file and line."""


def require_valid(
    sources: Sequence[Source],
    declared: Sequence[Source] = (),
    reconciliations: Sequence[Reconciliation] = (),
    declared_reconciliations: Sequence[Reconciliation] = (),
) -> None:
    """Check every declaration.

    Args:
        sources: The list of sources.
        declared: All sources that the domains declare; each must be in the list.
        reconciliations: The list of reconciliations.
        declared_reconciliations: All reconciliations that the domains declare; each must be in the list.

    Raises:
        DeclarationError: There is at least one problem; the message lists all of them.
        PlanMissing: An operation has no usage plan, so its calls could not be paced.
    """
    problems = [
        *_claimed_twice(sources),
        *(problem for source in sources for problem in _problems(source)),
        *_unknown_upstream(sources),
        *_unlisted(sources, declared),
        *_reconciliation_problems(sources, reconciliations),
        *(
            f"the reconciliation {each.name} is declared, but not listed: add a line to assets/registry.py"
            for each in declared_reconciliations
            if not any(each is listed for listed in reconciliations)
        ),
    ]
    if problems:
        raise DeclarationError("some sources are declared incorrectly:\n" + "\n".join(f"- {text}" for text in problems))
    usage_plans.require(library.OPERATIONS)


def _claimed_twice(sources: Sequence[Source]) -> list[str]:
    owners: dict[str, Source] = {}
    problems = []
    for source in sources:
        for table in source.tables:
            first = owners.setdefault(table.name, source)
            if first is not source:
                problems.append(
                    f"{source.declared_at}: table {table.name} is also filled by the source declared at "
                    f"{first.declared_at}: remove one of the two"
                )
    return problems


def _problems(source: Source) -> list[str]:
    problems = [problem for table in source.tables for problem in _table_problems(source, table)]
    problems += [
        f"{line_of(table.row, name)}: column {name} of {table.name} has neither a path (At) nor a parser that fills it"
        for table, names in source.unfilled().items()
        for name in names
    ]
    problems += [
        f"{source.declared_at}: {source.step}: {what} is of the table {table.name}, which another source fills: "
        "declare it there"
        for what, table in (
            *((f"the figure {figure.name}", figure.table) for figure in source.figures),
            *((f"the picture {picture.title}", picture.table) for picture in source.pictures),
        )
        if table not in source.tables
    ]
    if isinstance(source, Derived) and source.subject is not None and source.subject not in source.table.key:
        problems.append(
            f"{source.declared_at}: {source.step}: subject names {source.subject}, which is not part of the key of "
            f"{source.table.name}: name a column of the key, or leave subject out"
        )
    if source.is_derived:
        return problems
    if not source.roles:
        problems.append(
            f"{source.declared_at}: {source.step} names no role: add roles=(…,) with one of {', '.join(ROLES)}"
        )
    problems += [
        f"{source.declared_at}: {source.step} names the role {role!r}, which Amazon does not have; "
        f"use one of {', '.join(ROLES)}"
        for role in source.roles
        if role not in ROLES
    ]
    problems += [
        f"{source.declared_at}: {source.step} names the marketplace {name!r}, which Amazon does not have; use the ids "
        "of spapi/marketplaces.py"
        for name in sorted(source.marketplaces or ())
        if name not in MARKETPLACE_IDS
    ]
    if source.marketplaces is not None and not source.marketplaces:
        problems.append(
            f"{source.declared_at}: {source.step} is offered in no marketplace: leave marketplaces out for all"
        )
    for operation in source.operations:
        if operation not in library.OPERATIONS:
            problems.append(
                f"{source.declared_at}: {source.step} calls {operation}, which is unknown: "
                f"add it to OPERATIONS in {_file(library)}"
            )
        elif not usage_plans.has_plan(operation):
            problems.append(
                f"{source.declared_at}: {source.step} calls {operation}, which has no usage plan: "
                f"add one to {_file(usage_plans)}"
            )
    return problems


def _table_problems(source: Source, table: Table) -> list[str]:
    problems = []
    if migration_of(table.name) is None:
        folder = sql_directory() / "migrations"
        problems.append(
            f"{source.declared_at}: table {table.name} has no migration: add {folder}/NNNN_{table.name}.sql"
        )
    problems += [
        f"{line_of(table.row, column.name)}: column {column.name} of {table.name} has no description: "
        "add a text to its Annotated"
        for column in columns_of(table.row)
        if not column.meaning
    ]
    names = {column.name for column in columns_of(table.row)}
    needed: Mapping[str, Sequence[str | None]] = {
        "key": table.key,
        "day": (table.day,),
        "version": (table.version,),
        "replaced_by": table.replaced_by or (),
    }
    problems += [
        f"{source.declared_at}: {table.name}: {option} names the column {name}, which the row type does not have"
        for option, columns in needed.items()
        for name in columns
        if name is not None and name not in names
    ]
    return problems


def _unlisted(sources: Sequence[Source], declared: Sequence[Source]) -> list[str]:
    return [
        f"{source.declared_at}: {source.step} is declared, but the list of sources lacks it: "
        "add a line to assets/registry.py"
        for source in declared
        if not any(source is listed for listed in sources)
    ]


def _unknown_upstream(sources: Sequence[Source]) -> list[str]:
    known = {table.name for source in sources for table in source.tables}
    return [
        f"{source.declared_at}: {source.step} comes after {name}, which no source fills"
        for source in sources
        for name in source.after
        if name not in known
    ]


def _reconciliation_problems(sources: Sequence[Source], reconciliations: Sequence[Reconciliation]) -> list[str]:
    known = {table.name for source in sources for table in source.tables}
    names: set[str] = set()
    problems = []
    for each in reconciliations:
        if each.name in names:
            problems.append(f"the reconciliation {each.name} is declared twice: rename one of the two")
        names.add(each.name)
        problems += [
            f"the reconciliation {each.name} reads {table}, which no source fills"
            for table in each.tables
            if table not in known
        ]
        families = [tolerance.family for tolerance in each.tolerances]
        if len(set(families)) < len(families):
            problems.append(f"the reconciliation {each.name} has two tolerances for one family: remove one of them")
    return problems


def _file(module: object) -> str:
    return str(Path(str(getattr(module, "__file__", module))))
