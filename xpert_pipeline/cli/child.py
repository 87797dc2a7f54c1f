"""`python -m xpert_pipeline.cli.child MODULE ...`: runs a module as a child that does not outlive its parent.

The parent holds the other end of this process's standard input and never writes to it. That end closes when the parent
ends, also by SIGKILL, which leaves it no time to end its children. Then this process ends its whole group, which must
be its own (`start_new_session`).
"""

import os
import runpy
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 5.0


def main() -> None:
    """Run the module that the first argument names, as `python -m` does, with the arguments after it."""
    parent = os.dup(0)
    with open(os.devnull) as nothing:  # noqa: PTH123  a file number is wanted, not a path
        os.dup2(nothing.fileno(), 0)  # nobody else shall read from the parent
    threading.Thread(target=_end_with, args=(parent,), name="parent", daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with(parent: int) -> None:
    """Wait for the parent's end; then SIGTERM to the group, and SIGKILL to what is left of it after the grace time.

    The second is another process's work: the first may end this one.
    """
    while os.read(parent, 1024):
        pass
    group = os.getpgrp()
    later = f"sleep {GRACE_SECONDS}; kill -s KILL -- -{group}"
    try:
        subprocess.Popen(["/bin/sh", "-c", later], start_new_session=True, stderr=subprocess.DEVNULL)  # noqa: S603
    finally:
        os.killpg(group, signal.SIGTERM)


if __name__ == "__main__":
    main()
