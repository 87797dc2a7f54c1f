"""The two locks: what runs, and what developers need beside it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def pinned(name: str) -> dict[str, str]:
    """Package → version, with its environment marker."""
    lines = (ROOT / name).read_text().splitlines()
    return dict(line.removesuffix(" \\").split("==", 1) for line in lines if re.match(r"[a-z0-9]", line))


def names(requirements: list) -> set[str]:
    texts = [each for each in requirements if isinstance(each, str)]
    return {re.split(r"[<>=!~\[ ;]", text, maxsplit=1)[0].lower().replace("_", "-") for text in texts}


def plain(lock: dict[str, str]) -> set[str]:
    return {name.split("[")[0] for name in lock}


def test_what_runs_is_pinned_alike_for_users_and_developers():
    users, developers = (pinned(name) for name in LOCKS)
    assert users
    different = {name: (version, developers.get(name)) for name, version in users.items()}
    different = {
        name: (ours, theirs)
        for name, (ours, theirs) in different.items()
        if theirs is None or ours.split(" ;")[0] != theirs.split(" ;")[0]
    }
    assert different == {}


def test_users_install_what_the_project_names_and_none_of_the_tools():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    users, developers = (plain(pinned(name)) for name in LOCKS)
    assert names(project["project"]["dependencies"]) | names(groups["build"]) <= users
    assert names(groups["dev"]) <= developers
    assert not names(groups["dev"]) & users


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_hashes_and_no_host(name):
    text = (ROOT / name).read_text()
    assert text.count("--hash=sha256:") >= len(pinned(name))
    assert "://" not in text
    assert "index-url" not in text.replace("--no-emit-index-url", "")
