"""Data directories for tests that start an embedded server of their own."""

import shutil
import tempfile
from pathlib import Path

import pytest

from xpert_pipeline.postgres.embedded import remove_embedded


@pytest.fixture
def home():
    directory = Path(tempfile.mkdtemp(prefix="xh-"))
    directory.chmod(0o755)
    yield directory
    for link in directory.rglob("postgres.lock"):
        remove_embedded(link.parent)
    shutil.rmtree(directory)


@pytest.fixture
def data_dir(home):
    return home / "data"
