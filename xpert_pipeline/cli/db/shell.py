"""Opens psql on the database, and prints its address."""

import os
import shutil
import subprocess

import click
from psycopg.conninfo import make_conninfo

from xpert_pipeline.cli.db.address import owner_dsn
from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.postgres.address import check_address
from xpert_pipeline.postgres.embedded import start_embedded


@click.command()
@data_dir_option
def url(data_dir: str | None) -> None:
    """Print the database's DSN on one line.

    It starts the embedded server if that is not running.
    """
    click.echo(owner_dsn(data_dir))


@click.command()
@data_dir_option
def shell(data_dir: str | None) -> None:
    """Open psql on the database."""
    settings = read_settings()
    if settings.database_url:
        psql, dsn = shutil.which("psql"), settings.database_url.get_secret_value()
        if psql is None:
            raise PreconditionError("psql is not installed: install PostgreSQL's client")
    else:
        server = start_embedded(Home(data_directory(data_dir)).path)
        psql, dsn = os.fspath(server.place.programs / "psql"), server.admin_dsn
    parts = {name: str(value) for name, value in check_address(dsn).items() if value is not None}
    env = {
        **os.environ,
        **({"PGPASSWORD": parts.pop("password")} if "password" in parts else {}),
    }
    raise SystemExit(subprocess.run([psql, make_conninfo(**parts)], env=env, check=False).returncode)  # noqa: S603
