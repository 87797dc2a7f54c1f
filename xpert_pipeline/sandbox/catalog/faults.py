"""The faults of listings: searches and reports that look complete but are not, and other odd shapes of them."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from xpert_pipeline.sandbox.faults import FaultKind
from xpert_pipeline.sandbox.jobs.documents import BAD_BYTE
from xpert_pipeline.sandbox.world.listing_facts import SELLERS_OWN

SEARCH, REPORT = "listings search", "listings report"
"""Places: a page of searchListingsItems, and the merchant listings report."""
SHORT_PAGE, NULL_ITEM, TWO_CHANNELS = "listings-page-short", "listings-page-null", "listings-two-channels"
SHORT_REPORT, HEADER_ONLY = "listings-report-short", "listings-report-header-only"
REPEATS = "listings-report-repeats"
LACKING_COLUMNS, OTHER_COLUMNS = "listings-report-lacks-columns", "listings-report-other-columns"
RAGGED, DAMAGED = "listings-report-ragged", "listings-report-bad-byte"

FAULTS = (
    FaultKind(SHORT_PAGE, SEARCH, "a search counts all listings, but ends without a token after half of the page"),
    FaultKind(NULL_ITEM, SEARCH, "the first listing of a page is null"),
    FaultKind(TWO_CHANNELS, SEARCH, "each listing has the seller's own channel before Amazon's"),
    FaultKind(SHORT_REPORT, REPORT, "the merchant listings report is DONE with its header and half of its lines"),
    FaultKind(HEADER_ONLY, REPORT, "the merchant listings report is DONE with its header alone"),
    FaultKind(REPEATS, REPORT, "the merchant listings report has the first half of its lines twice"),
    FaultKind(LACKING_COLUMNS, REPORT, "the merchant listings report has no asin1 and no status"),
    FaultKind(OTHER_COLUMNS, REPORT, "it has fulfilment-channel, and two columns of the name Deprecated column"),
    FaultKind(RAGGED, REPORT, "one line of the report has a tab in a cell, and the next lacks a cell"),
    FaultKind(DAMAGED, REPORT, "one title of the report has a byte that is not valid UTF-8"),
)


def spoilt_lines(lines: Iterator[str], fault: str) -> Iterator[str]:
    """Apply one of the faults of the report to its lines, the header first."""
    header = next(lines)
    columns = header.rstrip("\n").split("\t")
    if fault == LACKING_COLUMNS:
        yield from _without([header, *lines], {columns.index("asin1"), columns.index("status")})
    elif fault == OTHER_COLUMNS:
        renamed = {"fulfillment-channel": "fulfilment-channel", "zshop-boldface": "Deprecated column"}
        renamed["bid-for-featured-placement"] = renamed["zshop-boldface"]
        yield "\t".join(renamed.get(column, column) for column in columns) + "\n"
        yield from lines
    elif fault in (RAGGED, DAMAGED):
        yield header
        yield from _spoilt_first(lines, fault, columns)
        yield from lines
    elif fault == REPEATS:
        rest = list(lines)
        yield from [header, *rest[: len(rest) // 2], *rest[: len(rest) - len(rest) // 2]]
    elif fault == HEADER_ONLY:
        yield header


def with_null(items: list[Any]) -> list[Any]:
    """Replace the first listing of a page by null."""
    return [None, *items[1:]] if items else []


def with_two_channels(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the seller's own channel before Amazon's; a listing that has none gets one without a quantity."""
    return [
        item | {"fulfillmentAvailability": _own_first(channels)}
        if (channels := item.get("fulfillmentAvailability"))
        else item
        for item in items
    ]


def _own_first(channels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    own = [channel for channel in channels if channel["fulfillmentChannelCode"] == SELLERS_OWN]
    amazons = [channel for channel in channels if channel not in own]
    return [*(own or [{"fulfillmentChannelCode": SELLERS_OWN}]), *amazons]


def _spoilt_first(lines: Iterator[str], fault: str, columns: list[str]) -> Iterator[str]:
    """The first lines with the fault."""
    for number, line in enumerate(islice(lines, 2)):
        cells = line.rstrip("\n").split("\t")
        if fault == DAMAGED and number == 0:
            cells[columns.index("item-name")] += BAD_BYTE
        elif fault == RAGGED and number == 0:
            cells[columns.index("item-description")] = "soft\tand warm"
        elif fault == RAGGED:
            del cells[columns.index("item-description")]
        yield "\t".join(cells) + "\n"


def _without(lines: list[str], places: set[int]) -> Iterator[str]:
    for line in lines:
        cells = line.rstrip("\n").split("\t")
        yield "\t".join(cell for place, cell in enumerate(cells) if place not in places) + "\n"
