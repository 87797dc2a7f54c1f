"""The stores in the sandbox's region (Europe, which includes India): currency, language, and the local day."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

INDIA = "A21TJRUUN4KGV"
EMIRATES = "A2VIGQ35RCS4UG"
IST = ZoneInfo("Asia/Kolkata")
QUARTER_HOUR = 900
"""Zones change their offset only at multiples of this many seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """One Amazon store. There is one object for each, so that stores are compared and hashed quickly.

    Attributes:
        id: Amazon's marketplace id.
        name: The sales channel in orders and reports, which is also the store's domain.
        country: ISO code of the country.
        currency: ISO code of the currency of every amount in the store.
        language: Default language of titles.
        zone: Time zone of the store's business days.
        rupees: Value of one unit of the currency in Indian rupees; it scales invented prices and fees.
        tax: Share of a fee that Amazon adds as tax.
    """

    id: str
    name: str
    country: str
    currency: str
    language: str
    zone: ZoneInfo
    rupees: Decimal
    tax: Decimal

    @property
    def channel_code(self) -> str:
        """The fulfilment channel code of listings that Amazon fulfils."""
        return "AMAZON_IN" if self.country == "IN" else "AMAZON_EU"

    def day_of(self, seconds: float) -> int:
        """Ordinal of the local day of a time (seconds since 1970)."""
        return _day_of(self.zone, int(seconds // QUARTER_HOUR))

    def date_of(self, seconds: float) -> date:
        """Local day of a time (seconds since 1970)."""
        return date.fromordinal(self.day_of(seconds))

    def midnight(self, day: int | date) -> int:
        """Return when a local day (a date or its ordinal) begins, in seconds since 1970."""
        return _midnight(self.zone, day if isinstance(day, int) else day.toordinal())

    def moment(self, day: int | date, second: int) -> int:
        """Convert a wall-clock time in the store to seconds since 1970.

        Args:
            day: Local day, or its ordinal.
            second: Seconds after midnight, as the wall clock shows them. When the clock goes forward, a time that does
                not exist moves an hour later. When it goes back, odd seconds mean the second of the two equal hours.
        """
        wall = datetime.combine(date.fromordinal(day) if isinstance(day, int) else day, clock(), self.zone)
        wall += timedelta(seconds=second)
        times = wall.timestamp(), wall.replace(fold=1).timestamp()
        return int(times[second % 2] if times[1] > times[0] else times[0])

    def yesterday(self) -> date:
        """The store's last complete day."""
        return datetime.now(self.zone).date() - timedelta(days=1)


@lru_cache(maxsize=100_000)
def _day_of(zone: ZoneInfo, quarter: int) -> int:
    return datetime.fromtimestamp(quarter * QUARTER_HOUR, zone).toordinal()


@lru_cache(maxsize=20_000)
def _midnight(zone: ZoneInfo, day: int) -> int:
    return int(datetime.combine(date.fromordinal(day), clock(), zone).astimezone(UTC).timestamp())


_ROWS = (
    (INDIA, "Amazon.in", "IN", "INR", "en_IN", "Asia/Kolkata", "1", "0.18"),
    (EMIRATES, "Amazon.ae", "AE", "AED", "en_AE", "Asia/Dubai", "22.5", "0.05"),
    ("A17E79C6D8DWNP", "Amazon.sa", "SA", "SAR", "ar_SA", "Asia/Riyadh", "22", "0.15"),
    ("ARBP9OOSHTCHU", "Amazon.eg", "EG", "EGP", "ar_EG", "Africa/Cairo", "1.7", "0.14"),
    ("A33AVAJ2PDY3EV", "Amazon.com.tr", "TR", "TRY", "tr_TR", "Europe/Istanbul", "2.4", "0.20"),
    ("AE08WJ6YKNBMC", "Amazon.co.za", "ZA", "ZAR", "en_ZA", "Africa/Johannesburg", "4.6", "0.15"),
    ("A1F83G8C2ARO7P", "Amazon.co.uk", "GB", "GBP", "en_GB", "Europe/London", "105", "0.20"),
    ("A1PA6795UKMFR9", "Amazon.de", "DE", "EUR", "de_DE", "Europe/Berlin", "90", "0.19"),
    ("A13V1IB3VIYZZH", "Amazon.fr", "FR", "EUR", "fr_FR", "Europe/Paris", "90", "0.20"),
    ("APJ6JRA9NG5V4", "Amazon.it", "IT", "EUR", "it_IT", "Europe/Rome", "90", "0.22"),
    ("A1RKKUPIHCS9HS", "Amazon.es", "ES", "EUR", "es_ES", "Europe/Madrid", "90", "0.21"),
    ("A1805IZSGTT6HS", "Amazon.nl", "NL", "EUR", "nl_NL", "Europe/Amsterdam", "90", "0.21"),
    ("AMEN7PMS3EDWL", "Amazon.com.be", "BE", "EUR", "fr_BE", "Europe/Brussels", "90", "0.21"),
    ("A2NODRKZP88ZB9", "Amazon.se", "SE", "SEK", "sv_SE", "Europe/Stockholm", "8", "0.25"),
    ("A1C3SOZRARQ6R3", "Amazon.pl", "PL", "PLN", "pl_PL", "Europe/Warsaw", "21", "0.23"),
    ("A28R8C7NBKEWEA", "Amazon.ie", "IE", "EUR", "en_IE", "Europe/Dublin", "90", "0.23"),
)
STORES = {row[0]: Store(*row[:5], ZoneInfo(row[5]), Decimal(row[6]), Decimal(row[7])) for row in _ROWS}
BY_NAME = {store.name.lower(): store for store in STORES.values()}
OTHER_REGIONS = {
    **dict.fromkeys(("A2EUQ1WTGCTBG2", "ATVPDKIKX0DER", "A1AM78C64UM0Y8", "A2Q3Y263D00KWC"), "North America"),
    **dict.fromkeys(("A19VAU5U5O7RUS", "A39IBJ37TRP1C6", "A1VC38T7YXB528"), "the Far East"),
}
"""Amazon's other marketplaces and their regions, so that an error message can name the region."""


def check_stores(ids: Collection[str]) -> None:
    """Reject marketplace ids that one sandbox cannot serve.

    Raises:
        ValueError: The list is empty or repeats an id, an id is unknown, or an id belongs to another region.
    """
    if not ids:
        raise ValueError("at least one marketplace id is required")
    if repeated := sorted({store_id for store_id in ids if list(ids).count(store_id) > 1}):
        raise ValueError(f"{', '.join(repeated)} is listed more than once")
    if foreign := [f"{store_id} ({OTHER_REGIONS[store_id]})" for store_id in ids if store_id in OTHER_REGIONS]:
        raise ValueError(f"{', '.join(foreign)}: a sandbox serves the marketplaces of one region, which is Europe")
    if unknown := [store_id for store_id in ids if store_id not in STORES]:
        raise ValueError(f"unknown marketplace id {', '.join(unknown)}; known: {_listed(STORES.values())}")


def yesterday(ids: Collection[str] = (INDIA,)) -> date:
    """Return the last day that is complete in all stores, which is the default last day of a new world."""
    return min(STORES[marketplace_id].yesterday() for marketplace_id in ids)


def _listed(stores: Iterable[Store]) -> str:
    return ", ".join(f"{store.id} ({store.country})" for store in stores)
