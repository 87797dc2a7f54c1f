"""account_health: how Amazon judges the seller's account in each marketplace, day by day from the first sync on."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.sources.checks import sentences_check
from xpert_pipeline.sources.collect import Row, Unfit
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.present_report import PresentReport
from xpert_pipeline.sources.rows import row_parser, unknown_fields
from xpert_pipeline.sources.values import number, percent, value_at
from xpert_pipeline.spapi.operations.seller_performance import (
    MARKETPLACE,
    METRICS,
    REPORT,
    STATUSES,
    read_performance,
)
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import At, Null, Unfilled
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import MarketplaceId, Percent, Quantity, Text

STATE = "accountStatus"
"""Where the state of the account stands in a record beside the metrics."""
ACCOUNT_WORDS = frozenset(("NORMAL", "AT_RISK", "DEACTIVATED", "SUSPENDED"))
RATING_WORDS = frozenset(("GREAT", "WARNED"))
JUDGEMENTS = frozenset(("GOOD", "BAD", "NONE"))
ODR_FBA, ODR_MERCHANT = "orderDefectRate.afn", "orderDefectRate.mfn"
LATE, DELIVERED, TRACKED = "lateShipmentRate", "onTimeDeliveryRate", "validTrackingRate"
CANCELLED, INVOICED = "preFulfillmentCancellationRate", "invoiceDefectRate"
UNITS_DELIVERED = "unitOnTimeDeliveryRate"
RATING = "accountHealthRating"
IP = "IntellectualProperty"
RATES = (ODR_FBA, ODR_MERCHANT, LATE, CANCELLED, DELIVERED, UNITS_DELIVERED, TRACKED, INVOICED)
COUNTS = (
    "listingPolicyViolations", f"received{IP}Complaints", f"suspected{IP}Violations",
    "productAuthenticityCustomerComplaints", "productConditionCustomerComplaints", "productSafetyCustomerComplaints",
    "foodAndProductSafetyIssues", "restrictedProductPolicyViolations", "otherPolicyViolations",
)  # fmt: skip
FIELDS = {path.split(".")[0] for path in (*RATES, *COUNTS, RATING, "documentRequests", "warningStates")} | {
    MARKETPLACE,
    STATE,
}
SPELLINGS = {
    "prefulfillmentCancelRate": CANCELLED,
    "documentRequest": "documentRequests",
    "warningState": "warningStates",
}
"""Names in the examples of Amazon's schema that differ from those in the schema itself."""

NO_RATE = Null("Amazon did not report it, or counted nothing in the period.")
ONLY_US = Null("Amazon did not report it: it has this metric only in the US.")
NO_US = Unfilled("The sandbox has no store in the US.")
JUDGED = "Amazon's own judgement of this rate: GOOD, BAD or NONE."


def _rate(counted: str) -> Callable[[Any], Decimal | None]:
    """Return a reader of a metric's rate in percent; NULL if nothing was counted, or if it is no fraction."""

    def read(metric: Any) -> Decimal | None:
        rate = number(value_at(metric, "rate"))
        is_known = rate is not None and rate <= 1 and value_at(metric, counted) != 0
        return percent(rate) if is_known else None

    return read


def _rating_word(rating: Any) -> Any:
    """The word of the rating: Amazon's schema has one name for it, and the schema's example another."""
    word = value_at(rating, "ahrStatus")
    return value_at(rating, "accountHealthRatingStatus") if word is None else word


def _violations(path: str) -> At:
    return At(f"{path}.defectsCount")


ORDERS = _rate("orderCount")
Rate = Percent | None
Judgement = Text | None
Count = Quantity | None


