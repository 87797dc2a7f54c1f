"""The rows that a perfect pipeline would compute for advertising: charges by SKU and day, payments by day.

They come from the world's charges and postings, not from the answers that the pipeline reads.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.jobs.kiosk_view import ALWAYS, view_of
from xpert_pipeline.sandbox.serving.formats import amount_text
from xpert_pipeline.sandbox.world.charges import Charge
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.economy import Economy, active_skus
from xpert_pipeline.sandbox.world.ledger import Ledger
from xpert_pipeline.sandbox.world.money import FINEST
from xpert_pipeline.sandbox.world.postings import ADVERTISING, TAX_PART, Posting
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.transactions import books_of

FINAL_DAYS = 14
NOT_TOLD: Row = dict.fromkeys(("impressions", "clicks", "attributed_sales", "acos_pct"))


def advertising_spend(world: World, *, restated: bool = False) -> Iterator[Row]:
    """Yield one row for each SKU, day and type of advertising, and one for each day with a payment."""
    view = view_of(world, ALWAYS)
    for marketplace_id in world.marketplace_ids:
        ledger = view.ledger(marketplace_id)
        yield from _of_skus(ledger, restated=restated)
        yield from _payments(world, ledger)


def _of_skus(ledger: Ledger, *, restated: bool) -> Iterator[Row]:
    active = {day: active_skus(ledger, day) for day in range(ledger.first, ledger.last + 1)}
    newest = max((day for day, skus in active.items() if skus), default=0)
    for day, skus in active.items():
        for sku in skus:
            economy = Economy()
            economy.add(ledger, day, sku, restated=restated)
            for charge in economy.ads.values():
                yield _row(ledger, day, newest) | {
                    "sku": sku,
                    "ad_type": charge.type,
                    "scope": "SKU",
                    "asin": ledger.listings[sku].asin,
                    **_amounts(charge.total, charge.amount - charge.promotion, charge.tax),
                    "ops": amount_text(economy.count.sales),
                    "tacos_pct": _share(charge, economy.count.sales),
                }


def _payments(world: World, ledger: Ledger) -> Iterator[Row]:
    store = ledger.store
    postings = books_of(world, store.id, world.end_of(store.id)).postings
    newest = max((store.day_of(posting.posted) for posting in postings), default=0)
    by_day: dict[int, list[Posting]] = {}
    for posting in postings:
        if posting.type == ADVERTISING:
            by_day.setdefault(store.day_of(posting.posted), []).append(posting)
    for day, paid in by_day.items():
        leaves = [leaf for posting in paid for part in posting.parts() for leaf in part.leaves]
        total = -sum(posting.cents for posting in paid)
        tax = -sum(leaf.cents for leaf in leaves if leaf.path[-1] == TAX_PART)
        yield _row(ledger, day, newest) | {
            "sku": "(account)",
            "ad_type": "ACCOUNT_CASH",
            "scope": "ACCOUNT",
            "asin": None,
            **_amounts(*(Decimal(cents) / 100 for cents in (total, total - tax, tax))),
            "ops": None,
            "tacos_pct": None,
        }


def _row(ledger: Ledger, day: int, newest: int) -> Row:
    return {
        "marketplace_id": ledger.store.id,
        "spend_date": written_day(day),
        "currency": ledger.store.currency,
        "is_final": day <= newest - FINAL_DAYS,
        **NOT_TOLD,
    }


def _amounts(total: Decimal, ex_tax: Decimal, tax: Decimal) -> dict[str, Any]:
    return {"spend": amount_text(total), "spend_ex_tax": amount_text(ex_tax), "tax": amount_text(tax)}


def _share(charge: Charge, sales: Decimal) -> str | None:
    """Return the charge in per cent of the sales, to four decimals."""
    return str((100 * charge.total / sales).quantize(FINEST, ROUND_HALF_UP)) if sales else None
