"""How numbers of things read in messages."""


def counted(number: float, one: str, many: str | None = None, *, decimals: int = 0) -> str:
    """A number with its noun, which is singular for exactly one: "1 query", "24 windows".

    Args:
        number: How many.
        one: The noun for one.
        many: The noun for any other number; `one` with an s where it is left out.
        decimals: Shown at most.
    """
    shown = f"{number:,.{decimals}f}"
    if decimals:
        shown = shown.rstrip("0").rstrip(".")
    return f"{shown} {one if shown == '1' else many or one + 's'}"
