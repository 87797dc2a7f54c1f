"""The stores of the sandbox's region (Europe, of which India is a part), and their day."""

from dataclasses import dataclass
from datetime import timedelta, timezone

INDIA = "A21TJRUUN4KGV"
EMIRATES = "A2VIGQ35RCS4UG"
IST = timezone(timedelta(hours=5, minutes=30))
"""India has had no other offset since 1945."""


@dataclass(frozen=True, slots=True)
class Store:
    """One Amazon store."""

    id: str
    name: str
    country: str
    currency: str
    language: str


_ROWS = (
    (INDIA, "Amazon.in", "IN", "INR", "en_IN"),
    (EMIRATES, "Amazon.ae", "AE", "AED", "en_AE"),
    ("A17E79C6D8DWNP", "Amazon.sa", "SA", "SAR", "ar_SA"),
    ("ARBP9OOSHTCHU", "Amazon.eg", "EG", "EGP", "ar_EG"),
    ("A33AVAJ2PDY3EV", "Amazon.com.tr", "TR", "TRY", "tr_TR"),
    ("AE08WJ6YKNBMC", "Amazon.co.za", "ZA", "ZAR", "en_ZA"),
    ("A1F83G8C2ARO7P", "Amazon.co.uk", "GB", "GBP", "en_GB"),
    ("A1PA6795UKMFR9", "Amazon.de", "DE", "EUR", "de_DE"),
    ("A13V1IB3VIYZZH", "Amazon.fr", "FR", "EUR", "fr_FR"),
    ("APJ6JRA9NG5V4", "Amazon.it", "IT", "EUR", "it_IT"),
    ("A1RKKUPIHCS9HS", "Amazon.es", "ES", "EUR", "es_ES"),
    ("A1805IZSGTT6HS", "Amazon.nl", "NL", "EUR", "nl_NL"),
    ("AMEN7PMS3EDWL", "Amazon.com.be", "BE", "EUR", "fr_BE"),
    ("A2NODRKZP88ZB9", "Amazon.se", "SE", "SEK", "sv_SE"),
    ("A1C3SOZRARQ6R3", "Amazon.pl", "PL", "PLN", "pl_PL"),
    ("A28R8C7NBKEWEA", "Amazon.ie", "IE", "EUR", "en_IE"),
)
STORES = {row[0]: Store(*row) for row in _ROWS}
BY_NAME = {store.name.lower(): store for store in STORES.values()}
