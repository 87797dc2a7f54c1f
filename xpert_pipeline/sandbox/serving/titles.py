"""Titles with characters that break careless readers."""

EMOJI_TITLE = "🎉 कुर्ता 👩‍👩‍👧 ₹1 only"


def faulty_title(title: str, fault: str, *, xml: bool = False) -> str:
    """A title with a NUL or emoji; XML knows no NUL."""
    if fault == "nul-in-title" and not xml:
        return title[:3] + "\x00" + title[3:]
    return f"{EMOJI_TITLE} {title}"
