"""The documents name what is there: tables, commands, errors, files, and the checks that CI runs."""

import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import yaml
from psycopg import Connection

from xpert_pipeline import reference
from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.cli.main import main
from xpert_pipeline.postgres import embedded_place, encryption, errors, lease, migrations, sellers, spool, viewers
from xpert_pipeline.postgres.column_comments import column_comments
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.release import released
from xpert_pipeline.sources.outcome import State
from xpert_pipeline.spapi.errors import ReportError, SpApiError
from xpert_pipeline.tables.columns import columns_of
from xpert_pipeline.tables.contract import Table
from xpert_pipeline_tests.commands import commands_of

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
DATABASE_MODULES = (embedded_place, encryption, errors, lease, migrations, sellers, spool, viewers)


def test_the_readme_lists_the_tables_with_their_keys():
    text = (ROOT / "README.md").read_text()
    block = text.split("<!-- tables -->\n")[1].split("<!-- end of tables -->")[0]
    assert block == reference.readme_list(), "run `make docs`"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.strip().splitlines()[2:]]
    listed = {re.findall(r"`(\w+)`", row[0])[0]: tuple(re.findall(r"`(\w+)`", row[2])) for row in rows}
    assert listed == {table.name: table.key for table in TABLES}
    assert all(row[1] and row[3] for row in rows)


@pytest.mark.parametrize(
    ("file", "generate"),
    [("docs/tables.md", reference.tables_md), ("sql/comments.sql", reference.comments_sql)],
)
def test_a_generated_file_is_what_the_row_contracts_say(file: str, generate: Callable[[], str]):
    assert (ROOT / file).read_text() == generate(), "run `make docs`"


def test_make_docs_writes_only_what_differs(tmp_path: Path):
    (tmp_path / "README.md").write_text("before\n<!-- tables -->\nold\n<!-- end of tables -->\nafter\n")
    for folder in ("sql", "docs"):
        (tmp_path / folder).mkdir()
    written = reference.write(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in written} == {
        "README.md",
        "docs/tables.md",
        "sql/comments.sql",
    }
    assert (tmp_path / "docs" / "tables.md").read_text() == reference.tables_md()
    text = (tmp_path / "README.md").read_text()
    assert text == f"before\n<!-- tables -->\n{reference.readme_list()}<!-- end of tables -->\nafter\n"
    assert reference.write(tmp_path) == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_and_column_is_described(table: Table):
    assert table.about is not None
    assert all(vars(table.about).values()), f"{table.name} leaves a part of About empty"
    assert [column.name for column in columns_of(table.row) if not column.meaning] == []
    section = reference.tables_md().split(f"## {table.name}\n")[1].split("\n## ")[0]
    for column in columns_of(table.row):
        assert f"| `{column.name}` | {column.sql_type} |" in section
    for link in re.findall(r"\(docs/tables\.md#(\w+)\)", reference.readme_list()):
        assert f"\n## {link}\n" in reference.tables_md()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_example_of_every_table_runs(admin: Connection, table: Table):
    assert table.about is not None
    admin.execute(table.about.example.encode())


def test_the_comments_of_the_database_are_those_of_the_contracts(admin: Connection):
    for table in TABLES:
        comments = column_comments(admin, table.name)
        assert {column.name: column.comment for column in columns_of(table.row)}.items() <= comments.items(), table.name


def test_the_readme_begins_with_the_four_commands_and_each_is_a_make_target():
    first_screen = (ROOT / "README.md").read_text()[:1000]
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for name in ("sync", "up", "test", "check"):
        assert f"make {name} " in first_screen
        assert name in targets


def commands() -> Iterator[tuple[Path, str]]:
    """Every `xpert …` of the documents, up to the end of the line or of the code span."""
    for file in DOCUMENTS:
        for line in file.read_text().splitlines():
            for match in re.finditer(r"(?<![\w/-])(?:\.venv/bin/)?xpert ((?:[a-z-]+|--[a-z-]+)[^`)]*)", line):
                yield file, match[1]


def test_every_command_and_option_that_the_documents_name_exists():
    found = list(commands())
    assert len(found) > 20
    for file, words in found:
        unknown = _unknown(main, words.split("#")[0].split())
        assert unknown is None, f"{file.name}: xpert {words}: {unknown}"


