"""The credentials for one seller's requests, and the only code that removes secrets from texts."""

import re
from dataclasses import dataclass, field

_SECRETS = re.compile(
    r"Atz[a-z]?\|[^\s\"'<>&]+"  # access, refresh and authorization tokens
    r"|Atz\.sprdt\|[^\s\"'<>&]+"
    r"|amzn1\.oa2-cs\.[^\s\"'<>&]+"  # client secrets
    r"|(?<=\?)[^\s\"'<>]*X-Amz-[^\s\"'<>]+"  # the query of a signed URL
    r"|(?i:(?<=client_secret=)|(?<=refresh_token=)|(?<=access_token=))[^\s\"'<>&]+"
    r"|(?i:(?<=client_secret\": \")|(?<=client_secret\":\"))[^\"]+"  # the same in JSON
    r"|(?i:(?<=refresh_token\": \")|(?<=refresh_token\":\")|(?<=access_token\": \")|(?<=access_token\":\"))[^\"]+"
)
SHORTEST_SECRET = 8
"""Length from which a configured secret is removed wherever it occurs. Amazon's own have 64 characters or more."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An application's LWA credentials and one seller's consent. The repr contains no secret."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    seller_id: str

    def __post_init__(self) -> None:
        """Reject blank values, so that nothing falls back to the credentials of another seller."""
        for name in ("client_id", "client_secret", "refresh_token", "seller_id"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name} of the seller's SP-API credentials is blank: set it")

    def redact(self, text: str) -> str:
        """Remove this seller's secrets, and everything that looks like a secret, from a text.

        A value shorter than `SHORTEST_SECRET` protects nothing, and as a part of ordinary words it would make messages
        unreadable. It is removed only where its shape or its place shows that it is a secret.
        """
        return redact(text, self.client_secret, self.refresh_token)


def redact(text: str, *secrets: str) -> str:
    """Remove tokens, client secrets and URL signatures from a text, and these secrets if they are long enough."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "[redacted]")
    return _SECRETS.sub("[redacted]", text)
