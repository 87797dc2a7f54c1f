"""Page tokens that must move on: a token or a page that comes twice stops the walk."""

import hashlib
from collections.abc import Iterable

from xpert_pipeline.spapi.errors import RepeatedPage


class PageGuard:
    """Remembers the tokens and pages of one walk."""

    def __init__(self, operation: str, seller: str) -> None:
        self._operation, self._seller = operation, seller
        self._tokens: set[str] = set()
        self._pages: set[bytes] = set()

    def check(self, token: str | None, ids: Iterable[object]) -> None:
        """Take note of a page and of the token behind it.

        Raises:
            RepeatedPage: when either was there before.
        """
        found = [str(each) for each in ids]
        page = hashlib.sha256("\n".join(found).encode()).digest()
        if found and page in self._pages:
            raise self._repeated(f"the page beginning with {found[0]} came twice")
        if token is not None and token in self._tokens:
            raise self._repeated("the same page token came twice")
        self._pages.add(page)
        if token is not None:
            self._tokens.add(token)

    def _repeated(self, message: str) -> RepeatedPage:
        return RepeatedPage(message, operation=self._operation, seller=self._seller)


def next_token(answer: dict[str, object]) -> str | None:
    """Take `pagination.nextToken`; an empty one is none."""
    pagination = answer.get("pagination")
    token = pagination.get("nextToken") if isinstance(pagination, dict) else None
    return str(token) if token else None