def _unknown(command: click.Command, words: list[str]) -> str | None:
    """The first word of a command line that the command line does not know."""
    for word in words:
        if isinstance(command, click.Group) and not word.startswith("-"):
            names = word.split("|")
            known_commands = commands_of(command)
            if missing := [name for name in names if name not in known_commands]:
                return missing[0]
            command = known_commands[names[0]]
        elif word.startswith("--"):
            known = {option for parameter in command.params for option in parameter.opts}
            if word.split("=")[0] not in known:
                return word
    return None


def subclasses(base: type) -> set[type]:
    return {found for child in base.__subclasses__() for found in (child, *subclasses(child))}


def error_names() -> set[str]:
    ours = {kind.__name__ for kind in subclasses(SpApiError) if kind.__module__ == "xpert_pipeline.spapi.errors"}
    modules = {module.__name__ for module in DATABASE_MODULES}
    database = {kind.__name__ for kind in subclasses(errors.DatabaseError) if kind.__module__ in modules}
    return (ours - {ReportError.__name__}) | database


def test_operations_says_what_to_do_for_every_error():
    text = (ROOT / "docs" / "operations.md").read_text()
    named = {name for line in text.splitlines() if line.startswith("| `") for name in re.findall(r"`([A-Z]\w+)`", line)}
    assert error_names() <= named
    assert len(error_names()) > 30


@pytest.mark.parametrize("state", ["failed", *get_args(State)])
def test_operations_explains_every_state(state: str):
    assert f"| `{state}` |" in (ROOT / "docs" / "operations.md").read_text()


def test_operations_lists_every_monitoring_question():
    text = (ROOT / "docs" / "operations.md").read_text()
    listed = set(re.findall(r"^\|.*\| `xpert report ([a-z-]+)` \|$", text, re.MULTILINE))
    assert listed == {file.stem.replace("_", "-") for file in (ROOT / "sql" / "monitoring").glob("*.sql")}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_links_between_documents_lead_somewhere(document: Path):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text())
    images = {"docs/asset-graph.png"}  # made from the running UI, not part of the sources
    assert [target for target in targets if target not in images and not (document.parent / target).exists()] == []


def test_the_licence_is_the_one_that_the_package_names():
    licence = (ROOT / "LICENSE").read_text()
    assert "Apache License" in licence
    assert "Version 2.0" in licence
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] in ("Apache-2.0", {"text": "Apache-2.0"})


def test_pre_commit_runs_what_make_check_runs():
    makefile = (ROOT / "Makefile").read_text()
    recipes = re.findall(r"^lint-(?:python|sql): \$\(VENV\)/dev\n((?:\t.+\n)+)", makefile, re.MULTILINE)
    assert len(recipes) == 2
    lines = [line.strip().replace("$(BIN)", ".venv/bin") for recipe in recipes for line in recipe.splitlines()]
    linters = {re.sub(r"\$\(filter-out .+\)$", "sql", line) for line in lines}
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    entries = {re.sub(r"^sh -c '(.*)'$", r"\1", hook["entry"]) for hook in repository["hooks"]}
    assert entries == linters | {".venv/bin/python -m pytest"}


def test_the_style_of_all_sql_is_checked_but_of_released_migrations_and_of_the_written_file():
    told = subprocess.run(["make", "-n", "lint-sql"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in told.splitlines() if "sqlfluff lint" in line]
    skipped = {"sql/comments.sql", *(f"sql/migrations/{name}" for name in released(ROOT / "sql" / "migrations"))}
    files = {str(file.relative_to(ROOT)) for file in (ROOT / "sql").rglob("*.sql")}
    assert skipped < files
    assert {word for word in line.split() if word.endswith(".sql")} == files - skipped


def test_the_sql_of_the_readme_runs(admin: Connection, seller: Seller):
    blocks = re.findall(r"^ *```sql\n(.*?)^ *```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    asked = [block.replace("<merchant id>", seller.amazon_seller_id) for block in blocks if "alter role" not in block]
    statements = [part for block in asked for part in block.split(";") if part.strip()]
    assert len(statements) > 6
    for statement in statements:
        admin.execute(statement.encode())
