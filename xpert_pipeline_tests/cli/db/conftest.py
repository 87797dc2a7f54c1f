"""The command `xpert db` on a data directory of its own."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from xpert_pipeline.cli.main import main

SKIPPED = ("AMAZON_", "DATABASE_", "DAGSTER_", "XPERT_", "SP_API", "PG")


def environment(**more):
    """This environment without any setting of the pipeline."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith(SKIPPED)}, **more}


@dataclass
class Command:
    """Runs `xpert db` in this process, on one data directory."""

    home: Path

    def __call__(self, *words, check=True, **environ):
        before = dict(os.environ)
        try:
            os.environ.clear()
            os.environ.update(environment(XPERT_DATA_DIR=str(self.home), **environ))
            done = CliRunner().invoke(main, ["db", *words])
        finally:
            os.environ.clear()
            os.environ.update(before)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0 or not check, done.stderr
        return done

    def json(self, *words, **environ):
        return json.loads(self(*words, "--json", **environ).stdout)


@pytest.fixture(scope="module")
def db(new_home):
    command = Command(new_home() / "data")
    yield command
    command("stop")
