"""Logins that only read, for BI tools and people: made, listed and revoked."""

import json
from collections.abc import Iterator, Mapping

import click
from psycopg.conninfo import conninfo_to_dict

from xpert_pipeline.cli.db.address import owner_dsn, reachable
from xpert_pipeline.cli.environment import require_data_directory
from xpert_pipeline.cli.errors import WrongUsage
from xpert_pipeline.cli.options import READER, data_dir_option, seller_option
from xpert_pipeline.postgres.viewers import Granted, Viewer, grant_viewer, is_name, revoke_viewer, viewers

READS_ALL = "all sellers, also those added later"


@click.command(name="grant-reader")
@click.argument("name", type=READER)
@seller_option
@click.option("--new-password", is_flag=True, help="Give a known reader a new password.")
@data_dir_option
@click.pass_context
def grant_reader(
    context: click.Context, /, name: str, sellers: tuple[str, ...], data_dir: str | None, *, new_password: bool
) -> None:
    """Make a login that reads the tables of some sellers, or of all, and writes nothing.

    Its password is printed once. The same command again changes which sellers it reads and keeps the password. With
    DATABASE_URL, use the address of the owner, as for `xpert db migrate`.
    """
    if not is_name(name):
        raise WrongUsage(
            f"{name!r} cannot be the name of a reader: use lower-case letters, digits and underscores, such as metabase"
        )
    require_data_directory(data_dir)
    dsn = owner_dsn(data_dir)
    granted = grant_viewer(dsn, name, sellers, new_password=new_password)
    place = {**reachable(data_dir), "user": _login(dsn, name)}
    if context.obj["json"]:
        sellers_of = None if granted.viewer.sellers is None else list(granted.viewer.sellers)
        click.echo(json.dumps({**place, "sellers": sellers_of, "password": granted.password}))
        return
    click.echo(f"The reader {name} reads {_sellers(granted.viewer)}:")
    click.echo("\n".join(address_lines(place, granted)))
    if "host" not in place:
        click.echo("The embedded database has no TCP port yet: `xpert db expose` opens one.")


@click.command(name="revoke-reader")
@click.argument("name", type=READER)
@data_dir_option
def revoke_reader(name: str, data_dir: str | None) -> None:
    """Delete a reader's login and end its sessions."""
    require_data_directory(data_dir)
    existed = revoke_viewer(owner_dsn(data_dir), name)
    click.echo(f"{name} cannot log in any more" if existed else f"there is no reader {name}: nothing to revoke")


@click.command()
@data_dir_option
@click.pass_context
def readers(context: click.Context, /, data_dir: str | None) -> None:
    """List the logins that only read, with their sellers."""
    require_data_directory(data_dir)
    known = viewers(owner_dsn(data_dir))
    if context.obj["json"]:
        entries = [
            {"name": viewer.name, "sellers": None if viewer.sellers is None else list(viewer.sellers)}
            for viewer in known
        ]
        click.echo(json.dumps({"readers": entries}))
        return
    lines = [f"{viewer.name}: {_sellers(viewer)}" for viewer in known]
    click.echo("\n".join(lines) or "no readers yet: `xpert db grant-reader NAME` makes one")


def address_lines(place: Mapping[str, str | int], granted: Granted) -> Iterator[str]:
    """What a BI tool asks for, one line each; a password only when it is new."""
    values = {"user": granted.viewer.name, **place}
    for name in ("host", "port", "database", "user"):
        if name in values:
            yield f"  {name:<9} {values[name]}"
    if granted.password is None:
        yield "  password  unchanged (--new-password makes a new one)"
    else:
        yield f"  password  {granted.password}   (shown only now)"


def _sellers(viewer: Viewer) -> str:
    return READS_ALL if viewer.sellers is None else (", ".join(viewer.sellers) or "no seller")


def _login(dsn: str, name: str) -> str:
    """The user name to log in with: a pooler may need the project behind it (Supabase: `postgres.project`)."""
    _, dot, project = str(conninfo_to_dict(dsn).get("user") or "").partition(".")
    return f"{name}{dot}{project}"
