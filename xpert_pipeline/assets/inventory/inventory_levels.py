"""inventory_levels: the stock of each SKU by day and channel, derived from listings, FBA stock and its ledger."""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Flag, Id, MarketplaceId, Quantity, Text

NOT_IN_LEDGER = Null("The row is from the ledger, which does not tell it; or Amazon did not report it.")
MERCHANTS = Null("The seller fulfils the listing itself; or the row is from the ledger; or Amazon did not report it.")


class LevelRow(TypedDict):
    """The stock of one SKU in one fulfilment channel on one day."""

    marketplace_id: MarketplaceId
    snapshot_date: Annotated[
        date, "Marketplace-local day on which the snapshot was taken, or day of the ledger; the partition."
    ]
    sku: Annotated[Id, "The seller's own SKU."]
    fulfillment_channel: Annotated[
        Id,
        "AMAZON: units at Amazon or on their way there. MERCHANT: units that the seller itself sends.",
    ]
    asin: Annotated[Text | None, "ASIN."]
    available_quantity: Annotated[Quantity | None, "Units that could be sold at once.", NOT_IN_LEDGER]
    reserved_quantity: Annotated[
        Quantity | None, "Units for orders, or on their way between warehouses, or being processed.", MERCHANTS
    ]
    on_hand_quantity: Annotated[
        Quantity | None,
        "available_quantity + reserved_quantity; in the ledger, the units of the disposition SELLABLE.",
        Null("Amazon did not report one of them."),
    ]
    unfulfillable_quantity: Annotated[
        Quantity | None,
        "Units that cannot be sold; in the ledger, those of any disposition but SELLABLE and RESEARCHING.",
        Null("The seller fulfils the listing itself; or Amazon did not report it."),
    ]
    warehouse_quantity: Annotated[
        Quantity | None,
        "All units that are there: total_quantity - inbound_quantity; in the ledger, the closing balance.",
        Null("Amazon did not report it."),
    ]
    inbound_quantity: Annotated[Quantity | None, "Units of inbound shipments that are not received yet.", MERCHANTS]
    total_quantity: Annotated[Quantity | None, "All units, with those of inbound shipments.", NOT_IN_LEDGER]
    is_in_stock: Annotated[
        Flag | None,
        "Whether available_quantity is above 0; in the ledger, whether on_hand_quantity is.",
        Null("The quantity is not known."),
    ]
    stock_source: Annotated[
        Id, "Source of the row: snapshot, read at some time of the day, or ledger, the end of the day."
    ]


INVENTORY_LEVELS = Table(
    "inventory_levels",
    LevelRow,
    key=("marketplace_id", "snapshot_date", "sku", "fulfillment_channel"),
    day="snapshot_date",
    about=About(
        grain="the stock of a SKU in a fulfilment channel on a day",
        source="products, fba_inventory and inventory_ledger, by sql/transforms/inventory_levels.sql",
        freshness="Computed after every load: today's stock from the newest readings, earlier FBA stock from the "
        "ledger. The stock of the seller's own warehouse has no history before the first sync.",
        restatement="A snapshot of today changes with each reading; on later days it stays as it was. A SKU that both "
        "Amazon and the seller fulfil has two rows. A day without a row is not known; it is not a day with 0 units.",
        example="select snapshot_date, sku, fulfillment_channel, on_hand_quantity, inbound_quantity\n"
        "from inventory_levels where not is_in_stock order by snapshot_date desc, sku;",
    ),
)

SOURCE = Derived(
    table=INVENTORY_LEVELS,
    pace=Pace.FIRST,
    group="inventory",
    after=("products", "fba_inventory", "inventory_ledger"),
    figures=(
        DayFigure(INVENTORY_LEVELS, "units on hand", "sum(on_hand_quantity)"),
        DayFigure(INVENTORY_LEVELS, "SKUs in stock", "count(distinct sku) filter (where is_in_stock)"),
    ),
)
