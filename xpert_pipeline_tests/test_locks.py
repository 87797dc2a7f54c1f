"""The two lock files: packages for running, and packages for development."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def pinned(name: str) -> dict[str, str]:
    """Version by package, with its environment marker."""
    lines = (ROOT / name).read_text().splitlines()
    return dict(line.removesuffix(" \\").split("==", 1) for line in lines if re.match(r"[a-z0-9]", line))


def names(requirements: list) -> set[str]:
    texts = [entry for entry in requirements if isinstance(entry, str)]
    return {re.split(r"[<>=!~\[ ;]", text, maxsplit=1)[0].lower().replace("_", "-") for text in texts}


def plain(lock: dict[str, str]) -> set[str]:
    return {name.split("[")[0] for name in lock}


def test_both_locks_pin_the_same_versions():
    users, developers = (pinned(name) for name in LOCKS)
    assert users
    different = {name: (version, developers.get(name)) for name, version in users.items()}
    different = {
        name: (for_users, for_developers)
        for name, (for_users, for_developers) in different.items()
        if for_developers is None or for_users.split(" ;")[0] != for_developers.split(" ;")[0]
    }
    assert different == {}


def test_users_install_the_projects_dependencies_and_none_of_the_tools():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    users, developers = (plain(pinned(name)) for name in LOCKS)
    assert names(project["project"]["dependencies"]) | names(groups["build"]) <= users
    assert names(groups["dev"]) <= developers
    assert not names(groups["dev"]) & users


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_hashes_and_names_no_host(name):
    text = (ROOT / name).read_text()
    assert text.count("--hash=sha256:") >= len(pinned(name))
    assert "://" not in text
    assert "index-url" not in text.replace("--no-emit-index-url", "")
