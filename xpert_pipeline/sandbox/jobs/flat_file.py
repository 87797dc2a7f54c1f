"""Lines of tab-separated reports. Amazon does not quote their cells."""


def flat_line(fields: dict[str, str], columns: tuple[str, ...], ending: str) -> str:
    """Return one line; tabs and line breaks in a cell become spaces."""
    cells = [fields.get(column, "").replace("\t", " ").replace("\r", " ").replace("\n", " ") for column in columns]
    return "\t".join(cells) + ending
