"""Reads reports that are one JSON document with a list of records; fractions become Decimal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline.spapi.sending.classification import parse_json


class BadDocument(BadAnswer):
    """The document is not JSON, is cut off, or has no list of records."""

    what_to_do = "Nothing from this document was loaded. Run it again later; if that fails, report the type to Amazon."


def read_list(file: TextIO, name: str, *, source: str) -> Iterator[Any]:
    """Yield the records of a list in the document.

    Args:
        file: Text as `Document.open_text` opens it.
        name: The list's name in the document.
        source: Name of the document in errors.

    Raises:
        BadDocument: There is no such list. The message never contains the document's text.
    """
    return iter(read_lists(file, (name,), source=source)[0])


def read_lists(file: TextIO, names: Sequence[str], *, source: str) -> list[list[Any]]:
    """Return several lists of the document; see `read_list`.

    Raises:
        BadDocument: One of them is not there.
    """
    try:
        document = parse_json(file.read().encode("utf-8", "surrogatepass"))
    except ValueError as exc:
        raise BadDocument("the document is not JSON, or it is cut off", operation=source) from exc
    if not isinstance(document, dict):
        raise BadDocument(f"the document is a {type(document).__name__}, not an object", operation=source)
    return [_list_in(document, name, source) for name in names]


def _list_in(document: Mapping[str, Any], name: str, source: str) -> list[Any]:
    records = document.get(name)
    if not isinstance(records, list):
        fields = ", ".join(sorted(map(str, document))[:10])
        raise BadDocument(f"the document has no list {name}; it has {fields[:200] or 'nothing'}", operation=source)
    return records