class AccountHealthRow(TypedDict):
    """The account in one marketplace, as Amazon saw it on one day."""

    marketplace_id: MarketplaceId
    snapshot_date: Annotated[date, "Marketplace-local day on which the report was asked for; the partition."]
    account_status: Annotated[Judgement, At(STATE), "NORMAL, AT_RISK, DEACTIVATED or SUSPENDED. Amazon may add others."]
    account_health_status: Annotated[
        Judgement,
        At(RATING, _rating_word),
        "Account Health Rating in a word: GREAT or WARNED. Amazon may add others.",
    ]
    account_health_score: Annotated[
        Count,
        At(f"{RATING}.ahrScore"),
        "Account Health Rating as a number.",
        Null("Amazon did not report it; its published schema has only the word."),
    ]
    fba_order_defect_pct: Annotated[
        Rate,
        At(ODR_FBA, ORDERS),
        "Share of the orders fulfilled by Amazon with a defect: a claim, a chargeback or negative feedback. The period "
        "is 60 days in Amazon's example.",
        NO_RATE,
    ]
    fba_order_defect_status: Annotated[Judgement, At(f"{ODR_FBA}.status"), JUDGED]
    fba_orders_counted: Annotated[Count, At(f"{ODR_FBA}.orderCount"), "Orders in the period of fba_order_defect_pct."]
    merchant_order_defect_pct: Annotated[
        Rate,
        At(ODR_MERCHANT, ORDERS),
        "The same share of the orders that the seller fulfils, in the same period.",
        NO_RATE,
    ]
    merchant_order_defect_status: Annotated[Judgement, At(f"{ODR_MERCHANT}.status"), JUDGED]
    merchant_orders_counted: Annotated[
        Count, At(f"{ODR_MERCHANT}.orderCount"), "Orders in the period of merchant_order_defect_pct."
    ]
    late_shipment_pct: Annotated[
        Rate,
        At(LATE, ORDERS),
        "Share of the orders fulfilled by the seller that were shipped too late; 30 days in Amazon's example.",
        NO_RATE,
    ]
    late_shipment_status: Annotated[Judgement, At(f"{LATE}.status"), JUDGED]
    pre_fulfillment_cancel_pct: Annotated[
        Rate,
        At(CANCELLED, ORDERS),
        "Share of the orders that the seller cancelled before shipping them; 7 days in Amazon's example.",
        NO_RATE,
    ]
    pre_fulfillment_cancel_status: Annotated[Judgement, At(f"{CANCELLED}.status"), JUDGED]
    on_time_delivery_pct: Annotated[
        Rate,
        At(DELIVERED, _rate("shipmentCountWithValidTracking")),
        "Share of the tracked shipments that arrived in time; 30 days in Amazon's example.",
        NO_RATE,
    ]
    on_time_delivery_status: Annotated[Judgement, At(f"{DELIVERED}.status"), JUDGED]
    unit_on_time_delivery_pct: Annotated[
        Rate,
        At(UNITS_DELIVERED, _rate("totalUnitCount")),
        "Share of the units that arrived in time. In the US it stands beside on_time_delivery_pct.",
        ONLY_US,
        NO_US,
    ]
    unit_on_time_delivery_status: Annotated[Judgement, At(f"{UNITS_DELIVERED}.status"), JUDGED, ONLY_US, NO_US]
    valid_tracking_pct: Annotated[
        Rate,
        At(TRACKED, _rate("shipmentCount")),
        "Share of the shipments that have a valid tracking number; 30 days in Amazon's example.",
        NO_RATE,
    ]
    valid_tracking_status: Annotated[Judgement, At(f"{TRACKED}.status"), JUDGED]
    invoice_defect_pct: Annotated[
        Rate,
        At(INVOICED, ORDERS),
        "Share of the orders whose invoice is missing or late; 7 days in Amazon's example.",
        NO_RATE,
    ]
    invoice_defect_status: Annotated[Judgement, At(f"{INVOICED}.status"), JUDGED]
    listing_policy_violations: Annotated[
        Count, _violations("listingPolicyViolations"), "Violations of listing policies; 180 days in Amazon's example."
    ]
    intellectual_property_complaints: Annotated[
        Count, _violations(f"received{IP}Complaints"), "Complaints of rights owners about intellectual property."
    ]
    intellectual_property_violations: Annotated[
        Count, _violations(f"suspected{IP}Violations"), "Violations of intellectual property that Amazon suspects."
    ]
    authenticity_complaints: Annotated[
        Count, _violations("productAuthenticityCustomerComplaints"), "Complaints that a product is not authentic."
    ]
    condition_complaints: Annotated[
        Count, _violations("productConditionCustomerComplaints"), "Complaints about the condition of a product."
    ]
    safety_complaints: Annotated[
        Count, _violations("productSafetyCustomerComplaints"), "Complaints about the safety of a product."
    ]
    food_safety_issues: Annotated[
        Count, _violations("foodAndProductSafetyIssues"), "Issues of food and product safety."
    ]
    restricted_product_violations: Annotated[
        Count, _violations("restrictedProductPolicyViolations"), "Violations of the policy for restricted products."
    ]
    other_policy_violations: Annotated[Count, _violations("otherPolicyViolations"), "Violations of other policies."]
    document_requests: Annotated[
        Count,
        _violations("documentRequests"),
        "Documents that Amazon asks the seller for.",
    ]


