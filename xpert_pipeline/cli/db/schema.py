"""Applies migrations and shows which are pending."""

import json
from typing import Any

import click

from xpert_pipeline.cli.db.address import owner_dsn
from xpert_pipeline.cli.environment import read_settings, require_data_directory
from xpert_pipeline.cli.home import data_directory
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.postgres.embedded import find_embedded
from xpert_pipeline.postgres.exposure import HOST, port_of_postmaster
from xpert_pipeline.postgres.migrations import migrate as apply_migrations
from xpert_pipeline.postgres.migrations import pending


@click.command()
@data_dir_option
@click.pass_context
def migrate(context: click.Context, /, data_dir: str | None) -> None:
    """Apply pending migrations.

    The role of DATABASE_URL must be allowed to create tables.
    """
    applied = apply_migrations(owner_dsn(data_dir))
    if context.obj["json"]:
        click.echo(json.dumps({"applied": applied}))
    else:
        click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


@click.command()
@data_dir_option
@click.pass_context
def status(context: click.Context, /, data_dir: str | None) -> None:
    """Show whether the database runs, pending migrations, and the TCP port for BI tools."""
    require_data_directory(data_dir)
    settings = read_settings()
    running = find_embedded(data_directory(data_dir)) if not settings.database_url else None
    state: dict[str, Any] = {
        "embedded": settings.database_url is None,
        "running": bool(running or settings.database_url),
    }
    if running:
        state["port"] = port_of_postmaster(running.place)
    if state["running"]:
        state["pending"] = pending(owner_dsn(data_dir))
    if context.obj["json"]:
        click.echo(json.dumps(state))
        return
    where = "embedded" if state["embedded"] else "DATABASE_URL"
    waiting = ", ".join(state.get("pending", [])) or "none"
    click.echo(
        f"{where}: {'running' if state['running'] else 'not running'}; pending migrations: {waiting}{_port(state)}"
    )


def _port(state: dict[str, Any]) -> str:
    """The TCP port, in words; `xpert db expose` opens it."""
    return f"; TCP: {HOST}:{state['port']}" if state.get("port") else ""
