"""The commands of `xpert`, and `xpert` as a process that ends with the test, also if the test session is killed."""

import os
import subprocess
import sys
import weakref

import click


def start_command(*arguments, **options):
    """Start `xpert` with these arguments; everything that it starts ends with it.

    The process holds the other end of a pipe that nobody writes to. When this process ends, the pipe closes.
    """
    theirs, ours = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "xpert_pipeline.cli.child", "xpert_pipeline.cli.main", *map(str, arguments)],
        stdin=theirs,
        start_new_session=True,
        **options,
    )
    os.close(theirs)
    weakref.finalize(process, os.close, ours)
    return process


def bare_environment():
    """What Python needs to find programs and modules, and the clock of `make test-at`; nothing else."""
    names = [name for name in os.environ if name in ("PATH", "PYTHONPATH", "LD_PRELOAD") or name.startswith("FAKETIME")]
    return {name: os.environ[name] for name in names}


def commands_of(group):
    """The commands of a group by name, imported if necessary."""
    context = click.Context(group)
    return {name: group.get_command(context, name) for name in group.list_commands(context)}
