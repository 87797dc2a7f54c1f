"""The source of financial_events and financial_event_amounts: one walk fills both tables."""

from datetime import timedelta

from xpert_pipeline.assets.finance.financial_event_amounts import FINANCIAL_EVENT_AMOUNTS
from xpert_pipeline.assets.finance.financial_events import FINANCIAL_EVENTS
from xpert_pipeline.assets.finance.transactions import market_of_transaction, parse_transaction
from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline.sources.change_spans import Feed, Following
from xpert_pipeline.sources.changes import ChangeFeed
from xpert_pipeline.sources.checks import count_check
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.sources.windows import TWO_YEARS, Restatement
from xpert_pipeline.spapi.operations.finances import list_transactions
from xpert_pipeline.spapi.operations.sales import count_orders

TRANSACTIONS_PER_ORDER = 1.1
"""Nearly every order has a shipment, and some have a refund; some shipments come twice, as deferred and as released."""

COUNT_EACH_PAIR_ONCE = """
with affected as (
  select marketplace_id, transaction_id from pg_temp.stage_financial_events where item_index = -1
  union
  select marketplace_id, release_transaction_id from pg_temp.stage_financial_events
  where item_index = -1 and release_transaction_id is not null
),
decided as (
  select
    e.marketplace_id,
    e.transaction_id,
    e.is_counted as was_counted,
    e.deferred_transaction_id is null and not exists (
      select from financial_events as first
      where first.seller_id = %(seller_id)s and first.release_transaction_id = e.transaction_id
        and first.item_index = -1 and first.transaction_id <> e.transaction_id
    ) as is_counted
  from financial_events as e
  join affected using (marketplace_id, transaction_id)
  where e.seller_id = %(seller_id)s and e.item_index = -1
),
events as (
  update financial_events as e set is_counted = d.is_counted
  from decided as d
  where e.seller_id = %(seller_id)s and e.marketplace_id = d.marketplace_id and e.transaction_id = d.transaction_id
    and e.is_counted <> d.is_counted
)
update financial_event_amounts as a set is_counted = d.is_counted
from decided as d
where a.seller_id = %(seller_id)s and a.marketplace_id = d.marketplace_id and a.transaction_id = d.transaction_id
  and a.is_counted <> d.is_counted and (d.was_counted <> d.is_counted or not d.is_counted)
"""
"""A deferred pair counts once: its second transaction does not count, whichever of the two names the other."""
UNBALANCED = """
select count(*) from financial_events where seller_id = %(seller_id)s and item_index = -1 and not is_balanced
"""
UNLIKE_THEIR_AMOUNTS = """
select count(*)
from (
  select e.transaction_id
  from financial_events as e
  left join financial_event_amounts as a using (seller_id, marketplace_id, transaction_id)
  where seller_id = %(seller_id)s and e.item_index = -1 and e.is_balanced
  group by seller_id, marketplace_id, e.transaction_id, e.total_amount
  having e.total_amount is distinct from coalesce(sum(a.amount), 0)
) as differing
"""
NEVER_COUNTED = """
select count(*)
from financial_events as second
join financial_events as first
  on first.seller_id = second.seller_id and first.marketplace_id = second.marketplace_id and first.item_index = -1
  and (first.transaction_id = second.deferred_transaction_id or first.release_transaction_id = second.transaction_id)
where second.seller_id = %(seller_id)s and second.item_index = -1 and not second.is_counted and not first.is_counted
"""

SOURCE = ChangeFeed(
    pace=Pace.FIRST,
    group="finance",
    roles=("Finance and Accounting",),
    checks=(
        count_check(
            "financial_events",
            "breakdowns_add_up",
            "Every breakdown adds up: nodes to their children, leaves to the total of their transaction.",
            UNBALANCED,
        ),
        count_check(
            "financial_event_amounts",
            "amounts_are_totals",
            "The amounts of every transaction whose breakdown adds up are its total, once.",
            UNLIKE_THEIR_AMOUNTS,
            additional_deps=["financial_events"],
        ),
        count_check(
            "financial_events",
            "pairs_count_once",
            "Of every deferred pair, one transaction counts.",
            NEVER_COUNTED,
        ),
    ),
    figures=(
        DayFigure(FINANCIAL_EVENTS, "transactions", "count(*) filter (where item_index = -1)"),
        DayFigure(
            FINANCIAL_EVENTS, "counted", "sum(total_amount) filter (where item_index = -1 and is_counted)", "currency"
        ),
        DayFigure(FINANCIAL_EVENT_AMOUNTS, "counted", "sum(amount) filter (where is_counted)", "currency"),
    ),
    feed=Feed(
        tables=(FINANCIAL_EVENTS, FINANCIAL_EVENT_AMOUNTS),
        operation="listTransactions",
        walk=list_transactions,
        parse=parse_transaction,
        place_of=market_of_transaction,
        settling=timedelta(seconds=150),  # Amazon rejects bounds within 2 minutes of its own clock
        follows=False,
        rule=Restatement(restated=timedelta(days=45), oldest=TWO_YEARS, anchors=("orders",)),
        following=Following(ORDERS, "order", (count_orders, "Amazon's order metrics"), TRANSACTIONS_PER_ORDER),
        noun="transaction",
        longest=15,
        replaces_days=True,
        decide=COUNT_EACH_PAIR_ONCE,
        decided=(("is_counted",), ("is_counted",)),
    ),
)
