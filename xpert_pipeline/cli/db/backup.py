"""`xpert db backup` and `xpert db restore`: the whole database in one file, and back."""

import json
import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

from xpert_pipeline.cli.db.address import owner_dsn
from xpert_pipeline.cli.db.archive import DUMP, KEY, STATE_FILES, About, opened_archive, write_archive
from xpert_pipeline.cli.environment import read_settings, require_data_directory
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.files import writing_to
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.started_server import stop_unless_used
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.postgres import dumps
from xpert_pipeline.postgres.embedded import find_embedded, start_embedded
from xpert_pipeline.postgres.encryption import key_id, read_key
from xpert_pipeline.postgres.migrations import migrate
from xpert_pipeline.postgres.private_folders import clear_abandoned, private_folder
from xpert_pipeline.wording import counted

FILE = click.Path(dir_okay=False, path_type=Path)
DRAFTS = ".xpert-backup-"
"""How folders begin in which a backup is made, beside its file."""
AGAIN = "move away what is in its place. The database is restored already: --replace restores all of it again"


@click.command()
@click.argument("file", type=FILE)
@click.option("--with-key", is_flag=True, help="Put the encryption key into the file: it can then be read without it.")
@data_dir_option
@click.pass_context
def backup(context: click.Context, /, file: Path, data_dir: str | None, *, with_key: bool) -> None:
    """Write the database, with Dagster's history, to FILE.

    The pipeline may go on working. With DATABASE_URL set, its role must own the tables, as for `db migrate`. The
    encryption key is not in FILE unless you ask for it, because it would open the refresh tokens in FILE.
    """
    if file.exists():
        raise PreconditionError(f"{file} exists: choose another name, or delete it")
    if embedded := read_settings().database_url is None:
        require_data_directory(data_dir)
    home, folder = Home(data_directory(data_dir)), _folder(file)
    was_running = embedded and find_embedded(home.path) is not None
    dsn = owner_dsn(data_dir)
    clear_abandoned(folder, DRAFTS)
    try:
        with writing_to(folder, "choose another place"), private_folder(folder, DRAFTS) as drafts:
            dump = drafts / DUMP
            dumps.dump(dsn, dump)
            key = _key_in_use(home) if with_key else None
            about = About(
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                version=version("xpert-pipeline"),
                sellers=dumps.count_sellers(dsn) or 0,
                key_ids=sorted(dumps.key_ids(dsn)),
                has_key=key is not None,
            )
            write_archive(file, dump, about, home.path, key=key)
    finally:
        if embedded and not was_running:
            stop_unless_used(find_embedded(home.path))
    size = file.stat().st_size
    if context.obj["json"]:
        click.echo(json.dumps({"file": str(file), "bytes": size, "sellers": about.sellers, "has_key": about.has_key}))
        return
    click.echo(fitted(f"wrote {file}: {size:,} bytes, {counted(about.sellers, 'seller')}", indent=2))
    click.echo(fitted(_about_key(about, home)))


@click.command()
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Replace a database that has sellers.")
@data_dir_option
@click.pass_context
def restore(context: click.Context, /, file: Path, data_dir: str | None, *, replace: bool) -> None:
    """Restore the database from FILE, then apply newer migrations.

    It restores into the embedded server, or into DATABASE_URL as the owner of its tables. Stop the pipeline first.
    Logins that `db grant-reader` made belong to the server and are not in FILE: grant them again.
    """
    home = Home(data_directory(data_dir))
    with home.alone(), opened_archive(file) as (about, folder):
        settings = read_settings()
        if settings.database_url:
            dsn = settings.database_url.get_secret_value()
            _refuse_other(dsn, replace=replace)
            dumps.prepare_roles(dsn)
            dumps.restore(dsn, folder / DUMP)
            migrate(dsn)
        else:
            _restore_embedded(home, folder, about, replace=replace)
        lacking = _lacking_key(about, home)
    if context.obj["json"]:
        click.echo(json.dumps({"file": str(file), "made_at": about.made_at, "sellers": about.sellers, "key": lacking}))
        return
    click.echo(f"restored {counted(about.sellers, 'seller')} from the backup of {about.made_at}")
    if lacking:
        click.echo(fitted(lacking))


def _folder(file: Path) -> Path:
    folder = file.resolve().parent
    if not folder.is_dir():
        raise PreconditionError(f"{folder} is not a folder: create it first")
    return folder


def _refuse_other(dsn: str, *, replace: bool) -> None:
    sellers = dumps.count_sellers(dsn)
    if sellers and not replace:
        raise PreconditionError(
            f"the database has {counted(sellers, 'seller')}: nothing was changed. Use --replace to replace all of it"
        )


def _restore_embedded(home: Home, folder: Path, about: About, *, replace: bool) -> None:
    was_running = find_embedded(home.path) is not None
    server = start_embedded(home.path)
    try:
        _refuse_other(server.admin_dsn, replace=replace)
        dumps.prepare_roles(server.admin_dsn)
        with dumps.replacing_embedded(server) as dsn:
            dumps.restore(dsn, folder / DUMP)
            migrate(dsn)
        _restore_files(home, folder, about)
    finally:
        if not was_running:
            stop_unless_used(server)


def _restore_files(home: Home, folder: Path, about: About) -> None:
    """Bring back the small files of the data directory; those that were there are kept under another name."""
    names = [*STATE_FILES, *([KEY] if about.has_key else [])]
    for name in (name for name in names if (folder / name).exists()):
        target = home.path / name
        with writing_to(target, AGAIN):
            if target.exists() and target.read_bytes() != (folder / name).read_bytes():
                shutil.copy2(target, target.with_name(f"{name}.before-restore"))
            shutil.copyfile(folder / name, target)
            if name == KEY:
                target.chmod(0o600)


def _key_in_use(home: Home) -> str | None:
    """Return the key of the refresh tokens: XPERT_ENCRYPTION_KEY, else that of the embedded server's data directory."""
    settings, file = read_settings(), home.path / KEY
    if settings.encryption_key:
        return settings.encryption_key.get_secret_value()
    return file.read_text().strip() if settings.database_url is None and file.is_file() else None


def _lacking_key(about: About, home: Home) -> str | None:
    """Return what to do about the encryption key; None if the one in use opens the stored tokens."""
    key = _key_in_use(home)
    if not set(about.key_ids) - ({key_id(read_key(key))} if key else set()):
        return None
    return (
        f"The stored refresh tokens need the encryption key with the fingerprint {', '.join(about.key_ids)}, which is "
        f"not here: put it into {_place_of_key(home)}, or add the sellers again with `xpert sellers add`"
    )


def _place_of_key(home: Home) -> str:
    """Where the pipeline reads the key."""
    settings = read_settings()
    return "XPERT_ENCRYPTION_KEY" if settings.database_url or settings.encryption_key else str(home.path / KEY)


def _about_key(about: About, home: Home) -> str:
    if not about.key_ids:
        return "It contains no refresh token, so it needs no encryption key."
    if about.has_key:
        return "It contains the encryption key: whoever can read the file can read the refresh tokens. Keep it secret."
    return (
        f"The encryption key is not in it. Keep that in {_place_of_key(home)} in another safe place: without the key, "
        "each seller must be authorized again."
    )
