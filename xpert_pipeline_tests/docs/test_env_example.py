""".env.example: every variable that the code reads is explained, and every explained variable is read."""

import ast
import re
from pathlib import Path

from xpert_pipeline.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "xpert_pipeline"
READERS = [
    *(PACKAGE / name for name in ("settings.py", "settings_problems.py", "keep.py", "definitions.py")),
    *sorted((PACKAGE / "cli").rglob("*.py")),
]
VARIABLE = re.compile(r"(AMAZON|AWS|XPERT|SP_API|DATABASE|DAGSTER)_[A-Z_]+")
LINE = re.compile(r"^#?([A-Z_]+)=(.*)$")


def explained() -> dict[str, str]:
    """Name and example value of each variable."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return {match[1]: match[2] for line in lines if (match := LINE.match(line))}


def read_by_code() -> set[str]:
    constants = (
        node.value
        for file in READERS
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return {text for text in constants if VARIABLE.fullmatch(text)}


def read_by_compose() -> set[str]:
    files = (ROOT / "docker-compose.yml", ROOT / "deploy" / "external-database.yml")
    return {name for file in files for name in re.findall(r"\$\{([A-Z_]+)", file.read_text())}


def test_every_variable_is_explained_and_every_explained_variable_is_read():
    assert set(explained()) == read_by_code() | read_by_compose()


def test_only_the_command_line_and_the_definitions_read_the_environment():
    others = [file for file in sorted(PACKAGE.rglob("*.py")) if file not in READERS]
    guilty = [
        str(file.relative_to(ROOT))
        for file in others
        if file.parts[-2] != "sandbox" and re.search(r"os\.environ(\[|\.get)|getenv\(", file.read_text())
    ]
    assert guilty == []


def test_each_variable_has_a_comment_above_it():
    lines = (ROOT / ".env.example").read_text().splitlines()
    for number, line in enumerate(lines):
        if LINE.match(line):
            assert lines[number - 1].startswith("#")


def test_the_example_holds_no_secret_and_changes_nothing_when_copied():
    for name, value in explained().items():
        if re.search(r"SECRET|TOKEN$|_KEY", name):
            assert value == ""
        assert not re.search(r"://[^/@]*:[^/@]*@", value)
    assert not [line for line in (ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#")]


def test_the_given_examples_are_valid_settings():
    examples = {name: value for name, value in explained().items() if value}
    settings = Settings.from_env(examples)
    assert settings.timezone == "Asia/Kolkata"
    assert settings.marketplace_ids == ("A21TJRUUN4KGV",)
