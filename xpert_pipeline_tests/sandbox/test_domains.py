"""Domains: what follows from their declarations, which declarations are refused, and which folder imports which."""

import ast
from graphlib import TopologicalSorter
from itertools import product
from pathlib import Path

import pytest

import xpert_pipeline.sandbox
from xpert_pipeline.sandbox.app import DECLARATIONS, PLANS
from xpert_pipeline.sandbox.domain import Declarations, Domain
from xpert_pipeline.sandbox.faults import WORLD, FaultKind
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.roles import is_denied
from xpert_pipeline.sandbox.serving.usage_plans import Plan

FOLDER = Path(xpert_pipeline.sandbox.__file__).parent
PACKAGE = "xpert_pipeline.sandbox"
DOMAIN_FOLDERS = {path.parent.name for path in FOLDER.glob("*/domain.py")}


def operation(name="getParcels", **details):
    return Operation(name=name, method="GET", path="/parcels", answer=lambda _call: {}, plan=Plan(1.0, 1), **details)


def test_plans_come_from_the_operations():
    assert {declared.name: declared.plan for declared in DECLARATIONS.operations} == PLANS


def test_every_operation_and_report_type_names_its_roles_or_is_open_on_purpose():
    open_to_all = {declared.name for declared in DECLARATIONS.operations if not declared.roles}
    assert open_to_all == {"createReport", "getReports", "getReport", "cancelReport", "getReportDocument"}
    assert all(kind.roles for kind in DECLARATIONS.reports.values())


@pytest.mark.parametrize(
    ("denied", "expected"),
    [
        ((), False),
        (("Product Listing",), False),
        (("Amazon Fulfillment",), False),
        (("Amazon Fulfillment", "Product Listing"), True),
        (("Pricing",), False),
    ],
)
def test_any_of_several_roles_opens_an_operation(denied, expected):
    assert is_denied(("Product Listing", "Amazon Fulfillment"), denied) is expected


def test_an_operation_without_roles_is_never_denied():
    assert not is_denied((), ("Pricing",))


@pytest.mark.parametrize(
    ("domains", "message"),
    [
        ([Domain(operations=(operation(),)), Domain(operations=(operation(),))], "more than one operation getParcels"),
        ([Domain(truth={"parcels": iter}), Domain(truth={"parcels": iter})], "more than one truth about parcels"),
        ([Domain(faults=(FaultKind("500-json", "call", ""),))], "more than one fault 500-json"),
        ([Domain(operations=(operation(roles=("King",)),))], "getParcels: there is no role King"),
        ([Domain(faulty_truth={("500-json", "parcels"): iter})], "no truth about parcels under the fault 500-json"),
    ],
)
def test_declarations_that_contradict_each_other_are_refused(domains, message):
    with pytest.raises(ValueError, match=message):
        Declarations(domains, [FaultKind("500-json", "call", "500")])


def test_a_domain_brings_its_own_faults_and_their_places():
    lost = FaultKind("lost-parcel", "parcels", "a parcel is lost")
    restated = FaultKind("restated-parcels", WORLD, "parcels weigh more")
    domain = Domain(
        operations=(operation(fault_places=("parcels",)),),
        truth={"parcels": lambda _world: iter([{"grams": 1}])},
        faulty_truth={("restated-parcels", "parcels"): lambda _world: iter([{"grams": 2}])},
        faults=(lost, restated),
    )
    declarations = Declarations([domain], [])
    assert declarations.targets["parcels"].requests == ("getParcels",)
    assert list(declarations.rows("parcels", None, [])) == [{"grams": 1}]
    assert list(declarations.rows("parcels", None, ["restated-parcels"])) == [{"grams": 2}]


def test_every_fault_can_strike_something():
    assert [
        place for place, targets in DECLARATIONS.targets.items() if not (targets.requests or targets.contents)
    ] == []


def imports():
    """(module, imported module) for every import within the sandbox; top-level modules are folders of their own."""
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names if alias.name.startswith(PACKAGE)]
            for name in names:
                yield str(path.relative_to(FOLDER).with_suffix("")), name.removeprefix(PACKAGE + ".").replace(".", "/")


def folder(module):
    return module.split("/")[0]


def test_no_folder_of_the_sandbox_imports_in_a_circle():
    graph = {}
    for module, imported in imports():
        if folder(module) != folder(imported):
            graph.setdefault(folder(module), set()).add(folder(imported))
    order = list(TopologicalSorter(graph).static_order())
    assert {"world", "serving", "jobs", "control", *DOMAIN_FOLDERS} <= set(order)


def test_no_domain_imports_another_and_nothing_below_imports_a_domain():
    assert len(DOMAIN_FOLDERS) > 4
    pairs = {(folder(module), folder(imported)) for module, imported in imports()}
    assert [pair for pair in product(DOMAIN_FOLDERS, DOMAIN_FOLDERS) if len(set(pair)) == 2 and pair in pairs] == []
    assert {importer for importer, imported in pairs if imported in DOMAIN_FOLDERS} - DOMAIN_FOLDERS == {"app"}
