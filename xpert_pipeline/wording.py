"""How numbers of things read in messages."""


def counted(number: float, one: str, many: str | None = None) -> str:
    """A number with its noun, which is singular for exactly one: "1 query", "24 windows".

    Args:
        number: How many; shown without decimals.
        one: The noun for one.
        many: The noun for any other number; `one` with an s where it is left out.
    """
    shown = f"{number:,.0f}"
    return f"{shown} {one if shown == '1' else many or one + 's'}"
