"""Finances API v2024-06-19: listTransactions."""

import json
from bisect import bisect_left
from dataclasses import replace
from itertools import repeat
from operator import attrgetter
from typing import NamedTuple

from xpert_pipeline.sandbox.finance.transactions_faults import (
    EMPTY,
    LATE,
    LATE_SECONDS,
    NO_PRICE,
    OLD_ENVELOPE,
    TRANSACTIONS,
    is_deferred_shipment,
    without_price,
)
from xpert_pipeline.sandbox.finance.transactions_faults import in_transactions as with_faults
from xpert_pipeline.sandbox.finance.transactions_payload import identifiers, transaction_text
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import invalid
from xpert_pipeline.sandbox.serving.json_text import array, with_member
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.world.postings import DEFERRED, DEFERRED_RELEASED, RELEASED, Posting
from xpert_pipeline.sandbox.world.transactions import books_of

SETTLED_SECONDS = 120
LONGEST_SECONDS = 180 * 86_400
"""A longer span has an empty answer, without an error."""
IDENTIFIERS = ("ORDER_ID", "FINANCIAL_EVENT_GROUP_ID")
STATUSES = (DEFERRED, RELEASED, DEFERRED_RELEASED)


def list_transactions(call: Call) -> str:
    """Return one page of the transactions posted in a window, by time. The first page fixes the window's end.

    A page is large, so it is written as text.
    """
    window = _window(call)
    faults = call.faults(TRANSACTIONS)
    page = call.page(memory=window.last)
    if EMPTY in faults:
        page = replace(page, faults=(*page.faults, "endless-pages"))
    chosen = _chosen(call, window.first, page.memory, is_late=LATE in faults)
    if NO_PRICE in faults:
        chosen = [(store, _without_price(call, store, posting)) for store, posting in chosen]
    transactions = [
        transaction_text(posting, call.seller_id, marketplace_id) for marketplace_id, posting in page.cut(chosen)
    ]
    if faults:
        transactions = with_faults(transactions, faults)
    payload = with_member("{}", "transactions", array(transactions))
    for name, value in page.pagination(len(chosen)).items():
        payload = with_member(payload, name, json.dumps(value))
    return payload if OLD_ENVELOPE in faults else with_member("{}", "payload", payload)


def _without_price(call: Call, marketplace_id: str, posting: Posting) -> Posting:
    """Take the price out of the first deferred shipment of a store; return every other transaction as it is."""
    postings = books_of(call.world, marketplace_id, call.now).postings
    first = next((each for each in postings if is_deferred_shipment(each)), None)
    return without_price(posting) if first is not None and posting.key == first.key else posting


class _Window(NamedTuple):
    """Bounds of the requested window: `first` is inclusive, `last` exclusive; None without a bound."""

    first: float | None
    last: float


def _window(call: Call) -> _Window:
    first, last = (parameters.moment(call.query, name) for name in ("postedAfter", "postedBefore"))
    settled = call.now - SETTLED_SECONDS
    name, value = (parameters.text(call.query, f"relatedIdentifier{part}") for part in ("Name", "Value"))
    if (name is None) != (value is None):
        raise invalid("relatedIdentifierName and relatedIdentifierValue: both or neither must be provided.")
    if first is None and name is None:
        raise invalid("postedAfter: is required if there is no related identifier.")
    for bound, text in ((first, "postedAfter"), (last, "postedBefore")):
        if bound is not None and bound > settled:
            raise invalid(f"{text}: must be more than two minutes before the time of the request.")
    if first is not None and last is not None and last <= first:
        raise invalid("postedBefore: must be later than postedAfter.")
    return _Window(first, settled if last is None else last)


def _chosen(call: Call, first: float | None, last: float, *, is_late: bool) -> list[tuple[str, Posting]]:
    """Return the transactions that pass the filters, with their store."""
    query = call.query
    status = parameters.text(query, "transactionStatus")
    if status is not None and status.upper() not in STATUSES:
        raise invalid(f"transactionStatus: {status} is not one of {', '.join(STATUSES)}.")
    name, value = (parameters.text(query, f"relatedIdentifier{part}") for part in ("Name", "Value"))
    if name is not None and name not in IDENTIFIERS:
        raise invalid(f"relatedIdentifierName: {name} is not one of {', '.join(IDENTIFIERS)}.")
    posted = _posted(call, first or 0, last, is_late=is_late)
    if status is not None:
        posted = [(store, posting) for store, posting in posted if posting.status == status.upper()]
    if name is not None:
        posted = [(store, posting) for store, posting in posted if (name, value) in identifiers(posting)]
    return posted


def _posted(call: Call, first: float, last: float, *, is_late: bool) -> list[tuple[str, Posting]]:
    """Return what was posted in a window, in one store or all of them."""
    wanted = parameters.text(call.query, "marketplaceId")
    if wanted is not None:
        parameters.check_region([wanted])
    found: list[tuple[str, Posting]] = []
    if first and last - first > LONGEST_SECONDS:
        return found
    for marketplace_id in call.world.marketplace_ids:
        if wanted in (None, marketplace_id):
            end = min(last, call.world.end_of(marketplace_id) - LATE_SECONDS) if is_late else last
            postings = books_of(call.world, marketplace_id, call.now).postings
            places = [bisect_left(postings, bound, key=attrgetter("posted")) for bound in (first, end)]
            found += zip(repeat(marketplace_id), postings[places[0] : places[1]])
    is_one_store = wanted is not None or len(call.world.marketplace_ids) == 1
    return found if is_one_store else sorted(found, key=lambda entry: entry[1].posted)
