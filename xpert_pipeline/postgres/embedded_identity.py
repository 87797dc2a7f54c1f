"""Remembers which cluster belongs to a data directory, so that a lost or exchanged one is noticed."""

from pathlib import Path

from xpert_pipeline.postgres.embedded_cluster import identifier
from xpert_pipeline.postgres.embedded_place import EmbeddedServerFailed, Place, identity_file


def check_identity(data_dir: Path, place: Place) -> None:
    """Check that the cluster is the one that the data directory has always used; remember it at first.

    Raises:
        EmbeddedServerFailed: It is gone, or it is another one; the message says what to do.
    """
    file = identity_file(data_dir)
    known = file.read_text(encoding="utf-8", errors="replace").strip() if file.exists() else ""
    exists = (place.cluster / "PG_VERSION").exists()
    if known and not exists:
        raise EmbeddedServerFailed(
            f"the database of {data_dir} is gone: {place.cluster} was deleted or is not mounted. Put it back or "
            f"restore a backup. To begin with an empty database, delete {file}"
        )
    if exists and known != (now := identifier(place)):
        if known:
            raise EmbeddedServerFailed(
                f"{place.cluster} is not the database that {data_dir} has used so far (its number is {now}, not "
                f"{known}). Put the right one back. To use this one on purpose, delete {file}; stored refresh tokens "
                "then need the encryption key that belongs to it"
            )
        draft = file.with_suffix(".tmp")
        draft.write_text(f"{now}\n", encoding="utf-8")
        draft.replace(file)
