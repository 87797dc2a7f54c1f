"""Starts, stops and deletes the embedded Postgres."""

import shutil

import click

from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.postgres.embedded import find_embedded, remove_embedded, start_embedded
from xpert_pipeline.postgres.migrations import migrate


@click.command()
@data_dir_option
def start(data_dir: str | None) -> None:
    """Start the embedded Postgres and leave it running."""
    server = start_embedded(Home(data_directory(data_dir)).path)
    migrate(server.admin_dsn)
    click.echo(f"running: {server.admin_dsn}")


@click.command()
@data_dir_option
def stop(data_dir: str | None) -> None:
    """Stop the embedded Postgres."""
    server = find_embedded(data_directory(data_dir))
    if server is None:
        click.echo("not running")
        return
    server.stop()
    click.echo("stopped")


@click.command()
@data_dir_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def reset(data_dir: str | None, *, yes: bool) -> None:
    """Delete the data directory.

    It contains the embedded database, keys, logs and Dagster's history.
    """
    path = data_directory(data_dir).expanduser().resolve()
    if not path.exists():
        click.echo(f"{path} does not exist: nothing to delete")
        return
    if not yes:
        click.confirm(f"Delete {path} with everything in it?", abort=True)
    remove_embedded(path)
    shutil.rmtree(path)
    click.echo(f"deleted {path}")
