"""JSON that is put together as text: for answers so large that making objects of all their parts takes long.

The text is the same as `json.dumps` would write.
"""

from collections.abc import Iterable


def with_member(text: str, name: str, value: str) -> str:
    """Return the text of an object with one more member at its end; `value` is JSON, too."""
    return f'{text[:-1]}{"" if text == "{}" else ", "}"{name}": {value}}}'


def joined(*objects: str) -> str:
    """Return the text of one object with the members of all, in order; none of them is empty."""
    return f"{{{', '.join([text[1:-1] for text in objects])}}}"


def array(values: Iterable[str]) -> str:
    """Return the text of an array of values, which are JSON, too."""
    return f"[{', '.join(values)}]"
