"""Every marketplace of the Selling Partner API with its region, currency, time zone and domain.

Facts only, from Amazon's "Marketplace IDs" page; nothing here makes a request.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

TOKEN_URL = "https://api.amazon.com/auth/o2/token"  # noqa: S105  an address, not a secret; the same for every region
REGION_ENDPOINTS = {
    "na": "https://sellingpartnerapi-na.amazon.com",
    "eu": "https://sellingpartnerapi-eu.amazon.com",
    "fe": "https://sellingpartnerapi-fe.amazon.com",
}


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One Amazon store.

    Attributes:
        id: Amazon's id.
        country: Two-letter country code.
        region: na, eu or fe; each has its own API host.
        currency: The currency of its prices.
        timezone: IANA name of the time zone of its business days.
        domain: Amazon's domain, as in the SalesChannel of orders.
    """

    id: str
    country: str
    region: str
    currency: str
    timezone: str
    domain: str

    @property
    def endpoint(self) -> str:
        """The API host of the marketplace's region."""
        return REGION_ENDPOINTS[self.region]

    @property
    def token_url(self) -> str:
        """Where Login with Amazon exchanges refresh tokens."""
        return TOKEN_URL

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the marketplace's business days."""
        return ZoneInfo(self.timezone)


MARKETPLACES = (
    Marketplace("A2EUQ1WTGCTBG2", "CA", "na", "CAD", "America/Los_Angeles", "Amazon.ca"),
    Marketplace("ATVPDKIKX0DER", "US", "na", "USD", "America/Los_Angeles", "Amazon.com"),
    Marketplace("A1AM78C64UM0Y8", "MX", "na", "MXN", "America/Los_Angeles", "Amazon.com.mx"),
    Marketplace("A2Q3Y263D00KWC", "BR", "na", "BRL", "America/Sao_Paulo", "Amazon.com.br"),
    Marketplace("A28R8C7NBKEWEA", "IE", "eu", "EUR", "Europe/Dublin", "Amazon.ie"),
    Marketplace("A1RKKUPIHCS9HS", "ES", "eu", "EUR", "Europe/Madrid", "Amazon.es"),
    Marketplace("A1F83G8C2ARO7P", "GB", "eu", "GBP", "Europe/London", "Amazon.co.uk"),
    Marketplace("A13V1IB3VIYZZH", "FR", "eu", "EUR", "Europe/Paris", "Amazon.fr"),
    Marketplace("AMEN7PMS3EDWL", "BE", "eu", "EUR", "Europe/Brussels", "Amazon.com.be"),
    Marketplace("A1805IZSGTT6HS", "NL", "eu", "EUR", "Europe/Amsterdam", "Amazon.nl"),
    Marketplace("A1PA6795UKMFR9", "DE", "eu", "EUR", "Europe/Berlin", "Amazon.de"),
    Marketplace("APJ6JRA9NG5V4", "IT", "eu", "EUR", "Europe/Rome", "Amazon.it"),
    Marketplace("A2NODRKZP88ZB9", "SE", "eu", "SEK", "Europe/Stockholm", "Amazon.se"),
    Marketplace("AE08WJ6YKNBMC", "ZA", "eu", "ZAR", "Africa/Johannesburg", "Amazon.co.za"),
    Marketplace("A1C3SOZRARQ6R3", "PL", "eu", "PLN", "Europe/Warsaw", "Amazon.pl"),
    Marketplace("ARBP9OOSHTCHU", "EG", "eu", "EGP", "Africa/Cairo", "Amazon.eg"),
    Marketplace("A33AVAJ2PDY3EV", "TR", "eu", "TRY", "Europe/Istanbul", "Amazon.com.tr"),
    Marketplace("A17E79C6D8DWNP", "SA", "eu", "SAR", "Asia/Riyadh", "Amazon.sa"),
    Marketplace("A2VIGQ35RCS4UG", "AE", "eu", "AED", "Asia/Dubai", "Amazon.ae"),
    Marketplace("A21TJRUUN4KGV", "IN", "eu", "INR", "Asia/Kolkata", "Amazon.in"),
    Marketplace("A19VAU5U5O7RUS", "SG", "fe", "SGD", "Asia/Singapore", "Amazon.sg"),
    Marketplace("A39IBJ37TRP1C6", "AU", "fe", "AUD", "Australia/Sydney", "Amazon.com.au"),
    Marketplace("A1VC38T7YXB528", "JP", "fe", "JPY", "Asia/Tokyo", "Amazon.co.jp"),
)
_BY_ID = {marketplace.id: marketplace for marketplace in MARKETPLACES}


class UnknownMarketplaceError(ValueError):
    """There is no marketplace with this id; the message lists all ids."""


def by_id(marketplace_id: str) -> Marketplace:
    """Find a marketplace by Amazon's id.

    Raises:
        UnknownMarketplaceError: Amazon has no such marketplace.
    """
    try:
        return _BY_ID[marketplace_id]
    except KeyError:
        known = ", ".join(f"{marketplace.id} ({marketplace.country})" for marketplace in MARKETPLACES)
        raise UnknownMarketplaceError(
            f"{marketplace_id!r} is not an Amazon marketplace id. Use one of: {known}."
        ) from None
