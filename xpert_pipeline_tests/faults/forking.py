"""Runs `xpert` in one process after the other without importing it each time: `python -m` this module.

It reads a line for each process, its arguments and what to add to its environment as JSON. It writes the id of the
process, and at its end its exit code.
"""

import json
import os
import sys

from xpert_pipeline.cli.main import main
from xpert_pipeline_tests.commands import commands_of


def serve():
    for command in commands_of(main).values():
        if hasattr(command, "list_commands"):
            commands_of(command)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            arguments, environ = json.loads(line)
            os.environ.update(environ)
            main(arguments, prog_name="xpert")
        os.setpgid(pid, pid)  # whoever comes first
        _tell(pid)
        _tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _tell(number):
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()
