"""Which processes count as a command's memory."""

import psutil

from benchmarks.command import _children
from xpert_pipeline.cli.services import Services, start_sandbox


def test_the_sandbox_that_a_command_started_is_not_counted(tmp_path):
    """The sandbox is started through another module, whose name comes first on the command line."""
    with Services(tmp_path) as services:
        start_sandbox(services, ["--days=1", "--skus=5", "--orders-per-day=1"])
        pid = services.running["sandbox"].pid
        assert pid in [child.pid for child in psutil.Process().children()]
        assert pid not in [child.pid for child in _children(psutil.Process())]