ACCOUNT_HEALTH = Table(
    "account_health",
    AccountHealthRow,
    key=("marketplace_id", "snapshot_date"),
    day="snapshot_date",
    replaced_by=("marketplace_id", "snapshot_date"),
    about=About(
        grain="the seller's account in a marketplace on a day, as Amazon judges it",
        source="GET_V2_SELLER_PERFORMANCE_REPORT",
        freshness="The first sync of a day reads it. A report that is not ready then is loaded by the next sync, for "
        "the day on which it was asked for.",
        restatement="Amazon tells only the present state, whatever period is asked for: a day on which no sync ran has "
        "no row. Each rate covers a period of its own that Amazon chooses and that may end some days before; the same "
        "orders are in the rates of many days, so never add or average them. Amazon writes rates as fractions (0.009); "
        "here they are in percent (0.9). A rate above 1 is not kept, because its unit would be a guess; it is counted "
        "and reported.",
        example="select snapshot_date, marketplace_id, account_status, fba_order_defect_pct, late_shipment_pct,\n"
        "  late_shipment_status, pre_fulfillment_cancel_pct, listing_policy_violations\n"
        "from account_health order by snapshot_date desc, marketplace_id;",
    ),
)
WORDS = {
    name: ACCOUNT_WORDS if name == "account_status" else RATING_WORDS if name == "account_health_status" else JUDGEMENTS
    for name in ACCOUNT_HEALTH.columns
    if name.endswith("_status")
}
"""The known words of each column that has words."""
PARSE = row_parser(ACCOUNT_HEALTH)


def parse_health(record: Mapping[str, Any], requested: Requested, signals: Counter[str]) -> Row:
    """Parse what the report has about a marketplace.

    Raises:
        Unfit: The marketplace was not requested, or a list of the report names it more than once.
    """
    market = next((each for each in requested.markets if each.id == record[MARKETPLACE]), None)
    if market is None:
        raise Unfit("it is of a marketplace that was not requested")
    if any(len(record[name]) > 1 for name in (STATUSES, METRICS)):
        raise Unfit("a list of the report names its marketplace more than once")
    signals.update(f"marketplace without {name}" for name in (STATUSES, METRICS) if not record[name])
    state = record[STATUSES][0].get("status") if record[STATUSES] else None
    metrics = record[METRICS][0] if record[METRICS] else {}
    told = {SPELLINGS.get(name, name): value for name, value in metrics.items()} | {STATE: state}
    (day,) = requested.days
    row = PARSE(told, market) | {"snapshot_date": day}
    signals.update(unknown_fields(told, FIELDS))
    signals.update(_unusual(told, row))
    return row


def _unusual(told: Mapping[str, Any], row: Row) -> Counter[str]:
    """Count words that nobody has declared, and rates that cannot be fractions."""
    found = Counter(
        f"unknown {name} {row[name]}" for name, known in WORDS.items() if row[name] and row[name] not in known
    )
    for path in RATES:
        rate = number(value_at(value_at(told, path), "rate"))
        if rate is not None and rate > 1:
            found[f"rate above 1 in {path}"] += 1
    return found


NEWEST_STATES = """
select
  coalesce(h.account_status <> 'NORMAL', false) or coalesce(h.account_health_status = 'WARNED', false)
    or missed.rates is not null,
  concat(
    h.snapshot_date, ' ', h.marketplace_id, ': the account is ', coalesce(h.account_status, 'in an unknown state'),
    ', its health ', coalesce(h.account_health_status, 'is not told'),
    coalesce('. These rates miss Amazon''s target: ' || missed.rates, '')
  )
from (
  select distinct on (marketplace_id) * from account_health
  where seller_id = %(seller_id)s order by marketplace_id, snapshot_date desc
) as h
cross join lateral (
  select string_agg(concat(r.name, ' ', coalesce(round(r.pct, 2)::text, 'unknown'), ' percent'), ', ' order by r.name)
  from (values
    ('order defects of FBA', h.fba_order_defect_pct, h.fba_order_defect_status),
    ('order defects of merchant orders', h.merchant_order_defect_pct, h.merchant_order_defect_status),
    ('late shipments', h.late_shipment_pct, h.late_shipment_status),
    ('cancelled before shipping', h.pre_fulfillment_cancel_pct, h.pre_fulfillment_cancel_status),
    ('delivered in time', h.on_time_delivery_pct, h.on_time_delivery_status),
    ('units delivered in time', h.unit_on_time_delivery_pct, h.unit_on_time_delivery_status),
    ('valid tracking', h.valid_tracking_pct, h.valid_tracking_status),
    ('invoice defects', h.invoice_defect_pct, h.invoice_defect_status)
  ) as r (name, pct, status)
  where r.status = 'BAD'
) as missed (rates)
order by h.marketplace_id
"""

SOURCE = PresentReport(
    table=ACCOUNT_HEALTH,
    group="account",
    roles=("Selling Partner Insights",),
    checks=(
        sentences_check(
            "account_health",
            "account_is_in_good_health",
            "On the newest day, the account is NORMAL in every marketplace, its health is not WARNED, and no rate "
            "misses the target by Amazon's own judgement.",
            NEWEST_STATES,
        ),
    ),
    figures=(
        DayFigure(ACCOUNT_HEALTH, "violations of listing policies", "sum(listing_policy_violations)"),
        DayFigure(ACCOUNT_HEALTH, "late shipments, percent", "max(late_shipment_pct)"),
    ),
    report=REPORT,
    read_lines=read_performance,
    parse=parse_health,
)
