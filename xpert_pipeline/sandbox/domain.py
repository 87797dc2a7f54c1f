"""Business domains as the sandbox serves them, and everything that is derived from their declarations.

To add a domain, for example inventory:

1. Make a folder `inventory/`. Its modules import `serving/`, `jobs/` and `world/`, and no other domain:
   `api.py` (answers to calls), `payload.py` (records in Amazon's shape), `truth.py` (the rows that a perfect pipeline
   would load), and, if it has them, modules for its reports, its Data Kiosk datasets and its faults.
2. Declare it in `inventory/domain.py`:

       DOMAIN = Domain(
           operations=(
               Operation(
                   name="getInventorySummaries",
                   method="GET",
                   path="/fba/inventory/v1/summaries",
                   answer=get_inventory_summaries,
                   plan=Plan(2.0, 2),
                   roles=("Product Listing", "Amazon Fulfillment"),  # any one of them is enough
                   paging=Paging(
                       parameter="nextToken",
                       refusal=bad_next_token,
                       size_parameter=None,  # fixed at 50 records
                       default=50,
                       most=50,
                       seconds=30,
                   ),
               ),
           ),
           truth={"fba_inventory": fba_inventory},
       )

   An operation with `paging` answers with `page = call.page()`, `page.cut(records)` and
   `page.pagination(len(records))`, which handle the page size, the tokens and the faults of further pages.
3. Add one line to `app.py`.

Usage plans, routes, roles, the faults' targets, `/_sandbox/truth/<table>` and the checks against Amazon's models are
derived from the declaration. Nothing else lists operations, reports, datasets, tables or faults.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from xpert_pipeline.sandbox.faults import DOWNLOAD, TOKEN_REQUEST, FaultKind, Targets, is_in_world
from xpert_pipeline.sandbox.jobs.fault_kinds import CONTENT, DOCUMENT, LINES
from xpert_pipeline.sandbox.jobs.kiosk_schema import Dataset, KioskSchema
from xpert_pipeline.sandbox.jobs.report_kind import ReportKind
from xpert_pipeline.sandbox.serving.fault_kinds import CALL, HEADER, PAGE, TOKEN
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.roles import ROLES
from xpert_pipeline.sandbox.world.records import World

Row = dict[str, Any]
Truth = Callable[[World], Iterator[Row]]
"""Makes the rows that a perfect pipeline would load into one table, under the table's column names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """One business domain.

    Attributes:
        operations: API operations.
        reports: Report types.
        schemas: Data Kiosk schemas.
        truth: The rows of each table. Every row has a `marketplace_id`.
        faulty_truth: The rows of a table while a fault that changes the world is on, by fault and table.
        truth_without: The rows of a table without a role that only some of its rows need, by role and table.
        faults: The domain's own faults. Other faults strike it in the places that its operations and reports have.
    """

    operations: tuple[Operation, ...] = ()
    reports: tuple[ReportKind, ...] = ()
    schemas: tuple[KioskSchema, ...] = ()
    truth: Mapping[str, Truth] = field(default_factory=dict)
    faulty_truth: Mapping[tuple[str, str], Truth] = field(default_factory=dict)
    truth_without: Mapping[tuple[str, str], Truth] = field(default_factory=dict)
    faults: tuple[FaultKind, ...] = ()


class Declarations:
    """The declarations of all domains together.

    Args:
        domains: The domains.
        faults: The faults that belong to no domain.

    Raises:
        ValueError: A name is declared twice, a role is unknown, or a faulty truth has an unknown fault or table.
    """

    def __init__(self, domains: Iterable[Domain], faults: Iterable[FaultKind]) -> None:
        domains = tuple(domains)
        self.operations = tuple(operation for domain in domains for operation in domain.operations)
        reports = [kind for domain in domains for kind in domain.reports]
        schemas = [schema for domain in domains for schema in domain.schemas]
        kinds = [*faults, *(kind for domain in domains for kind in domain.faults)]
        truth = [entry for domain in domains for entry in domain.truth.items()]
        _refuse_repeated("operation", [operation.name for operation in self.operations])
        _refuse_repeated("report type", [kind.name for kind in reports])
        _refuse_repeated("schema", [schema.name for schema in schemas])
        _refuse_repeated("fault", [kind.name for kind in kinds])
        _refuse_repeated("truth about", [table for table, _ in truth])
        self.reports = {kind.name: kind for kind in reports}
        self.schemas = {schema.name: schema for schema in schemas}
        self.faults = {kind.name: kind for kind in kinds}
        self.truth = dict(truth)
        self.faulty_truth = {key: rows for domain in domains for key, rows in domain.faulty_truth.items()}
        self.truth_without = {key: rows for domain in domains for key, rows in domain.truth_without.items()}
        self._check()

    def _check(self) -> None:
        declared = [(operation.name, operation.roles) for operation in self.operations]
        declared += [(kind.name, kind.roles) for kind in self.reports.values()]
        declared += [(f"the truth about {table}", (role,)) for role, table in self.truth_without]
        for name, roles in declared:
            if unknown := [role for role in roles if role not in ROLES]:
                raise ValueError(f"{name}: there is no role {', '.join(unknown)}")
        for fault, table in self.faulty_truth:
            if fault not in self.faults or table not in self.truth:
                raise ValueError(f"there is no truth about {table} under the fault {fault}")

    @cached_property
    def datasets(self) -> tuple[Dataset, ...]:
        """The datasets of all schemas."""
        return tuple(dataset for schema in self.schemas.values() for dataset in schema.datasets)

    @cached_property
    def plans(self) -> dict[str, tuple[float, int]]:
        """Amazon's usage plan for each operation."""
        return {operation.name: operation.plan for operation in self.operations}

    @cached_property
    def targets(self) -> dict[str, Targets]:
        """What the faults of each place can strike, by place."""
        places = dict.fromkeys(kind.place for kind in self.faults.values())
        return {place: Targets(self._requests(place), self._contents(place)) for place in places}

    def _requests(self, place: str) -> tuple[str, ...]:
        names = [operation.name for operation in self.operations if place in _places(operation)]
        if place == TOKEN:
            names.append(TOKEN_REQUEST)
        if place == CALL or (not is_in_world(place) and self._contents(place)):
            names.append(DOWNLOAD)
        return tuple(names)

    def _contents(self, place: str) -> tuple[str, ...]:
        reports = [kind.name for kind in self.reports.values() if place in (CONTENT, DOCUMENT, *kind.fault_places)]
        datasets = [dataset.name for dataset in self.datasets if place in (DOCUMENT, LINES, *dataset.fault_places)]
        return (*reports, *datasets)

    def rows(self, table: str, world: World, faults: Iterable[str], denied_roles: Iterable[str] = ()) -> Iterator[Row]:
        """Return the rows that a perfect pipeline would load into one table.

        Args:
            table: Name of the table.
            world: The seller's world.
            faults: Names of the faults that currently change the world.
            denied_roles: Roles that the sellers have not granted.
        """
        for role in denied_roles:
            if (role, table) in self.truth_without:
                return self.truth_without[role, table](world)
        for fault in faults:
            if (fault, table) in self.faulty_truth:
                return self.faulty_truth[fault, table](world)
        return self.truth[table](world)


def _places(operation: Operation) -> tuple[str, ...]:
    """Return the places where faults can strike an operation."""
    return (CALL, HEADER, *((PAGE,) if operation.paging else ()), *operation.fault_places)


def _refuse_repeated(what: str, names: list[str]) -> None:
    if repeated := [name for name, number in Counter(names).items() if number > 1]:
        raise ValueError(f"more than one {what} {', '.join(repeated)}")
