"""Stable pseudo-random facts: the same key gives the same number on every machine and Python version."""

from functools import lru_cache
from hashlib import blake2b

_SPAN = 1 << 64


def number(*key: object) -> int:
    """Return a number below 2**64 that depends only on the key."""
    text = "\x1f".join(map(str, key))
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def fraction(*key: object) -> float:
    """Return a number in [0, 1) that depends only on the key."""
    return number(*key) / _SPAN


def letters(length: int, alphabet: str, *key: object) -> str:
    """Return letters of an alphabet that depend only on the key."""
    text = "\x1f".join(map(str, key))
    raw = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=max(16, min(64, length * 2))).digest()
    value, pairs, chosen = int.from_bytes(raw), _pairs(alphabet), []
    for _ in range(0, length, 2):
        value, place = divmod(value, len(pairs))
        chosen.append(pairs[place])
    return "".join(chosen)[:length]


@lru_cache(maxsize=16)
def _pairs(alphabet: str) -> list[str]:
    """Return all pairs of letters, so that one division draws two of them; the first letter changes fastest."""
    return [first + second for second in alphabet for first in alphabet]
