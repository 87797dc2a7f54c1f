"""The arrows of the house: which part may import which, without a circle, and where tables are named.

The imports are read from the source text, those inside functions and under TYPE_CHECKING too.
"""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from xpert_pipeline.assets.registry import TABLES

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "xpert_pipeline"
SPAPI = f"{PACKAGE}.spapi"


def module_of(path: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in sorted((ROOT / PACKAGE).rglob("*.py"))}


def tree_of(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def imports_of(module: str) -> set[str]:
    """Modules of the package that a module imports: a file for `from folder import file`, else what is named."""
    imported: set[str] = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} has a relative import"
            name = node.module or ""
            files = {f"{name}.{alias.name}" for alias in node.names} & FILES.keys()
            imported |= files
            if len(files) < len(node.names):
                imported.add(name)
    return {name for name in imported if name in FILES and name != module}


IMPORTS = {module: imports_of(module) for module in FILES}


def grouped(imports: Mapping[str, Iterable[str]], group: Callable[[str], str | None]) -> dict[str, set[str]]:
    """The same arrows between groups of modules; modules of no group are left out."""
    arrows: dict[str, set[str]] = defaultdict(set)
    for module, names in imports.items():
        if (own := group(module)) is not None:
            arrows[own] |= {other for name in names if (other := group(name)) not in (None, own)}
    return arrows


def circles(arrows: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of nodes that reach each other (Tarjan's strongly connected components of two nodes or more)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_nodes: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = lowest[node] = len(index)
        open_nodes.append(node)
        for other in sorted(arrows.get(node, ())):
            if other not in index:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in open_nodes:
                lowest[node] = min(lowest[node], index[other])
        if lowest[node] == index[node]:
            component = open_nodes[open_nodes.index(node) :]
            del open_nodes[open_nodes.index(node) :]
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(arrows):
        if node not in index:
            visit(node)
    return found


def folder_of(module: str) -> str:
    """A top-level folder of the package; modules beside the folders stand for themselves."""
    return ".".join(module.split(".")[:2])


def folder_in(parent: str) -> Callable[[str], str | None]:
    """Folders inside a folder; modules beside them stand for themselves, modules elsewhere for nothing."""

    def group(module: str) -> str | None:
        depth = parent.count(".") + 2
        return ".".join(module.split(".")[:depth]) if module.startswith(f"{parent}.") else None

    return group


def test_the_search_for_circles_finds_them():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"d"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert len(IMPORTS) > 150
    assert IMPORTS[f"{PACKAGE}.definitions"] >= {f"{PACKAGE}.assets.registry", f"{PACKAGE}.sources.build"}


def test_no_files_import_each_other_in_a_circle():
    assert circles(IMPORTS) == []


def test_no_folders_import_each_other_in_a_circle():
    assert circles(grouped(IMPORTS, folder_of)) == []


@pytest.mark.parametrize("parent", [SPAPI, f"{PACKAGE}.sandbox", f"{PACKAGE}.sources", f"{PACKAGE}.assets"])
def test_no_folders_inside_a_folder_import_each_other_in_a_circle(parent):
    arrows = grouped(IMPORTS, folder_in(parent))
    assert arrows, f"{parent} has no modules"
    assert circles(arrows) == []


def strangers(folder: str, allowed: Iterable[str]) -> list[str]:
    """Imports of a folder that lead elsewhere than allowed."""
    homes = tuple(allowed)
    return [
        f"{module} imports {name}"
        for module, names in IMPORTS.items()
        if module.startswith(f"{folder}.")
        for name in sorted(names)
        if not any(name == home or name.startswith(f"{home}.") for home in homes)
    ]


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [
        ("assets", ("assets", "sources", "tables", "spapi.operations", "forecasting")),
        ("forecasting", ("forecasting",)),
        (
            "sources",
            ("sources", "tables", "spapi", "postgres", "resources", "partitions", "progress", "wording", "garbage"),
        ),
        ("resources", ("resources", "spapi", "postgres", "progress", "holders")),
        ("spapi", ("spapi", "wording", "garbage")),
        ("postgres", ("postgres", "tables")),
        ("tables", ("tables",)),
        ("sandbox", ("sandbox",)),
    ],
)
def test_a_folder_imports_only_what_its_place_allows(folder, allowed):
    assert strangers(f"{PACKAGE}.{folder}", [f"{PACKAGE}.{name}" for name in allowed]) == []


def test_only_the_command_line_uses_the_sandbox():
    users = {
        folder_of(module)
        for module, names in IMPORTS.items()
        if any(name.startswith(f"{PACKAGE}.sandbox") for name in names)
    }
    assert users <= {f"{PACKAGE}.sandbox", f"{PACKAGE}.cli"}


def test_the_lower_half_of_the_house_does_not_know_dagster():
    """`spapi` and `postgres` know neither Dagster nor each other."""
    for module in FILES:
        if folder_of(module) in (SPAPI, f"{PACKAGE}.postgres", f"{PACKAGE}.tables", f"{PACKAGE}.sandbox"):
            for node in ast.walk(tree_of(module)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    names.append(node.module or "")
                assert not any(name.split(".")[0] == "dagster" for name in names), module


def texts_of(node: ast.AST) -> list[str]:
    """Identifiers and whole strings of a node."""
    values = [getattr(node, name, None) for name in ("id", "arg", "attr", "name", "asname", "value")]
    return [value for value in values if isinstance(value, str)]


@pytest.mark.parametrize("module", [module for module in FILES if folder_of(module) == f"{PACKAGE}.sources"])
def test_the_framework_names_no_table(module):
    names = {table.name for table in TABLES}
    assert names.isdisjoint(text.lower() for node in ast.walk(tree_of(module)) for text in texts_of(node))
