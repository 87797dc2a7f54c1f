"""All money of a seller in one store: every transaction that Amazon has posted, and the settlements that pay it out.

    books = books_of(world, marketplace_id, now)
    books.postings              # every transaction, by time
    books.periods               # settlement periods → postings
    for posting in period.postings:
        for part in posting.parts():     # items; one part without SKU if the posting has no items
            for leaf in part.leaves:     # leaf.path (words of an item's tree), leaf.cents (hundredths)
                ...

Settlement reports, listTransactions and the truth are all made from these records (`postings`). Where a posting comes
from: `order_postings` (shipments, refunds, and the two rows of deferred money), `account_postings` (everything else
that is earned or charged), `settlement_periods` (groups, settlements, debts, transfers). Only postings in a period
move money; the first row of deferred money does not.

**How fees agree with seller economics** (`charges`, `economy`, the table economics_daily). Let a fee of a transaction
be the sum of the leaves below one word of AmazonFees, Base and Tax together, with the sign turned. `fee_shares.WORDS`
pairs the words with economics' types. Count each deferred pair once. Then, for each SKU and day, the sum over
transactions equals the `total` of economics:

- Commission, FixedClosingFee, FBAPerUnitFulfillmentFee, ShippingHB: shipments, by the order's day of purchase, if
  every uncancelled item of the SKU that was bought that day has shipped. As long as one has not, its share is missing
  in the transactions.
- RefundCommission: refunds, by the day on which the refund (of a deferred pair: its first row) was posted.
- FBAStorageFee: service fees, by the day on which they were posted.

Economics have no subscription, inbound fees or digital services fees. Advertisements agree by month only, and only
without Sponsored Brands; see `account_postings`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.account_postings import account_postings
from xpert_pipeline.sandbox.world.fee_shares import FeeShares
from xpert_pipeline.sandbox.world.garbage import no_garbage_collection
from xpert_pipeline.sandbox.world.ledger import ledger_of
from xpert_pipeline.sandbox.world.order_postings import order_postings
from xpert_pipeline.sandbox.world.postings import Posting
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.settlement_periods import Calendar, Period, settled
from xpert_pipeline.sandbox.world.stock import stock_of

HOUR = 3600


@dataclass(frozen=True, slots=True)
class MoneyBooks:
    """The money of one store.

    Attributes:
        postings: Every transaction, by time and then id.
        periods: The settlement periods, by start and rail, with the postings that move money.
    """

    postings: Sequence[Posting]
    periods: Sequence[Period]


def books_of(world: World, marketplace_id: str, now: float) -> MoneyBooks:
    """Return a seller's money in one store as it is now.

    It is built when it is first needed. While part of the world is in the future, it is built again every hour and
    whenever another order becomes visible.
    """
    cut = int(min(world.end_of(marketplace_id), now))
    visible = world.updated_between(0, cut)
    key = (len(visible), cut // HOUR)
    name = f"money {marketplace_id}"
    if name not in world.figures or world.figures[name][0] != key:
        with no_garbage_collection():
            world.figures[name] = key, _built(world, marketplace_id, cut)
    books: MoneyBooks = world.figures[name][1]
    return books


def _built(world: World, marketplace_id: str, cut: int) -> MoneyBooks:
    ledger = ledger_of(world, marketplace_id, cut)
    orders = [order for order in world.orders if order.marketplace_id == marketplace_id and order.updated <= cut]
    shares = FeeShares(ledger, orders)
    posted = [posting for order in orders for posting in order_postings(shares, order, cut)]
    posted += account_postings(world.seller_id, ledger, stock_of(world, marketplace_id, cut), cut)
    posted.sort(key=lambda posting: (posting.posted, posting.key))
    periods = settled(
        Calendar(world.seller_id, STORES[marketplace_id]), (posting for posting in posted if posting.is_cash), cut
    )
    everything = [posting for posting in posted if not posting.is_cash]
    everything += [posting for period in periods for posting in period.postings]
    everything.sort(key=lambda posting: (posting.posted, posting.key))
    return MoneyBooks(everything, periods)
