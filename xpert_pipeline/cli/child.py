"""`python -m xpert_pipeline.cli.child MODULE ...`: runs a module as a child process that ends with its parent.

The parent holds the other end of this process's standard input and never writes to it. When the parent ends, even by
SIGKILL, that end closes. Then this process ends its whole process group, which must be its own (`start_new_session`).
"""

import os
import runpy
import signal
import subprocess
import sys
import threading

from xpert_pipeline.garbage import collect_seldom

GRACE_SECONDS = 5.0


def main() -> None:
    """Run the module that the first argument names, as `python -m` does, with the arguments after it."""
    parent = os.dup(0)
    with open(os.devnull) as nothing:  # noqa: PTH123  dup2 needs a file number
        os.dup2(nothing.fileno(), 0)  # nothing else may read from the parent
    threading.Thread(target=_end_with, args=(parent,), name="parent", daemon=True).start()
    collect_seldom()  # the first seconds of a child are imports
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with(parent: int) -> None:
    """Wait until the parent ends; then send SIGTERM to the group, and SIGKILL to its remaining processes later.

    Another process sends SIGKILL, because SIGTERM may end this one.
    """
    while os.read(parent, 1024):
        pass
    group = os.getpgrp()
    kill_later = f"sleep {GRACE_SECONDS}; kill -s KILL -- -{group}"
    try:
        subprocess.Popen(["/bin/sh", "-c", kill_later], start_new_session=True, stderr=subprocess.DEVNULL)  # noqa: S603
    finally:
        os.killpg(group, signal.SIGTERM)


if __name__ == "__main__":
    main()
