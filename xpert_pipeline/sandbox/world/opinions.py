"""What customers think: topics of reviews, and ratings of the seller. Hashes decide, by the sandbox's own rules."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.records import World

OFFERED = frozenset(("A1F83G8C2ARO7P", "A13V1IB3VIYZZH", "APJ6JRA9NG5V4", "A1PA6795UKMFR9", "A1RKKUPIHCS9HS"))
"""The sandbox's stores in which Amazon offers Customer Feedback."""
TOPICS = ("quality", "value for money", "size", "appearance", "packaging", "durability", "ease of use")
REVIEWED_SHARE = 70
"""Per cent of the ASINs with enough reviews."""
MONTHS = 6
RATED_SHARE, RATED_AFTER = 8, (4, 20)
"""Per cent of the shipped orders whose customers rate the seller, and days after shipping: the fewest, and how many
more it can be."""
HAPPY_MOST = 3
"""The most ratings of four or five stars on a day of a store; no report has them."""
NEGATIVE_UP_TO = 2
WORDS = ("Delivery\twas late", "Call me: 98450 00000", "write to jane@example.com", "Not as expected")


class Topic(NamedTuple):
    """One topic of a product's reviews. `months` has a share for each of the last months, newest first."""

    sentiment: str
    name: str
    mentions: int
    occurrence: Decimal
    impact: Decimal | None
    category: Decimal
    months: tuple[Decimal, ...]


class FeedbackCount(NamedTuple):
    """How many customers rated the seller on a day, and how many of them with one or two stars."""

    received: int
    negative: int


class Rating(NamedTuple):
    """A customer's rating of the seller; `day` is an ordinal."""

    marketplace_id: str
    order_id: str
    day: int
    stars: int
    words: str


def topics(marketplace_id: str, asin: str) -> list[Topic]:
    """Return the topics of a product's reviews; none if there are too few reviews."""
    if marketplace_id not in OFFERED or number("reviewed", marketplace_id, asin) % 100 >= REVIEWED_SHARE:
        return []
    found = []
    for sentiment in ("POSITIVE", "NEGATIVE"):
        for name in TOPICS:
            drawn = number("topic", marketplace_id, asin, sentiment, name)
            if drawn % 3 == 0:
                found.append(_topic(sentiment, name, drawn))
    return found


def _topic(sentiment: str, name: str, drawn: int) -> Topic:
    impact = Decimal((drawn >> 24) % 80) / 100
    return Topic(
        sentiment,
        name,
        3 + (drawn >> 8) % 200,
        Decimal((drawn >> 16) % 4000) / 100,
        None if (drawn >> 32) % 5 == 0 else (impact if sentiment == "POSITIVE" else -impact),
        Decimal((drawn >> 40) % 3000) / 100,
        tuple(Decimal((drawn >> (month + 2)) % 4000) / 100 for month in range(MONTHS)),
    )


def period(day: date) -> tuple[date, date]:
    """Return the days whose reviews are counted in the week of a day: Amazon counts once a week."""
    last = day - timedelta(days=day.isoweekday())
    return last - timedelta(days=180), last


def months(day: date) -> list[tuple[date, date]]:
    """Return first and last day of the last months that are over, newest first."""
    found, first = [], day.replace(day=1)
    for _ in range(MONTHS):
        last = first - timedelta(days=1)
        first = last.replace(day=1)
        found.append((first, last))
    return found


def ratings(world: World, now: float) -> Iterator[Rating]:
    """Yield the ratings of the seller in all of its stores; the report has those of up to three stars."""
    for order in world.orders:
        drawn = number("rated", order.id)
        if drawn % 100 >= RATED_SHARE or order.marketplace_id not in world.marketplace_ids or order.updated > now:
            continue
        store = STORES[order.marketplace_id]
        day = store.day_of(order.updated) + RATED_AFTER[0] + (drawn >> 8) % RATED_AFTER[1]
        if any(item.shipped for item in order.items) and day <= store.day_of(min(now, world.end_of(store.id))):
            words = WORDS[(drawn >> 24) % len(WORDS)]
            yield Rating(store.id, order.id, day, 1 + (drawn >> 16) % 3, words)


def feedback_count(world: World, marketplace_id: str, day: int) -> FeedbackCount:
    """Return how many ratings the seller got in a store on a day: those of the report, and some of more stars."""
    key = f"ratings {marketplace_id}"
    if key not in world.figures:
        by_day: dict[int, list[int]] = {}
        for rating in ratings(world, world.end_of(marketplace_id)):
            if rating.marketplace_id == marketplace_id:
                by_day.setdefault(rating.day, []).append(rating.stars)
        world.figures[key] = by_day
    stars: list[int] = world.figures[key].get(day, [])
    happy = number("happy", marketplace_id, day) % (HAPPY_MOST + 1)
    return FeedbackCount(len(stars) + happy, sum(each <= NEGATIVE_UP_TO for each in stars))
