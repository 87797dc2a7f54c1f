"""`xpert db`: the embedded Postgres, and migrations of any database."""

import json
import os
import shutil
import subprocess
from typing import Any

import click
from psycopg.conninfo import make_conninfo

from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.postgres.embedded import EmbeddedServer, find_embedded, remove_embedded, start_embedded
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.migrations import migrate as apply_migrations
from xpert_pipeline.postgres.migrations import pending
from xpert_pipeline.postgres.pool import check_address


@click.group()
def db() -> None:
    """Start and stop the embedded Postgres, migrate, connect."""


@db.command()
@data_dir_option
def start(data_dir: str | None) -> None:
    """Start the embedded Postgres and leave it running."""
    server = start_embedded(Home(data_directory(data_dir)).path)
    apply_migrations(server.admin_dsn)
    click.echo(f"running: {server.admin_dsn}")


@db.command()
@data_dir_option
def stop(data_dir: str | None) -> None:
    """Stop the embedded Postgres."""
    server = find_embedded(data_directory(data_dir))
    if server is None:
        click.echo("not running")
        return
    server.stop()
    click.echo("stopped")


@db.command()
@data_dir_option
def url(data_dir: str | None) -> None:
    """Print the database's DSN on one line.

    It starts the embedded server if that is not running.
    """
    click.echo(_dsn(data_dir))


@db.command()
@data_dir_option
@click.pass_context
def migrate(context: click.Context, /, data_dir: str | None) -> None:
    """Apply pending migrations.

    The role of DATABASE_URL must be allowed to create tables.
    """
    try:
        applied = apply_migrations(_dsn(data_dir))
    except DatabaseError as error:
        raise PreconditionError(str(error)) from error
    if context.obj["json"]:
        click.echo(json.dumps({"applied": applied}))
    else:
        click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


@db.command()
@data_dir_option
@click.pass_context
def status(context: click.Context, /, data_dir: str | None) -> None:
    """Show whether the database runs, and pending migrations."""
    settings = read_settings()
    running = find_embedded(data_directory(data_dir)) if not settings.database_url else None
    state: dict[str, Any] = {
        "embedded": settings.database_url is None,
        "running": bool(running or settings.database_url),
    }
    if state["running"]:
        try:
            state["pending"] = pending(_dsn(data_dir))
        except DatabaseError as error:
            raise PreconditionError(str(error)) from error
    if context.obj["json"]:
        click.echo(json.dumps(state))
        return
    where = "embedded" if state["embedded"] else "DATABASE_URL"
    waiting = ", ".join(state.get("pending", [])) or "none"
    click.echo(f"{where}: {'running' if state['running'] else 'not running'}; pending migrations: {waiting}")


@db.command()
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


@db.command()
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


def _dsn(data_dir: str | None) -> str:
    settings = read_settings()
    if settings.database_url:
        return settings.database_url.get_secret_value()
    server: EmbeddedServer = start_embedded(Home(data_directory(data_dir)).path)
    return server.admin_dsn
