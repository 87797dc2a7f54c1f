"""Titles, prices and cities of the stores outside India."""

from collections.abc import Mapping
from decimal import Decimal

from xpert_pipeline.sandbox.marketplaces import INDIA, Store
from xpert_pipeline.sandbox.world import money

INDIAN_CITIES = (
    ("Mumbai", "MAHARASHTRA", "400001"),
    ("Bengaluru", "KARNATAKA", "560001"),
    ("Hyderabad", "TELANGANA", "500001"),
    ("New Delhi", "DELHI", "110001"),
    ("Chennai", "TAMIL NADU", "600001"),
    ("Kolkata", "WEST BENGAL", "700001"),
    ("Pune", "MAHARASHTRA", "411001"),
    ("Lucknow", "UTTAR PRADESH", "226001"),
    ("Thiruvananthapuram", "KERALA", "695001"),
    ("Port Blair", "ANDAMAN & NICOBAR", "744101"),
)
CITIES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "IN": INDIAN_CITIES,
    "AE": (("Dubai", "Dubai", ""), ("Abu Dhabi", "Abu Dhabi", "")),
    "SA": (("الرياض", "الرياض", "11564"), ("Jeddah", "Makkah", "21577")),
    "EG": (("Cairo", "Cairo", "11511"), ("Alexandria", "Alexandria", "21500")),
    "TR": (("İstanbul", "İstanbul", "34010"), ("Çankaya", "Ankara", "06420")),
    "ZA": (("Cape Town", "Western Cape", "8001"), ("Johannesburg", "Gauteng", "2000")),
    "GB": (("London", "", "SW1A 1AA"), ("Leeds", "West Yorkshire", "LS1 4AP"), ("Belfast", "", "BT1 5GS")),
    "DE": (("Berlin", "", "10115"), ("München", "Bayern", "80331"), ("Köln", "NRW", "50667")),
    "FR": (("Paris", "", "75001"), ("Besançon", "", "25000")),
    "IT": (("Roma", "RM", "00184"), ("Forlì", "FC", "47121")),
    "ES": (("Madrid", "Madrid", "28001"), ("A Coruña", "A Coruña", "15001")),
    "NL": (("Amsterdam", "", "1012 JS"), ("'s-Hertogenbosch", "", "5211 AA")),
    "BE": (("Bruxelles", "", "1000"), ("Liège", "", "4000")),
    "SE": (("Stockholm", "", "111 20"), ("Malmö", "", "211 20")),
    "PL": (("Warszawa", "", "00-001"), ("Łódź", "", "90-001")),
    "IE": (("Dublin", "", "D01 F5P2"), ("Cork", "", "T12 W8KP")),
}
"""Country → cities, each with its state and postal code."""
_TITLES = {
    "en": "{0} – ships from {1}",
    "de": "{0} – Versand aus {1}, Größe wählbar",
    "fr": "{0} – expédié depuis {1}, qualité garantie",
    "it": "{0} – spedito da {1}, qualità artigianale",
    "es": "{0} – envío desde {1} en 24 h, tamaño único",
    "nl": "{0} – verzonden vanuit {1}, één maat",
    "sv": "{0} – skickas från {1}",
    "pl": "{0} – wysyłka z {1}, najwyższa jakość",
    "tr": "{0} – {1} çıkışlı, hızlı gönderi",
    "ar": "{0} – شحن من {1}",
}
"""Language → pattern of a title, with places for the original title and a city."""


def localised_title(title: str, store: Store) -> str:
    """Return the title under which a store lists a product; India keeps the original title."""
    if store.id == INDIA:
        return title
    return _TITLES[store.language[:2]].format(title, CITIES[store.country][0][0])


def localised_price(rupees: str | None, store: Store, markup: Decimal) -> str | None:
    """Return the price of a product in a store's currency; India keeps the original price.

    Args:
        rupees: Price in India.
        store: The store.
        markup: The product's price in the store divided by its price in India.
    """
    if rupees is None or store.id == INDIA:
        return rupees
    whole = int(Decimal(rupees) * markup / store.rupees)
    return money.written(Decimal(whole) + Decimal("0.99"))
