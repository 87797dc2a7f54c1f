"""Order exports in the test's own directory."""

import pytest

from xpert_pipeline_tests.sandbox.world.exports import HEADER, write_export


@pytest.fixture
def write(tmp_path):
    """Writes an export whose lines differ from an ordinary one in the given columns."""

    def export(*changes, name="orders.csv", header=HEADER, opener=open):
        return write_export(tmp_path / name, changes, header=header, opener=opener)

    return export
