"""Seller ids: a hash of the seed or of the file. They do not depend on the stores, and do not need a built world."""

import hashlib
from pathlib import Path

from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world.digest import letters
from xpert_pipeline.sandbox.world.orders_csv import NotAnOrderReportError

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def world_id(options: SandboxOptions) -> str:
    """Return the id of the world's first seller, which also identifies the world.

    Raises:
        NotAnOrderReportError: A file does not exist.
    """
    return seller_ids(options)[0]


def seller_ids(options: SandboxOptions) -> list[str]:
    """Return the ids of all sellers, first to last."""
    if options.orders_csv is not None:
        hashes = [_file_hash(options.orders_csv, "an order report")]
        hashes += [_file_hash(options.stock_csv, "a stock list")] if options.stock_csv else []
        first = _seller_id("file", *hashes)
    else:
        first = _seller_id("seed", seed_of(options, 1))
    return [first, *(_seller_id("seed", seed_of(options, place)) for place in range(2, options.sellers + 1))]


def seed_of(options: SandboxOptions, place: int) -> str:
    """Return the seed of the n-th seller. It includes the sizes, because other sizes make another world."""
    defaults = SandboxOptions()
    parts = [str(options.seed)] if place == 1 else [str(options.seed), f"seller {place}"]
    parts += [
        f"{name}={getattr(options, name)}"
        for name in ("skus", "orders_per_day")
        if getattr(options, name) != getattr(defaults, name)
    ]
    return "/".join(parts)


def _seller_id(*words: str) -> str:
    return "A" + letters(13, _ALPHABET, "seller", *words)


def _file_hash(path: Path, kind: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise NotAnOrderReportError(f"{path} cannot be read as {kind}: {error.strerror}") from error
