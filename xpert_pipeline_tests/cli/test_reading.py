"""Commands that only read create nothing."""

import pytest
from click.testing import CliRunner

from xpert_pipeline.cli.main import main

READING = [
    ["status"],
    ["doctor"],
    ["plan", "--from", "2026-03-01", "--to", "2026-03-02"],
    ["sellers", "list"],
    ["sellers", "pause", "A1B2C3"],
    ["sellers", "purge", "A1B2C3", "--yes"],
    ["report", "gaps"],
    ["prune"],
    ["prune", "--dry-run"],
    ["db", "url"],
    ["db", "status"],
    ["db", "shell"],
]


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """An empty working directory, and no setting."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DAGSTER_DATABASE_URL", "XPERT_DATA_DIR", "AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("words", [*READING, ["db", "backup", "books.backup"]], ids=" ".join)
def test_a_mistyped_data_directory_is_named_and_not_created(alone, words):
    """`xpert status --data-dir TYPO` created a cluster, a key and a directory."""
    done = CliRunner().invoke(main, [*words, "--data-dir", str(alone / "TYPO")])
    assert done.exit_code == 3
    assert f"the data directory {alone}/TYPO does not exist" in done.stderr
    assert "`xpert up` makes one" in done.stderr
    assert list(alone.iterdir()) == []


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_directory_of_something_else_is_left_as_it_is(alone, words):
    (alone / "photos").mkdir()
    (alone / "photos" / "cat.jpg").write_text("")
    done = CliRunner().invoke(main, words, env={"XPERT_DATA_DIR": str(alone / "photos")})
    assert done.exit_code == 3
    assert f"the data directory {alone}/photos is not a data directory of xpert" in done.stderr
    assert [path.name for path in alone.rglob("*")] == ["photos", "cat.jpg"]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_named_directory_must_exist_with_a_database_of_ones_own_too(alone, words):
    done = CliRunner().invoke(
        main, [*words, "--data-dir", str(alone / "TYPO")], env={"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    )
    assert done.exit_code == 3
    assert "TYPO does not exist" in done.stderr
    assert list(alone.iterdir()) == []
