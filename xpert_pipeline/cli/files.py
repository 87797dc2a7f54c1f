"""The small files of the data directory: read with a message that says what to do, written completely or not at all."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xpert_pipeline.cli.errors import PreconditionError

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a disk or a quota that is used up."""


def read_document(file: Path, about: str) -> dict[str, Any]:
    """Return the JSON object in a file.

    Args:
        file: The file, which exists.
        about: What it holds and what to do if it is damaged.

    Raises:
        PreconditionError: The file cannot be read, or holds something else.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise PreconditionError(f"{file} cannot be read ({error.strerror}). {about}") from error
    except ValueError as error:
        raise PreconditionError(f"{file} is damaged ({error}). {about}") from None
    if not isinstance(document, dict):
        raise PreconditionError(f"{file} is damaged (it is not a JSON object). {about}")
    return document


def write_whole(file: Path, text: str, mode: int = 0o644) -> None:
    """Write a file completely or not at all, even if the process is killed or the disk is full.

    Raises:
        PreconditionError: It cannot be written.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        if file.is_dir():
            advice = "a folder has its name. Move the folder away, then run again"
        else:
            advice = f"{remedy(error)}, or choose another data directory with --data-dir or XPERT_DATA_DIR. Nothing is "
            advice += "lost; run again"
        raise PreconditionError(f"{file} cannot be written ({error.strerror}): {advice}") from error


@contextmanager
def writing_to(folder: Path, otherwise: str) -> Iterator[None]:
    """Name the folder that the block writes to, and what to do, if its disk refuses.

    Args:
        folder: The folder.
        otherwise: What else the user can do, such as "choose another place".

    Raises:
        PreconditionError: Instead of any OSError.
    """
    try:
        yield
    except OSError as error:
        raise unwritten(folder, error, otherwise) from error


def unwritten(folder: Path, error: OSError, otherwise: str) -> PreconditionError:
    """Return the error that `writing_to` raises."""
    return PreconditionError(f"{folder} cannot be written ({error.strerror or error}): {remedy(error)}, or {otherwise}")


def remedy(error: OSError) -> str:
    """Return what to do about a disk that refuses to write."""
    return "free space on its disk" if error.errno in FULL else "check that it is there and that you may write to it"
