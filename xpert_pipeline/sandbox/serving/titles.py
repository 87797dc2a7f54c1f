"""Titles with characters that break careless parsers."""

EMOJI_TITLE = "🎉 कुर्ता 👩‍👩‍👧 ₹1 only"


def faulty_title(title: str, fault: str, *, xml: bool = False) -> str:
    """Return a title with a NUL or with emoji; in XML always with emoji, because XML has no NUL."""
    if fault == "nul-in-title" and not xml:
        return title[:3] + "\x00" + title[3:]
    return f"{EMOJI_TITLE} {title}"
