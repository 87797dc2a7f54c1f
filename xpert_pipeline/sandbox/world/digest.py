"""Stable pseudo-random facts: the same words give the same number on every machine and Python."""

from hashlib import blake2b

_SPAN = 1 << 64


def number(*words: object) -> int:
    """A number below 2**64 that depends on nothing but the words."""
    text = "\x1f".join(map(str, words))
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def fraction(*words: object) -> float:
    """A number in [0, 1)."""
    return number(*words) / _SPAN


def letters(length: int, alphabet: str, *words: object) -> str:
    """A word of an alphabet."""
    text = "\x1f".join(map(str, words))
    raw = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=max(16, min(64, length * 2))).digest()
    value = int.from_bytes(raw)
    found = []
    for _ in range(length):
        value, place = divmod(value, len(alphabet))
        found.append(alphabet[place])
    return "".join(found)
