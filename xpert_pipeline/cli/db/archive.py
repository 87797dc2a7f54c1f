"""The file of a backup: a tar archive with the dump, small files of the data directory, and a description of both."""

import json
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from tempfile import gettempdir

from pydantic import TypeAdapter, ValidationError

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.files import FULL, unwritten, writing_to
from xpert_pipeline.postgres.private_folders import clear_abandoned, private_folder

DUMP, ABOUT, KEY = "database.dump", "backup.json", "encryption.key"
STATE_FILES = ("state.json", "world.json")
FORMAT = 1
UNPACKED = "xpert-restore-"
"""How folders begin in which archives are unpacked; `backup` names those in which they are made."""
ELSEWHERE = "set TMPDIR to a folder on another disk"


@dataclass(frozen=True)
class About:
    """What a backup contains.

    Attributes:
        made_at: When it was made, in UTC.
        version: Version of the pipeline.
        sellers: Number of sellers.
        key_ids: Fingerprints of the keys that its refresh tokens need.
        has_key: Whether the key is in the archive.
        format: Version of the archive's layout.
    """

    made_at: str
    version: str
    sellers: int
    key_ids: list[str]
    has_key: bool
    format: int = FORMAT


def write_archive(file: Path, dump: Path, about: About, home: Path, *, key: str | None) -> None:
    """Write an archive for its owner only; it must not exist yet.

    Args:
        file: The archive.
        dump: The dump of the database, in a private folder on the disk of the archive, where the draft is, too.
        about: Its description.
        home: The data directory.
        key: The encryption key to add; None to add none.
    """
    described = dump.with_name(ABOUT)
    described.write_text(json.dumps(asdict(about), indent=2) + "\n")
    draft = dump.with_name("draft")
    draft.touch(mode=0o600)
    with tarfile.open(draft, "w") as archive:
        archive.add(described, ABOUT)
        archive.add(dump, DUMP)
        for name in STATE_FILES:
            if (home / name).is_file():
                archive.add(home / name, name)
        if key is not None:
            text = f"{key}\n".encode()
            member = tarfile.TarInfo(KEY)
            member.size, member.mode = len(text), 0o600
            archive.addfile(member, BytesIO(text))
    draft.replace(file)


@contextmanager
def opened_archive(file: Path) -> Iterator[tuple[About, Path]]:
    """Unpack an archive into a folder for the block; yield its description and the folder.

    Raises:
        PreconditionError: It is not a backup, or a newer version of the pipeline made it.
    """
    with _unpacking() as place:
        try:
            with tarfile.open(file) as archive:
                known = {DUMP, ABOUT, KEY, *STATE_FILES}
                members = [member for member in archive if member.name in known and member.isfile()]
                archive.extractall(place, members=members, filter="data")
            about = TypeAdapter(About).validate_json((place / ABOUT).read_bytes())
            (place / DUMP).stat()
        except ValidationError:
            raise PreconditionError(
                f"{file} is not a backup of `xpert db backup`, or damaged: {ABOUT} in it has another shape"
            ) from None
        except FileNotFoundError as error:
            lacking = "it lacks a part" if file.exists() else "there is no such file"
            raise PreconditionError(f"{file} is not a backup of `xpert db backup`: {lacking}") from error
        except (OSError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in FULL:
                raise unwritten(place.parent, error, ELSEWHERE) from error
            raise PreconditionError(f"{file} is not a backup of `xpert db backup`, or damaged: {error}") from None
        if about.format > FORMAT:
            raise PreconditionError(f"{file} was made by a newer version ({about.version}): update the pipeline first")
        yield about, place


@contextmanager
def _unpacking() -> Iterator[Path]:
    """Create a private folder for the block, and delete those of restores that were killed."""
    parent = Path(gettempdir())
    clear_abandoned(parent, UNPACKED)
    with ExitStack() as stack:
        with writing_to(parent, ELSEWHERE):
            folder = stack.enter_context(private_folder(parent, UNPACKED))
        yield folder
