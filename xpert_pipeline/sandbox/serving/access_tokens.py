"""Access tokens of Login with Amazon: issued for a refresh token, checked on every call, gone after an hour."""

import secrets
from dataclasses import dataclass, field

from xpert_pipeline.sandbox.serving.errors import denied
from xpert_pipeline.sandbox.serving.pace import TOKEN_SECONDS, Pace

REFRESH_PREFIX = "Atzr|sandbox-"


@dataclass(slots=True)
class AccessTokens:
    """Tokens in use. `sellers` are the ids, first to last."""

    pace: Pace
    sellers: list[str]
    issued: dict[str, tuple[str | None, float]] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        """How long a token lives."""
        return int(self.pace.life(TOKEN_SECONDS, 60))

    def refresh_token(self, seller_id: str) -> str:
        """The refresh token that means a seller."""
        return f"{REFRESH_PREFIX}{self.sellers.index(seller_id) + 1}"

    def seller_of(self, refresh_token: str) -> str:
        """The seller that a refresh token means; any unknown one is the first seller's."""
        place = refresh_token.removeprefix(REFRESH_PREFIX)
        if refresh_token.startswith(REFRESH_PREFIX) and place.isdecimal() and 1 <= int(place) <= len(self.sellers):
            return self.sellers[int(place) - 1]
        return self.sellers[0]

    def issue(self, seller_id: str | None) -> str:
        """A new access token."""
        now = self.pace.now()
        for token in [token for token, (_, end) in self.issued.items() if end < now - TOKEN_SECONDS]:
            del self.issued[token]
        token = "Atza|" + secrets.token_urlsafe(48)
        self.issued[token] = (seller_id, now + self.seconds)
        return token

    def check(self, token: str | None) -> str:
        """The seller of a call's token.

        Raises:
            ApiError: 403 for a token that is missing, unknown, expired, or of no seller.
        """
        if not token:
            raise denied("Access token is missing in the request header.")
        seller_id, end = self.issued.get(token, (None, 0.0))
        if seller_id is None:
            raise denied("The access token you provided is revoked, malformed or invalid.")
        if self.pace.now() >= end:
            raise denied("The access token you provided has expired.")
        return seller_id
