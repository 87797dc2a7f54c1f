"""Access tokens of Login with Amazon: issued for a refresh token, checked on every call, valid for an hour."""

import secrets
from dataclasses import dataclass, field

from xpert_pipeline.sandbox.serving.errors import denied
from xpert_pipeline.sandbox.serving.pace import Pace

TOKEN_SECONDS = 3600
REFRESH_PREFIX = "Atzr|sandbox-"


@dataclass(slots=True)
class AccessTokens:
    """The tokens in use.

    Attributes:
        pace: The sandbox's pace.
        sellers: Ids of the sellers, in order.
        issued: Seller id and time of expiry (seconds since 1970) by token; a grantless token has no seller.
    """

    pace: Pace
    sellers: list[str]
    issued: dict[str, tuple[str | None, float]] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        """How long a token is valid."""
        return int(self.pace.life(TOKEN_SECONDS, 60))

    def refresh_token(self, seller_id: str) -> str:
        """Return the refresh token of a seller."""
        return f"{REFRESH_PREFIX}{self.sellers.index(seller_id) + 1}"

    def seller_of(self, refresh_token: str) -> str:
        """Return the seller of a refresh token; any unknown token belongs to the first seller."""
        place = refresh_token.removeprefix(REFRESH_PREFIX)
        if refresh_token.startswith(REFRESH_PREFIX) and place.isdecimal() and 1 <= int(place) <= len(self.sellers):
            return self.sellers[int(place) - 1]
        return self.sellers[0]

    def issue(self, seller_id: str | None) -> str:
        """Issue a new access token."""
        now = self.pace.now()
        for token in [token for token, (_, end) in self.issued.items() if end < now - TOKEN_SECONDS]:
            del self.issued[token]
        token = "Atza|" + secrets.token_urlsafe(48)
        self.issued[token] = (seller_id, now + self.seconds)
        return token

    def check(self, token: str | None) -> str:
        """Return the seller who owns a call's token.

        Raises:
            ApiError: 403 for a token that is missing, unknown, expired, or grantless.
        """
        if not token:
            raise denied("Access token is missing in the request header.")
        seller_id, end = self.issued.get(token, (None, 0.0))
        if seller_id is None:
            raise denied("The access token you provided is revoked, malformed or invalid.")
        if self.pace.now() >= end:
            raise denied("The access token you provided has expired.")
        return seller_id
