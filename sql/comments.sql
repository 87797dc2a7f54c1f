-- Comments for the pipeline's tables. Generated from the row contracts: run `make docs`, do not edit.

comment on table public.products is
'One row is a listing in its current state. Source: searchListingsItems 2021-08-01 and searchCatalogItems 2022-04-01; the report GET_MERCHANT_LISTINGS_ALL_DATA if more than 1,000 listings must be read.';
comment on column public.products.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.products.sku is
'The seller''s own SKU.';
comment on column public.products.asin is
'ASIN of the listing. NULL: Amazon did not report it.';
comment on column public.products.fn_sku is
'FNSKU: Amazon''s label for the stock in its warehouses. NULL: Amazon does not fulfil the listing, or the row was loaded from the report.';
comment on column public.products.item_name is
'Title of the listing. NULL: Amazon did not report it.';
comment on column public.products.brand is
'Brand, from the catalogue. NULL: the catalogue has no value, or the row was loaded from the report.';
comment on column public.products.manufacturer is
'Manufacturer, from the catalogue. NULL: the catalogue has no value, or the row was loaded from the report.';
comment on column public.products.product_type is
'Amazon''s product type. NULL: Amazon did not report it, or the row was loaded from the report.';
comment on column public.products.condition_type is
'Condition, such as new_new or used_good. NULL: Amazon did not report it, or the row was loaded from the report.';
comment on column public.products.status is
'BUYABLE, DISCOVERABLE, or both; an empty list means neither. NULL: Amazon did not report it.';
comment on column public.products.fulfillment_channel is
'Fulfilment channel as Amazon reports it: AMAZON_IN or similar, or DEFAULT if the seller fulfils the listing. Amazon''s own if there are both. NULL: Amazon did not report it.';
comment on column public.products.price is
'The seller''s price, in the currency of the row. NULL: the listing has no price.';
comment on column public.products.regular_price is
'The seller''s price without a discount, in the currency of the row, as the listing''s page last told it: the report, which also tells prices, does not have it. NULL: the attributes of the listing have none, or the row was only ever loaded from the report.';
comment on column public.products.currency is
'ISO 4217 code for price. NULL: the listing has no price.';
comment on column public.products.quantity is
'Units that the seller offers. NULL: Amazon fulfils the listing; see fba_inventory.';
comment on column public.products.merchant_quantity is
'Units in the seller''s own channel (DEFAULT), also of a listing that Amazon fulfils, too. NULL: the listing has no channel of the seller''s own, or it was only ever loaded from the report.';
comment on column public.products.main_image_url is
'URL of the main image. NULL: Amazon did not report it, or the row was loaded from the report.';
comment on column public.products.browse_node_id is
'Id of the browse node, from the catalogue. NULL: the catalogue has no value, or the row was loaded from the report.';
comment on column public.products.browse_node_name is
'Name of the browse node, from the catalogue. NULL: the catalogue has no value, or the row was loaded from the report.';
comment on column public.products.parent_asin is
'ASIN of the variation parent, from the catalogue. NULL: the catalogue has no parent for the product, or the row was loaded from the report.';
comment on column public.products.variation_theme is
'Attributes in which the variations differ. NULL: the product has no variations, or the row was loaded from the report.';
comment on column public.products.sales_rank is
'Sales rank in sales_rank_category; 1 is the best seller. NULL: Amazon does not rank the product, or the row was loaded from the report.';
comment on column public.products.sales_rank_category is
'Category of sales_rank. NULL: Amazon does not rank the product, or the row was loaded from the report.';
comment on column public.products.issues_count is
'Number of issues of the listing. NULL: Amazon did not report issues, or the row was loaded from the report.';
comment on column public.products.issues is
'Issues as Amazon reports them. NULL: Amazon did not report issues, or the row was loaded from the report.';
comment on column public.products.item_weight is
'Weight of the package, in weight_unit. NULL: the catalogue has no value, or the row was loaded from the report.';
comment on column public.products.weight_unit is
'Unit of item_weight. NULL: the catalogue has no value, or the row was loaded from the report.';
comment on column public.products.package_dimensions is
'Length, width and height of the package, as the catalogue gives them. NULL: the catalogue has no value, or the row was loaded from the report.';
comment on column public.products.isbn_or_ean is
'ISBN or EAN, as text. NULL: the catalogue has no value, or the row was loaded from the report.';
comment on column public.products.listing_created_at is
'When the listing was created. NULL: Amazon did not report it, or the row was loaded from the report.';
comment on column public.products.listing_updated_at is
'When the listing last changed at Amazon. NULL: Amazon did not report it, or the row was loaded from the report.';

comment on table public.orders is
'One row is an order in its latest known state. Source: Orders v2026-01-01 searchOrders, or the XML all-orders report if that is faster.';
comment on column public.orders.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.orders.order_id is
'Amazon''s order id.';
comment on column public.orders.seller_order_id is
'The seller''s own order id. NULL: the seller set none.';
comment on column public.orders.purchase_date is
'When the order was placed.';
comment on column public.orders.order_date is
'Marketplace-local day of the purchase; the partition.';
comment on column public.orders.last_updated_at is
'When the order last changed at Amazon. A newer state of the row replaces an older one.';
comment on column public.orders.fulfillment_status is
'PENDING, UNSHIPPED, PARTIALLY_SHIPPED, SHIPPED, CANCELLED and others.';
comment on column public.orders.fulfilled_by is
'AMAZON or MERCHANT. NULL: Amazon did not report it.';
comment on column public.orders.service_level is
'Shipping service level, such as STANDARD or SECOND_DAY. NULL: Amazon did not report it.';
comment on column public.orders.sales_channel is
'AMAZON: a sale on Amazon. NON_AMAZON: an order of another shop that Amazon only ships, not a sale.';
comment on column public.orders.programs is
'Amazon programmes that apply to the order, such as PRIME or AMAZON_BUSINESS. NULL: the order was loaded from the report, or Amazon did not report it.';
comment on column public.orders.is_prime is
'Whether a Prime member placed the order. NULL: the order was loaded from the report.';
comment on column public.orders.is_business is
'Whether a business placed the order. NULL: Amazon did not report it.';
comment on column public.orders.is_easy_ship is
'Whether the order ships with Amazon Easy Ship. NULL: the order was loaded from the report.';
comment on column public.orders.order_total is
'Grand total, in the currency of the row. From the report: the sum of the lines'' item_proceeds, if all are known and have one currency. NULL: not known yet (pending), or the order came with the report and a line''s total is not known.';
comment on column public.orders.currency is
'ISO 4217 code for order_total. NULL: the total is not known.';
comment on column public.orders.proceeds_breakdowns is
'Proceeds by type, as Amazon reports them. NULL: the order was loaded from the report.';
comment on column public.orders.earliest_ship_at is
'Start of the ship-by window. NULL: the order was loaded from the report.';
comment on column public.orders.latest_ship_at is
'End of the ship-by window. NULL: the order was loaded from the report.';
comment on column public.orders.earliest_delivery_at is
'Start of the promised delivery window. NULL: the order was loaded from the report.';
comment on column public.orders.latest_delivery_at is
'End of the promised delivery window. NULL: the order was loaded from the report.';
comment on column public.orders.item_count is
'Number of order lines.';
comment on column public.orders.units_ordered is
'Units ordered, summed over all lines.';
comment on column public.orders.replaced_order_id is
'Id of the order that this one replaces. NULL: it replaces none, or the order was loaded from the report.';

comment on table public.order_items is
'One row is an order line. Source: loaded together with its order.';
comment on column public.order_items.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.order_items.order_id is
'Amazon''s order id.';
comment on column public.order_items.order_item_id is
'Amazon''s id of the order line.';
comment on column public.order_items.asin is
'ASIN that was sold. NULL: Amazon did not report it.';
comment on column public.order_items.sku is
'The seller''s own SKU. NULL: Amazon did not report it.';
comment on column public.order_items.title is
'Title at the time of the sale. NULL: Amazon did not report it.';
comment on column public.order_items.condition_type is
'Condition of the item. NULL: the order was loaded from the report.';
comment on column public.order_items.quantity_ordered is
'Units ordered; can be 0.';
comment on column public.order_items.quantity_fulfilled is
'Units shipped. NULL: not known: the order came with the report and is partly shipped.';
comment on column public.order_items.quantity_unfulfilled is
'Units still to ship. NULL: not known: the order came with the report and is partly shipped.';
comment on column public.order_items.unit_price is
'Price of one unit, in the currency of the row. From the report: item_subtotal / quantity_ordered, if exact. NULL: not known yet (pending), the quantity is 0, or the report''s amount cannot be divided exactly.';
comment on column public.order_items.currency is
'ISO 4217 code for all amounts of the row. NULL: no amount of the line is known.';
comment on column public.order_items.price_designation is
'Kind of price, such as BUSINESS_PRICE. NULL: it is an ordinary price, or the order was loaded from the report.';
comment on column public.order_items.item_proceeds is
'Total of the line: all charges, less discounts. From the report: their sum, if the line has no tax. NULL: not known yet (pending), or the order came with the report and has tax, which prices may include.';
comment on column public.order_items.item_subtotal is
'Ordered product sales of the line. NULL: not known yet (pending), or Amazon has no price for the line.';
comment on column public.order_items.shipping_subtotal is
'Shipping charge of the line. NULL: there is none, or Amazon did not report it.';
comment on column public.order_items.gift_wrap_subtotal is
'Gift wrap charge of the line. NULL: there is none, or Amazon did not report it.';
comment on column public.order_items.cod_fee is
'Fee for cash on delivery. NULL: there is none, or Amazon did not report it.';
comment on column public.order_items.tax_total is
'Tax on the line, on all of its charges. NULL: there is none, or Amazon did not report it.';
comment on column public.order_items.discount_total is
'Discounts on the line, as a positive amount. NULL: there are none, or Amazon did not report them.';
comment on column public.order_items.promotion_ids is
'Ids of the promotions that were applied. NULL: no promotion was applied.';
comment on column public.order_items.is_cancelled is
'Whether the line or its whole order is cancelled.';
comment on column public.order_items.cancel_requested is
'Whether the buyer asked to cancel. NULL: the order was loaded from the report.';
comment on column public.order_items.cancelled_by is
'Who cancelled the line. NULL: the line itself was not cancelled, or the order was loaded from the report.';
comment on column public.order_items.cancel_reason is
'Reason for the cancellation, or for the request to cancel. NULL: there is neither, or the order was loaded from the report.';
comment on column public.order_items.programs is
'Amazon programmes that apply to the line. NULL: the order was loaded from the report, or Amazon did not report it.';
comment on column public.order_items.purchase_date is
'When the order was placed.';
comment on column public.order_items.order_date is
'Marketplace-local day of the purchase; the partition.';
comment on column public.order_items.last_updated_at is
'When the order last changed at Amazon. A newer state of the row replaces an older one.';

comment on table public.sales_data is
'One row is a SKU''s sales on a day. Source: orders and order_items, by sql/transforms/sales_data.sql.';
comment on column public.sales_data.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.sales_data.sale_date is
'Marketplace-local day of the purchase; the partition.';
comment on column public.sales_data.sku is
'The seller''s own SKU; ''(no SKU)'' for order lines without one.';
comment on column public.sales_data.asin is
'ASIN of the SKU, from its latest order line of the day. NULL: no order line of the day has one.';
comment on column public.sales_data.orders is
'Orders with at least one line that is not cancelled.';
comment on column public.sales_data.order_items is
'Order lines that are not cancelled.';
comment on column public.sales_data.units_ordered is
'Units in order lines that are not cancelled.';
comment on column public.sales_data.units_b2b is
'The part of units_ordered that is in business orders.';
comment on column public.sales_data.units_without_price is
'The part of units_ordered whose amount is not known, or not yet; it is not in ops.';
comment on column public.sales_data.ops is
'Ordered product sales: the sum of the known amounts. NULL: no amount is known, or the currencies differ.';
comment on column public.sales_data.ops_b2b is
'The part of ops that is in business orders. NULL: no amount is known, or the currencies differ.';
comment on column public.sales_data.currency is
'ISO 4217 code for all amounts of the row. NULL: no amount is known, or the currencies differ.';
comment on column public.sales_data.asp is
'Average selling price: ops / (units_ordered - units_without_price). NULL: no unit with a price was sold, or ops is not known.';
comment on column public.sales_data.discount_total is
'Sum of the known discounts. NULL: no discount is known, or the currencies differ.';
comment on column public.sales_data.tax_total is
'Sum of the known taxes. NULL: no tax is known, or the currencies differ.';
comment on column public.sales_data.units_shipped is
'Units shipped, where known. NULL: no shipped quantity is known.';
comment on column public.sales_data.units_cancelled is
'Units in cancelled order lines.';
comment on column public.sales_data.is_final is
'Whether the day is 14 or more days older than the marketplace''s newest order.';

comment on table public.customer_metrics is
'One row is the orders of a week or a month, of all products or of an ASIN, without any person. Source: orders, order_items, returns_refunds and repeat_purchases, by sql/transforms/customer_metrics.sql.';
comment on column public.customer_metrics.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.customer_metrics.period_type is
'WEEK (Sunday to Saturday) or MONTH.';
comment on column public.customer_metrics.period_start is
'First marketplace-local day of the period; the partition.';
comment on column public.customer_metrics.period_end is
'Last day of the period; it may be yet to come.';
comment on column public.customer_metrics.scope is
'ACCOUNT for all products, or an ASIN.';
comment on column public.customer_metrics.loaded_days is
'Days of the period whose orders are loaded as a whole. If they are fewer than the period has, the figures are those of a part of it.';
comment on column public.customer_metrics.refund_days is
'Days of loaded_days whose transactions are loaded as a whole, too. Refunds of other days do not count.';
comment on column public.customer_metrics.return_days is
'Days of loaded_days whose returns to Amazon and to the seller are both loaded as a whole, too. Returns of other days do not count.';
comment on column public.customer_metrics.is_suppressed is
'Whether the figures are withheld: the group has fewer than 10 orders, cancelled ones included. If all such ASINs of a period together have fewer than 10, the next smallest ASIN is withheld, too, so that they cannot be found by subtraction within the period; orders without an ASIN count among them, and an order of two ASINs counts once. A week and the month around it are not protected against each other.';
comment on column public.customer_metrics.orders is
'Orders with at least one line that is not cancelled. NULL: the row is suppressed.';
comment on column public.customer_metrics.units is
'Units in order lines that are not cancelled. NULL: the row is suppressed.';
comment on column public.customer_metrics.ops is
'Ordered product sales: the sum of the known amounts. NULL: the row is suppressed, no amount is known, or the currencies differ.';
comment on column public.customer_metrics.aov is
'Average order value: ordered product sales of an order, over the orders whose amounts are all known. In the scope of an ASIN, only its lines count. NULL: the row is suppressed, no amount is known, or the currencies differ.';
comment on column public.customer_metrics.units_per_order is
'Units / orders. NULL: the row is suppressed, or every order is cancelled.';
comment on column public.customer_metrics.b2b_pct is
'Share of the units that is in business orders. NULL: the row is suppressed, nothing was sold, or fewer than 10 orders (but any) are of one of both kinds.';
comment on column public.customer_metrics.cancel_pct is
'Share of the orders that are cancelled as a whole. NULL: the row is suppressed.';
comment on column public.customer_metrics.refund_state is
'Whether refunds are told. KNOWN: those that are known are told; a figure that is NULL says why. SUPPRESSED: the row is suppressed. NOT_LOADED: a loaded day of orders lacks its transactions, or no day is loaded as a whole. FEW: fewer than 10 orders (but any) are refunded; or those of all such ASINs of the period, and of those without a row, are fewer than 10, and this is the next smallest ASIN, which is withheld so that they cannot be found by subtraction within the period. An order of two ASINs counts once. A week and the month around it are not protected against each other.';
comment on column public.customer_metrics.refunded_orders is
'Orders with a refund on one of the refund_days, whenever they were placed. Of an ASIN, the refunds that name it. NULL: refund_state is not KNOWN; or no refund names this ASIN, but one of the period names none.';
comment on column public.customer_metrics.units_refunded is
'Units of these refunds, whenever they were ordered, as Amazon counts them. NULL: refund_state is not KNOWN; or no refund names this ASIN, but one of the period names none; or a refund does not tell its units.';
comment on column public.customer_metrics.refund_pct is
'units_refunded / units, in percent: of what was refunded on the refund_days and what was ordered in the same period. It can be more than 100. NULL: refund_state is not KNOWN; or no refund names this ASIN, but one of the period names none; or a refund does not tell its units, or nothing was sold.';
comment on column public.customer_metrics.return_state is
'Whether returns are told. KNOWN: those that are known are told; a figure that is NULL says why. SUPPRESSED: the row is suppressed. NOT_LOADED: a loaded day of orders lacks its returns, or no day is loaded as a whole. FEW: fewer than 10 orders (but any) are returned; or those of all such ASINs of the period, and of those without a row, are fewer than 10, and this is the next smallest ASIN, which is withheld so that they cannot be found by subtraction within the period. An order of two ASINs counts once. A week and the month around it are not protected against each other.';
comment on column public.customer_metrics.returned_orders is
'Orders of which units came back to Amazon on one of the return_days, or of which customers asked on them to return some to the seller, whenever they were placed. Of an ASIN, the returns that name it. NULL: return_state is not KNOWN; or no return names this ASIN, but one of the period names none.';
comment on column public.customer_metrics.units_returned is
'Units of these returns and requests. A returned unit is usually refunded, too. NULL: return_state is not KNOWN; or no return names this ASIN, but one of the period names none; or a return does not tell its units.';
comment on column public.customer_metrics.return_pct is
'units_returned / units, in percent: of what was returned on the return_days and what was ordered in the same period. It can be more than 100. NULL: return_state is not KNOWN; or no return names this ASIN, but one of the period names none; or a return does not tell its units, or nothing was sold.';
comment on column public.customer_metrics.repeat_state is
'Whether customers are told. KNOWN: by Amazon''s report, which repeat_purchases holds. SUPPRESSED: the row is suppressed. OTHER_GRAIN: the row is of a month or of the account, and Amazon''s weekly report tells only weeks of ASINs, which cannot be added: the same person may be in several. NOT_REPORTED: repeat_purchases has no row of this ASIN and week: the role or a registered brand is lacking, the ASIN is of another brand, or the week is not there yet. FEW: fewer than 10 customers, or their number is not known.';
comment on column public.customer_metrics.unique_customers is
'Customers who ordered the ASIN in the week, each counted once. Amazon''s own count of the whole week, also where loaded_days are fewer than 7. NULL: repeat_state is not KNOWN.';
comment on column public.customer_metrics.repeat_customer_pct is
'Share of these customers who are repeat customers, by Amazon. NULL: repeat_state is not KNOWN; or 1 to 9 of these customers are repeat customers, or are not.';
comment on column public.customer_metrics.repeat_revenue is
'Ordered revenue from repeat customers, by Amazon; returns are not subtracted. NULL: repeat_state is not KNOWN; or 1 to 9 of these customers are repeat customers, or are not; or it is not in the currency of the row.';
comment on column public.customer_metrics.currency is
'ISO 4217 code for all amounts of the row. NULL: the row is suppressed, no amount is known, or the currencies differ.';

comment on table public.fba_inventory is
'One row is the current FBA stock of a SKU, FNSKU and condition. Source: getInventorySummaries v1, read in full.';
comment on column public.fba_inventory.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.fba_inventory.sku is
'The seller''s own SKU.';
comment on column public.fba_inventory.fn_sku is
'FNSKU: Amazon''s label for the stock.';
comment on column public.fba_inventory.condition is
'Condition, such as NewItem or UsedGood.';
comment on column public.fba_inventory.asin is
'ASIN. NULL: Amazon did not report it.';
comment on column public.fba_inventory.product_name is
'Title in the marketplace. NULL: Amazon did not report it.';
comment on column public.fba_inventory.total_quantity is
'Units in inbound shipments and in fulfilment centres. NULL: Amazon did not report it.';
comment on column public.fba_inventory.fulfillable_quantity is
'Units that can be sold now. NULL: Amazon did not report it.';
comment on column public.fba_inventory.inbound_working_quantity is
'Units in shipments being prepared. NULL: Amazon did not report it.';
comment on column public.fba_inventory.inbound_shipped_quantity is
'Units in shipments on their way. NULL: Amazon did not report it.';
comment on column public.fba_inventory.inbound_receiving_quantity is
'Units not yet received from shipments that Amazon is receiving. NULL: Amazon did not report it.';
comment on column public.fba_inventory.reserved_quantity is
'Reserved units, for any reason. NULL: Amazon did not report it.';
comment on column public.fba_inventory.reserved_customer_order_quantity is
'Units reserved for customer orders. NULL: Amazon did not report it.';
comment on column public.fba_inventory.reserved_transshipment_quantity is
'Units on their way between fulfilment centres. NULL: Amazon did not report it.';
comment on column public.fba_inventory.reserved_fc_processing_quantity is
'Units reserved for processing in a fulfilment centre. NULL: Amazon did not report it.';
comment on column public.fba_inventory.researching_quantity is
'Units that Amazon is trying to locate. NULL: Amazon did not report it.';
comment on column public.fba_inventory.unfulfillable_quantity is
'Units that cannot be sold, for any reason. NULL: Amazon did not report it.';
comment on column public.fba_inventory.customer_damaged_quantity is
'Units damaged by customers. NULL: Amazon did not report it.';
comment on column public.fba_inventory.warehouse_damaged_quantity is
'Units damaged in a warehouse. NULL: Amazon did not report it.';
comment on column public.fba_inventory.distributor_damaged_quantity is
'Units damaged by the distributor. NULL: Amazon did not report it.';
comment on column public.fba_inventory.carrier_damaged_quantity is
'Units damaged by a carrier. NULL: Amazon did not report it.';
comment on column public.fba_inventory.defective_quantity is
'Defective units. NULL: Amazon did not report it.';
comment on column public.fba_inventory.expired_quantity is
'Expired units. NULL: Amazon did not report it.';
comment on column public.fba_inventory.amazon_updated_at is
'When one of the quantities last changed at Amazon. NULL: Amazon did not report it.';

comment on table public.inventory_ledger is
'One row is the units of a SKU, FNSKU and disposition in a country on a day. Source: the report GET_LEDGER_SUMMARY_VIEW_DATA with aggregatedByTimePeriod=DAILY and aggregateByLocation=COUNTRY.';
comment on column public.inventory_ledger.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.inventory_ledger.business_date is
'Day of Amazon''s ledger; the partition.';
comment on column public.inventory_ledger.location is
'Country of the warehouse, as Amazon writes it. If the seller has no marketplace there, the row belongs to the seller''s first marketplace.';
comment on column public.inventory_ledger.store is
'The store, as Amazon names it; ''(no store)'' if it names none.';
comment on column public.inventory_ledger.sku is
'The seller''s own SKU; ''(no SKU)'' for units without one.';
comment on column public.inventory_ledger.fn_sku is
'FNSKU: Amazon''s label for the stock.';
comment on column public.inventory_ledger.disposition is
'State of the units, in Amazon''s words, such as SELLABLE, DEFECTIVE or EXPIRED.';
comment on column public.inventory_ledger.asin is
'ASIN. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.product_name is
'Title. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.opening_quantity is
'Units in the warehouses at the beginning of the day.';
comment on column public.inventory_ledger.receipts_quantity is
'Units received from inbound shipments. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.customer_shipments_quantity is
'Units shipped to customers: 0 or negative. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.customer_returns_quantity is
'Units that customers returned. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.vendor_returns_quantity is
'Units sent back to the seller: 0 or negative. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.warehouse_transfer_quantity is
'Units that came from other warehouses, less those that left. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.found_quantity is
'Units that Amazon found again. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.lost_quantity is
'Units that Amazon lost: 0 or negative. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.damaged_quantity is
'Units damaged in a warehouse: they leave one disposition and enter another. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.disposed_quantity is
'Units that were disposed of: 0 or negative. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.other_events_quantity is
'Units of all other events. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.unknown_events_quantity is
'Units that Amazon cannot explain. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.in_transit_quantity is
'Units on their way between warehouses; they are no part of the balances. NULL: Amazon did not report it.';
comment on column public.inventory_ledger.closing_quantity is
'Units in the warehouses at the end of the day.';
comment on column public.inventory_ledger.unexplained_quantity is
'closing_quantity - opening_quantity - all movements that the line has: 0 if the line adds up. NULL: A movement of the line is no number, or the report has no column for it.';

comment on table public.inventory_levels is
'One row is the stock of a SKU in a fulfilment channel on a day. Source: products, fba_inventory and inventory_ledger, by sql/transforms/inventory_levels.sql.';
comment on column public.inventory_levels.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.inventory_levels.snapshot_date is
'Marketplace-local day on which the snapshot was taken, or day of the ledger; the partition.';
comment on column public.inventory_levels.sku is
'The seller''s own SKU.';
comment on column public.inventory_levels.fulfillment_channel is
'AMAZON: units at Amazon or on their way there. MERCHANT: units that the seller itself sends.';
comment on column public.inventory_levels.asin is
'ASIN. NULL: Amazon did not report it.';
comment on column public.inventory_levels.available_quantity is
'Units that could be sold at once. NULL: the row is from the ledger, which does not tell it; or Amazon did not report it.';
comment on column public.inventory_levels.reserved_quantity is
'Units for orders, or on their way between warehouses, or being processed. NULL: the seller fulfils the listing itself; or the row is from the ledger; or Amazon did not report it.';
comment on column public.inventory_levels.on_hand_quantity is
'available_quantity + reserved_quantity; in the ledger, the units of the disposition SELLABLE. NULL: Amazon did not report one of them.';
comment on column public.inventory_levels.unfulfillable_quantity is
'Units that cannot be sold; in the ledger, those of any disposition but SELLABLE and RESEARCHING. NULL: the seller fulfils the listing itself; or Amazon did not report it.';
comment on column public.inventory_levels.warehouse_quantity is
'All units that are there: total_quantity - inbound_quantity; in the ledger, the closing balance. NULL: Amazon did not report it.';
comment on column public.inventory_levels.inbound_quantity is
'Units of inbound shipments that are not received yet. NULL: the seller fulfils the listing itself; or the row is from the ledger; or Amazon did not report it.';
comment on column public.inventory_levels.total_quantity is
'All units, with those of inbound shipments. NULL: the row is from the ledger, which does not tell it; or Amazon did not report it.';
comment on column public.inventory_levels.is_in_stock is
'Whether available_quantity is above 0; in the ledger, whether on_hand_quantity is. NULL: the quantity is not known.';
comment on column public.inventory_levels.stock_source is
'Source of the row: snapshot, read at some time of the day, or ledger, the end of the day.';

comment on table public.velocity_trends is
'One row is a SKU''s sales in the windows that end with a day, and its stock on that day. Source: sales_data and inventory_levels, by sql/transforms/velocity_trends.sql.';
comment on column public.velocity_trends.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.velocity_trends.as_of_date is
'Marketplace-local day with which all windows end; the partition.';
comment on column public.velocity_trends.sku is
'The seller''s own SKU; ''(no SKU)'' for order lines without one.';
comment on column public.velocity_trends.asin is
'ASIN of the SKU, from its latest sale of the 90 days, or from its stock. NULL: Amazon did not report it.';
comment on column public.velocity_trends.is_complete is
'Whether the orders of as_of_date are loaded to its end. If not, only what was sold until then counts on that day, so v7 is up to a seventh too low, and v30 up to a thirtieth.';
comment on column public.velocity_trends.loaded_days is
'Days in a row, as_of_date being the last one, whose orders are loaded; at most 90, and counted from the first day with a sale in the marketplace. A window that is longer has no figures.';
comment on column public.velocity_trends.units_7 is
'Units ordered in the last 7 days, from sales_data. NULL: fewer than 7 days in a row are loaded.';
comment on column public.velocity_trends.units_14 is
'Units ordered in the last 14 days. NULL: fewer than 14 days in a row are loaded.';
comment on column public.velocity_trends.units_30 is
'Units ordered in the last 30 days. NULL: fewer than 30 days in a row are loaded.';
comment on column public.velocity_trends.units_60 is
'Units ordered in the last 60 days. NULL: fewer than 60 days in a row are loaded.';
comment on column public.velocity_trends.units_90 is
'Units ordered in the last 90 days. NULL: fewer than 90 days in a row are loaded.';
comment on column public.velocity_trends.v7 is
'units_7 / 7. NULL: fewer than 7 days in a row are loaded.';
comment on column public.velocity_trends.v14 is
'units_14 / 14. NULL: fewer than 14 days in a row are loaded.';
comment on column public.velocity_trends.v30 is
'units_30 / 30. NULL: fewer than 30 days in a row are loaded.';
comment on column public.velocity_trends.v60 is
'units_60 / 60. NULL: fewer than 60 days in a row are loaded.';
comment on column public.velocity_trends.v90 is
'units_90 / 90. NULL: fewer than 90 days in a row are loaded.';
comment on column public.velocity_trends.stock_known_days_30 is
'Days of the last 30 on which inventory_levels knows whether the SKU was in stock, in any channel.';
comment on column public.velocity_trends.in_stock_days_30 is
'Days of the last 30 on which inventory_levels says that the SKU was in stock. NULL: the stock of none of these days is known.';
comment on column public.velocity_trends.in_stock_v30 is
'Units ordered on the days in stock of the last 30, divided by these days. Days without stock do not count, nor do days whose stock is not known. NULL: fewer than 30 days in a row are loaded, or the SKU is on none of them known to be in stock.';
comment on column public.velocity_trends.trend_pct is
'How much faster the last 7 days sold than the last 30: 100 * (v7 / v30 - 1). NULL: fewer than 30 days in a row are loaded, or nothing was sold in the last 30.';
comment on column public.velocity_trends.wow_pct is
'Week over week: units of the last 7 days against those of the 7 days before, 100 * (a / b - 1). NULL: fewer than 14 days in a row are loaded, or nothing was sold in the earlier week.';
comment on column public.velocity_trends.slope_28d is
'Slope of the straight line through the units of the last 28 days (least squares). NULL: fewer than 28 days in a row are loaded.';
comment on column public.velocity_trends.cv_30 is
'Coefficient of variation: sample standard deviation of the units per day in the last 30 days, divided by v30. NULL: fewer than 30 days in a row are loaded, or nothing was sold in the last 30.';
comment on column public.velocity_trends.available_quantity is
'Units that could be sold at once on as_of_date, over all channels with known stock. NULL: no snapshot of the day tells it; the ledger of earlier days does not.';
comment on column public.velocity_trends.inbound_quantity is
'Units of inbound shipments on as_of_date. NULL: no snapshot of the day tells it.';
comment on column public.velocity_trends.stock_quantity is
'The stock that days_of_cover counts: available_quantity; for a day that only the ledger knows, the sellable units on hand at its end. Inbound units are not part of it. NULL: the stock of the day is not known.';
comment on column public.velocity_trends.velocity_basis is
'What planning_velocity is: IN_STOCK (in_stock_v30) if the stock of at least 7 of the last 30 days is known, else ALL_DAYS (v30). NULL: fewer than 30 days in a row are loaded.';
comment on column public.velocity_trends.planning_velocity is
'The velocity for days_of_cover, reorder_point and velocity_class; see velocity_basis. NULL: fewer than 30 days in a row are loaded, or the SKU was never in stock.';
comment on column public.velocity_trends.days_of_cover is
'Days until the stock is sold out: stock_quantity / planning_velocity. NULL: the stock or planning_velocity is not known, or nothing is sold: the stock would last for ever.';
comment on column public.velocity_trends.stockout_date_est is
'The day on which the stock is sold out, if nothing arrives: as_of_date + days_of_cover. NULL: days_of_cover is not known, or longer than 3,650 days.';
comment on column public.velocity_trends.lead_time_days is
'Days from an order to its arrival (XPERT_LEAD_TIME_DAYS), as reorder_point takes them.';
comment on column public.velocity_trends.service_level_pct is
'How often stock should last until the order arrives (XPERT_SERVICE_LEVEL_PCT).';
comment on column public.velocity_trends.reorder_point is
'Order again when stock and inbound units fall to this: planning_velocity * L + z * s * sqrt(L). L is lead_time_days, s the sample standard deviation of the units per day on the days of planning_velocity, z the number of standard deviations that covers service_level_pct (95: 1.6449). NULL: planning_velocity is not known, is that of a single day, or is negative.';
comment on column public.velocity_trends.velocity_class is
'By planning_velocity: FAST from 1 unit a day, STEADY from 1 unit in 5 days, SLOW below, also if nothing was sold lately but something in the last 90 days; DEAD if nothing was sold in 90 days. NULL: planning_velocity is not known; or it is 0, and 90 days in a row are not loaded.';

comment on table public.forecasting_data is
'One row is the demand expected of a SKU, or of all, on one of the 28 days after the newest complete day. Source: velocity_trends, sales_data, inventory_levels and products, by sql/transforms/forecasting_data.sql and assets/planning/forecast_rows.py.';
comment on column public.forecasting_data.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.forecasting_data.scope is
'SKU, or ACCOUNT for all SKUs of the marketplace together. Never add up both.';
comment on column public.forecasting_data.sku is
'The seller''s own SKU, as in sales_data; ''(all)'' in the scope ACCOUNT.';
comment on column public.forecasting_data.asin is
'ASIN of the SKU, as in velocity_trends. NULL: it is not known, or the scope is ACCOUNT.';
comment on column public.forecasting_data.forecast_date is
'Marketplace-local day that is forecast. A row without a forecast has the first of these days.';
comment on column public.forecasting_data.origin_date is
'The last day of the history: the newest day whose orders are loaded to its end. Later sales do not count.';
comment on column public.forecasting_data.is_sufficient is
'Whether there is enough history for a forecast. If not, reason says why.';
comment on column public.forecasting_data.reason is
'Why there is no forecast: SHORT_HISTORY (fewer than 14 days in a row are loaded), NO_RECENT_SALES (no sale in 56 days, or since the first loaded day), OUT_OF_STOCK (out of stock on all of the last 28 days). NULL: there is a forecast.';
comment on column public.forecasting_data.model is
'The method and its version. NULL: there is no forecast; see reason.';
comment on column public.forecasting_data.units_mean is
'Expected units on the day, if the SKU is in stock. The rows of all SKUs add up to that of ACCOUNT. NULL: there is no forecast; see reason.';
comment on column public.forecasting_data.units_p10 is
'With a chance of 10 %, demand on the day is not above this. NULL: there is no forecast; see reason.';
comment on column public.forecasting_data.units_p50 is
'Demand is as often below as above this: the median of the day. NULL: there is no forecast; see reason.';
comment on column public.forecasting_data.units_p90 is
'With a chance of 90 %, demand on the day is not above this. NULL: there is no forecast; see reason.';
comment on column public.forecasting_data.total_mean is
'Expected units from the first forecast day up to this one, it included. NULL: there is no forecast; see reason.';
comment on column public.forecasting_data.total_p10 is
'P10 of the units from the first forecast day up to this one. Quantiles do not add up: it is more than the sum of the days'' P10. NULL: there is no forecast; see reason.';
comment on column public.forecasting_data.total_p50 is
'The same for P50. NULL: there is no forecast; see reason.';
comment on column public.forecasting_data.total_p90 is
'The same for P90; it is less than the sum of the days'' P90. NULL: there is no forecast; see reason.';
comment on column public.forecasting_data.history_days is
'Days in a row, up to origin_date, whose sales are loaded; at most 90.';
comment on column public.forecasting_data.sold_days is
'Days of them with a sale.';
comment on column public.forecasting_data.stockout_days is
'Days of them that do not count, because the SKU was out of stock and sold nothing. NULL: the scope is ACCOUNT.';
comment on column public.forecasting_data.lead_time_days is
'Days from an order to its arrival (XPERT_LEAD_TIME_DAYS).';
comment on column public.forecasting_data.service_level_pct is
'How often stock should last until the order arrives (XPERT_SERVICE_LEVEL_PCT).';
comment on column public.forecasting_data.lead_time_demand is
'Demand of the next lead_time_days that is not exceeded with a chance of service_level_pct. If these are more than 28 days, a later day counts as the mean of the 28. NULL: there is no forecast, or the scope is ACCOUNT.';
comment on column public.forecasting_data.stock_quantity is
'Stock at the end of origin_date, as in velocity_trends; if it is not known, that of the day after. NULL: it is not known, or the scope is ACCOUNT.';
comment on column public.forecasting_data.inbound_quantity is
'Units of inbound shipments on origin_date; if they are not known, on the day after. NULL: it is not known, or the scope is ACCOUNT.';
comment on column public.forecasting_data.reorder_quantity is
'Units to order now, so that stock lasts until they arrive: lead_time_demand - stock_quantity - inbound_quantity (0 if that is not known), at least 0. It covers the lead time alone: add units_mean of the days that follow. NULL: there is no forecast, the stock is not known, or the scope is ACCOUNT.';
comment on column public.forecasting_data.backtest_weeks is
'Weeks that the backtest compares: forecasts as of 1 to 4 weeks before origin_date with the sales of each week since. A week counts once for each forecast of it. NULL: there is no forecast; see reason.';
comment on column public.forecasting_data.wape_pct is
'Backtest: sum of |P50 - units| over the sum of units. NULL: there is no forecast, or nothing was sold in the weeks of the backtest.';
comment on column public.forecasting_data.mase is
'Backtest: mean of |P50 - units| over the mean change of units from week to week. Below 1, the forecast is better than the sales of the week before. NULL: there is no forecast, no backtest, or every week sold the same.';
comment on column public.forecasting_data.bias_pct is
'Backtest: sum of mean - units over the sum of units; above 0, too much was forecast. NULL: there is no forecast, or nothing was sold in the weeks of the backtest.';
comment on column public.forecasting_data.coverage_pct is
'Backtest: share of the weeks whose units were between P10 and P90; about 80 is right, more if units are few. NULL: there is no forecast, or too little history to test one.';

comment on table public.seasonal_patterns is
'One row is a weekday, a month or an event, of the account, of a category, or of a SKU with at least 50 units. Source: sales_data, inventory_levels, products and the file of events, by sql/transforms/seasonal_patterns.sql.';
comment on column public.seasonal_patterns.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.seasonal_patterns.level is
'ACCOUNT (all SKUs), CATEGORY (a product type of products), or SKU.';
comment on column public.seasonal_patterns.subject_id is
'The product type or the SKU; ''(all)'' for ACCOUNT.';
comment on column public.seasonal_patterns.season_type is
'DOW (day of the week), MONTH, or EVENT (a festival or sale).';
comment on column public.seasonal_patterns.season_name is
'Such as Monday, January or Diwali; ''(none)'' if there are too few data for any.';
comment on column public.seasonal_patterns.season_index is
'Monday 1 to Sunday 7, January 1 to December 12, the year of an event; 0 if there are too few data.';
comment on column public.seasonal_patterns.is_sufficient is
'Whether there are data enough for an index. If not, only ACCOUNT has a row; a category or a SKU has none.';
comment on column public.seasonal_patterns.reason is
'Why there is no index: SHORT_HISTORY (fewer than 56 days or 24 whole months in a row are loaded, or fewer than 14 of the 28 days before an event, not counting other events), FEW_UNITS (fewer than 50 units, or a season without comparison; fewer than 28 units in the days before an event). NULL: there is an index.';
comment on column public.seasonal_patterns.index_value is
'How much more than usual is sold: 1.2 is 20 % more. DOW: mean of units / mean of the 7 days around, over the last 364 days. MONTH: mean of units per day / those of the 12 months around. Both are normalised to a mean of 1. EVENT: units per day of the event / baseline. NULL: there are too few data; see reason.';
comment on column public.seasonal_patterns.baseline is
'Units per day. DOW, MONTH: of all days or months that count. EVENT: of the 28 days before, without those of other events. NULL: there are too few data; see reason.';
comment on column public.seasonal_patterns.strength is
'How much of the variation the indices explain, from 0 to 1: 1 - variance of the rest / variance of the ratios, at least 0. From 0.6 on a pattern is strong. NULL: the row is about an event, or there are too few data.';
comment on column public.seasonal_patterns.observations is
'Days or months behind the index; days of the event. Without an index: those that are loaded.';
comment on column public.seasonal_patterns.cycles is
'Weeks or years that count; 1 for an event.';
comment on column public.seasonal_patterns.window_start is
'First day of the data, or of the event. NULL: no whole month is loaded.';
comment on column public.seasonal_patterns.window_end is
'Last day of the data, or of the event. NULL: no whole month is loaded.';

comment on table public.inbound_shipments is
'One row is a shipment to Amazon in its current state. Source: getShipments of Fulfillment Inbound v0, without addresses.';
comment on column public.inbound_shipments.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.inbound_shipments.shipment_id is
'Amazon''s id of the shipment, such as FBA15ABCDEFG.';
comment on column public.inbound_shipments.shipment_name is
'Name of the shipment. NULL: Amazon did not report it.';
comment on column public.inbound_shipments.shipment_status is
'State, in Amazon''s words, such as WORKING, IN_TRANSIT or CLOSED. NULL: Amazon did not report it.';
comment on column public.inbound_shipments.fulfillment_center_id is
'Amazon''s id of the fulfilment centre to which it goes. NULL: Amazon did not report it.';
comment on column public.inbound_shipments.label_prep_type is
'Who labels the units: NO_LABEL, SELLER_LABEL or AMAZON_LABEL. NULL: Amazon did not report it.';
comment on column public.inbound_shipments.is_case_packed is
'Whether all units must be packed in equal cases. NULL: Amazon did not report it.';
comment on column public.inbound_shipments.box_contents_source is
'How Amazon learns what is in which box. NULL: Amazon did not report it.';
comment on column public.inbound_shipments.needed_by_date is
'Day by which units that customers ordered in advance must arrive. NULL: no unit was ordered in advance.';

comment on table public.inbound_shipment_items is
'One row is a SKU in a shipment to Amazon. Source: getShipmentItems of Fulfillment Inbound v0.';
comment on column public.inbound_shipment_items.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.inbound_shipment_items.shipment_id is
'Amazon''s id of the shipment.';
comment on column public.inbound_shipment_items.sku is
'The seller''s own SKU.';
comment on column public.inbound_shipment_items.fn_sku is
'FNSKU: Amazon''s label for the stock. NULL: Amazon did not report it.';
comment on column public.inbound_shipment_items.shipped_quantity is
'Units that the seller sends.';
comment on column public.inbound_shipment_items.received_quantity is
'Units that Amazon has received so far. NULL: Amazon did not report it.';
comment on column public.inbound_shipment_items.case_quantity is
'Units in each case; 0 if the units are not packed in equal cases. NULL: Amazon did not report it.';

comment on table public.inbound_plan_items is
'One row is a SKU in a shipment of an inbound plan. Source: listInboundPlans, getInboundPlan, getShipment and listShipmentItems of Fulfillment Inbound 2024-03-20, without addresses and contacts.';
comment on column public.inbound_plan_items.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.inbound_plan_items.inbound_plan_id is
'Amazon''s id of the plan.';
comment on column public.inbound_plan_items.plan_shipment_id is
'Amazon''s id of the shipment within plans.';
comment on column public.inbound_plan_items.shipment_id is
'Id of the shipment as in inbound_shipments, such as FBA15ABCDEFG. NULL: the shipment is not confirmed yet.';
comment on column public.inbound_plan_items.sku is
'The seller''s own SKU; ''(no SKU)'' for a shipment without items.';
comment on column public.inbound_plan_items.fn_sku is
'FNSKU: Amazon''s label for the stock. NULL: Amazon did not report it.';
comment on column public.inbound_plan_items.asin is
'ASIN. NULL: Amazon did not report it.';
comment on column public.inbound_plan_items.planned_quantity is
'Units of all lots together. NULL: the shipment has no items.';
comment on column public.inbound_plan_items.lot_count is
'Number of entries that Amazon lists for the SKU: by expiry date, lot, preparation and label owner. NULL: the shipment has no items.';
comment on column public.inbound_plan_items.plan_name is
'Name of the plan. NULL: Amazon did not report it.';
comment on column public.inbound_plan_items.plan_status is
'State of the plan: ACTIVE, VOIDED, SHIPPED and others. NULL: Amazon did not report it.';
comment on column public.inbound_plan_items.plan_shipment_status is
'State of the shipment, in Amazon''s words, such as READY_TO_SHIP or MIXED. NULL: Amazon did not report it.';
comment on column public.inbound_plan_items.fulfillment_center_id is
'Amazon''s id of the fulfilment centre to which it goes. NULL: Amazon did not report it.';
comment on column public.inbound_plan_items.tracking_ids is
'The carriers'' ids of its boxes and freight bills. NULL: Amazon knows none.';
comment on column public.inbound_plan_items.delivery_window_start_at is
'Start of the time in which it should arrive. NULL: none was chosen.';
comment on column public.inbound_plan_items.delivery_window_end_at is
'End of the time in which it should arrive. NULL: none was chosen.';
comment on column public.inbound_plan_items.appointment_status is
'State of the appointment at the fulfilment centre. NULL: it needs none.';
comment on column public.inbound_plan_items.plan_created_at is
'When the plan was made. NULL: Amazon did not report it.';
comment on column public.inbound_plan_items.plan_updated_at is
'When the plan last changed. NULL: Amazon did not report it.';

comment on table public.shipments_inbound is
'One row is a SKU in a shipment to Amazon. Source: inbound_shipments, inbound_shipment_items, inbound_plan_items and products, by sql/transforms/shipments_inbound.sql.';
comment on column public.shipments_inbound.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.shipments_inbound.shipment_id is
'Amazon''s id of the shipment, such as FBA15ABCDEFG.';
comment on column public.shipments_inbound.sku is
'The seller''s own SKU; ''(no SKU)'' for a shipment without items.';
comment on column public.shipments_inbound.shipment_name is
'Name of the shipment, or else of its plan. NULL: Amazon did not report it.';
comment on column public.shipments_inbound.shipment_status is
'State as the v0 API words it, or else its plan, such as WORKING, IN_TRANSIT or CLOSED. NULL: Amazon did not report it.';
comment on column public.shipments_inbound.fulfillment_center_id is
'Amazon''s id of the fulfilment centre to which it goes. NULL: Amazon did not report it.';
comment on column public.shipments_inbound.label_prep_type is
'Who labels the units: NO_LABEL, SELLER_LABEL or AMAZON_LABEL. NULL: Amazon did not report it.';
comment on column public.shipments_inbound.is_case_packed is
'Whether all units must be packed in equal cases. NULL: Amazon did not report it.';
comment on column public.shipments_inbound.fn_sku is
'FNSKU: Amazon''s label for the stock. NULL: the shipment has no items, or Amazon did not report it.';
comment on column public.shipments_inbound.asin is
'ASIN, from products, or else from the plan. NULL: the shipment has no items, or Amazon did not report it.';
comment on column public.shipments_inbound.shipped_quantity is
'Units that the seller sends. NULL: the shipment has no items, or Amazon did not report it.';
comment on column public.shipments_inbound.received_quantity is
'Units that Amazon has received so far. NULL: the shipment has no items, or Amazon did not report it.';
comment on column public.shipments_inbound.discrepancy_quantity is
'shipped_quantity - received_quantity. In a CLOSED shipment: units that did not arrive; too many if negative. NULL: one of the two is not known.';
comment on column public.shipments_inbound.case_quantity is
'Units in each case; 0 if they are not packed in equal cases. NULL: the shipment has no items, or Amazon did not report it.';
comment on column public.shipments_inbound.inbound_plan_id is
'Amazon''s id of the plan. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.plan_shipment_id is
'Amazon''s id of the shipment within plans. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.plan_status is
'State of the plan: ACTIVE, VOIDED, SHIPPED and others. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.plan_shipment_status is
'State of the shipment as its plan words it. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.planned_quantity is
'Units of all lots in the plan. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.lot_count is
'Number of entries for the SKU in the plan, such as lots. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.tracking_ids is
'The carriers'' ids of its boxes and freight bills. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.delivery_window_start_at is
'Start of the time in which it should arrive. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.delivery_window_end_at is
'End of the time in which it should arrive. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.appointment_status is
'State of the appointment at the fulfilment centre. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.plan_created_at is
'When the plan was made. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.plan_updated_at is
'When the plan last changed. NULL: the shipment was made without a plan, or Amazon did not report it.';
comment on column public.shipments_inbound.is_current is
'Whether Amazon still tells of it. If not, the row is as it was last known.';
comment on column public.shipments_inbound.first_seen_at is
'When the pipeline first saw it.';
comment on column public.shipments_inbound.last_changed_at is
'When the pipeline last saw a change of it.';

comment on table public.economics_daily is
'One row is a SKU''s sales, fees, advertising charges and net proceeds on a day, as Amazon reports them. Source: Data Kiosk economics 2024-03-15, by MSKU and DAY.';
comment on column public.economics_daily.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.economics_daily.business_date is
'Marketplace-local day; the partition.';
comment on column public.economics_daily.sku is
'The seller''s own SKU.';
comment on column public.economics_daily.asin is
'ASIN of the listing. NULL: Amazon did not report it.';
comment on column public.economics_daily.parent_asin is
'ASIN of the variation parent; a product without variations has its own ASIN here. NULL: Amazon did not report it.';
comment on column public.economics_daily.fn_sku is
'FNSKU: Amazon''s label for the stock. NULL: the SKU has none, or more than one.';
comment on column public.economics_daily.units_ordered is
'Units ordered. NULL: Amazon did not report it.';
comment on column public.economics_daily.units_refunded is
'Units refunded, as of the time of the request. NULL: Amazon did not report it.';
comment on column public.economics_daily.net_units is
'units_ordered - units_refunded, as Amazon reports it. NULL: Amazon did not report it.';
comment on column public.economics_daily.ops is
'Ordered product sales. NULL: Amazon did not report it.';
comment on column public.economics_daily.refunded_sales is
'Refunded product sales, as of the time of the request. NULL: Amazon did not report it.';
comment on column public.economics_daily.net_product_sales is
'ops - refunded_sales, as Amazon reports it. NULL: Amazon did not report it.';
comment on column public.economics_daily.asp is
'Average selling price. NULL: no unit was sold.';
comment on column public.economics_daily.fees_total is
'Sum of the totals of all fees; 0 if Amazon reported an empty list. NULL: Amazon did not report fees, or at least one total.';
comment on column public.economics_daily.fees is
'Fees: a list of {type, amount, promotion, tax, total, quantity}; total = amount - promotion + tax; unknown values are null. NULL: Amazon did not report fees.';
comment on column public.economics_daily.ads_total is
'Sum of the totals of all ads; 0 if Amazon reported an empty list. NULL: Amazon did not report ads, or at least one total.';
comment on column public.economics_daily.ads is
'Advertising charges, in the same form as fees. NULL: Amazon did not report ads.';
comment on column public.economics_daily.net_proceeds is
'Net proceeds, as Amazon reports them. NULL: Amazon did not report it.';
comment on column public.economics_daily.net_proceeds_per_unit is
'Net proceeds per net unit. NULL: Amazon did not report it.';
comment on column public.economics_daily.cost_of_goods_sold is
'Cost of goods per unit, as the seller entered it at Amazon. NULL: the seller entered none.';
comment on column public.economics_daily.miscellaneous_cost is
'Other cost per unit, as the seller entered it at Amazon. NULL: the seller entered none.';
comment on column public.economics_daily.fulfillment_cost is
'Fulfilment cost per unit, as the seller entered it at Amazon. NULL: the seller entered none.';
comment on column public.economics_daily.currency is
'ISO 4217 code for all amounts of the row. NULL: the row has no amount.';

comment on table public.financial_events is
'One row is a transaction (item_index -1), or one of its items. Source: listTransactions (Finances 2024-06-19).';
comment on column public.financial_events.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.financial_events.transaction_id is
'Amazon''s id of the transaction. Without one: `hash:` and a hash of the marketplace, type, time, total and order, shipment, refund and invoice; equal ones are numbered (`hash:...:2`).';
comment on column public.financial_events.item_index is
'Place of the item, from 0; -1 for the transaction itself.';
comment on column public.financial_events.has_amazon_id is
'Whether transaction_id is Amazon''s own.';
comment on column public.financial_events.transaction_type is
'Shipment, Refund, ServiceFee, ProductAdsPayment and others, in Amazon''s spelling.';
comment on column public.financial_events.transaction_status is
'DEFERRED: the money waits. DEFERRED_RELEASED: it was deferred, and a later transaction released it. RELEASED. NULL: Amazon names no status, as for some old transactions.';
comment on column public.financial_events.received_status is
'The status in the spelling in which it came. NULL: Amazon names no status.';
comment on column public.financial_events.description is
'Amazon''s words for the transaction; for an item, usually the product''s title. NULL: Amazon did not report it.';
comment on column public.financial_events.posted_at is
'When Amazon posted the transaction.';
comment on column public.financial_events.posted_date is
'Marketplace-local day of posted_at; the partition.';
comment on column public.financial_events.account_type is
'The kind of account, e.g. Standard Orders. In India it is the payment rail: electronic, or cash. NULL: Amazon did not report it.';
comment on column public.financial_events.order_id is
'Amazon''s order id. NULL: Amazon names none for the transaction.';
comment on column public.financial_events.shipment_id is
'Amazon''s shipment id. NULL: Amazon names none for the transaction.';
comment on column public.financial_events.refund_id is
'Id of the refund. NULL: Amazon names none for the transaction.';
comment on column public.financial_events.invoice_id is
'Id of the invoice. NULL: Amazon names none for the transaction.';
comment on column public.financial_events.settlement_id is
'Id of the settlement that paid the money. NULL: it is not settled yet.';
comment on column public.financial_events.financial_event_group_id is
'The financial event group, which becomes one settlement. NULL: the money is deferred, or a later transaction releases it.';
comment on column public.financial_events.disbursement_id is
'Id of the payment to the bank. NULL: Amazon names none for the transaction.';
comment on column public.financial_events.transfer_id is
'Id of the transfer. NULL: Amazon names none for the transaction.';
comment on column public.financial_events.deferred_transaction_id is
'The deferred transaction whose money this one releases. NULL: Amazon names none for the transaction.';
comment on column public.financial_events.release_transaction_id is
'The later transaction that released the money of this one. NULL: Amazon names none for the transaction.';
comment on column public.financial_events.order_adjustment_item_id is
'Id of the item''s refund, claim or chargeback. NULL: the row is a transaction and not an item, or Amazon names none.';
comment on column public.financial_events.coupon_id is
'Id of the coupon. NULL: the row is a transaction and not an item, or Amazon names none.';
comment on column public.financial_events.removal_shipment_item_id is
'Id of the item in a removal shipment. NULL: the row is a transaction and not an item, or Amazon names none.';
comment on column public.financial_events.sku is
'The seller''s own SKU. In a RemovalShipment it can be the FNSKU. NULL: the row is a transaction and not an item, or Amazon names none.';
comment on column public.financial_events.asin is
'ASIN. NULL: the row is a transaction and not an item, or Amazon names none.';
comment on column public.financial_events.quantity is
'Units. A shipment whose amount is 0 still moved its units. NULL: the row is a transaction and not an item, or Amazon names none.';
comment on column public.financial_events.fulfillment_network is
'AFN (Amazon) or MFN (the merchant). NULL: the row is a transaction and not an item, or Amazon names none.';
comment on column public.financial_events.total_amount is
'Total of the transaction or of the item. Money that the seller pays is negative. NULL: Amazon did not report it.';
comment on column public.financial_events.currency is
'ISO 4217 code of total_amount. NULL: Amazon did not report it.';
comment on column public.financial_events.deferral_reason is
'Why the money waits or waited, such as B2B (a business order with an invoice) or DD7 (by day of delivery). NULL: it was not deferred, as far as Amazon tells.';
comment on column public.financial_events.matures_at is
'When deferred money is or was released. NULL: it was not deferred, as far as Amazon tells.';
comment on column public.financial_events.amount_tree is
'The breakdown whose leaves are in financial_event_amounts: ITEMS, those of the items, or TRANSACTION, its own. NULL: Amazon breaks nothing down.';
comment on column public.financial_events.is_balanced is
'Whether the breakdown adds up: every node to the sum of its children, and all leaves to total_amount.';
comment on column public.financial_events.imbalance_amount is
'What the leaves lack of total_amount; if nothing, the largest difference between a node and its children. NULL: it adds up, or its amounts have several currencies or are unknown, so that nobody can add them.';
comment on column public.financial_events.breakdowns is
'The breakdown as it came, if it does not add up. NULL: it adds up; its leaves are in financial_event_amounts.';
comment on column public.financial_events.is_counted is
'Whether the transaction counts by its date (accrual). Deferred money has two transactions, which name each other: the first one counts, the one that releases it does not.';
comment on column public.financial_events.is_cash is
'Whether it moves money in its group: its status is RELEASED, or Amazon names none.';

comment on table public.financial_event_amounts is
'One row is a leaf of a transaction''s breakdown. Source: loaded together with its transaction.';
comment on column public.financial_event_amounts.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.financial_event_amounts.transaction_id is
'The transaction, as in financial_events.';
comment on column public.financial_event_amounts.item_index is
'The item, as in financial_events; -1 if the transaction''s own breakdown is counted.';
comment on column public.financial_event_amounts.leaf_number is
'Place of the leaf in its breakdown, from 0.';
comment on column public.financial_event_amounts.amount_tree is
'The breakdown that is counted: ITEMS or TRANSACTION, never both.';
comment on column public.financial_event_amounts.path is
'Amazon''s words from the root to the leaf, e.g. AmazonFees/Commission/Base.';
comment on column public.financial_event_amounts.amount_group is
'First word: ProductCharges, Shipping, Tax, Promotion, AmazonFees and others. In a transaction''s own breakdown, the first word below Sales or Expenses.';
comment on column public.financial_event_amounts.amount_name is
'Name of the amount: the last word of the path that is neither Base nor Tax.';
comment on column public.financial_event_amounts.is_tax is
'Whether it is the tax part of amount_name (the leaf is called Tax), e.g. GST on a fee.';
comment on column public.financial_event_amounts.amount is
'The amount. Money that the seller pays is negative.';
comment on column public.financial_event_amounts.currency is
'ISO 4217 code of amount. NULL: Amazon did not report it.';
comment on column public.financial_event_amounts.sku is
'The item''s SKU; also if the transaction has only one item. In a RemovalShipment it can be the FNSKU. NULL: the amount belongs to the transaction as a whole, or Amazon names none.';
comment on column public.financial_event_amounts.asin is
'The item''s ASIN; also if the transaction has only one item. NULL: the amount belongs to the transaction as a whole, or Amazon names none.';
comment on column public.financial_event_amounts.order_id is
'Amazon''s order id. NULL: Amazon names none for the transaction.';
comment on column public.financial_event_amounts.transaction_type is
'As in financial_events.';
comment on column public.financial_event_amounts.transaction_status is
'As in financial_events. NULL: Amazon names no status.';
comment on column public.financial_event_amounts.posted_at is
'When Amazon posted the transaction.';
comment on column public.financial_event_amounts.posted_date is
'Marketplace-local day of posted_at; the partition.';
comment on column public.financial_event_amounts.account_type is
'As in financial_events. NULL: Amazon did not report it.';
comment on column public.financial_event_amounts.financial_event_group_id is
'As in financial_events. NULL: the money is deferred, or a later transaction releases it.';
comment on column public.financial_event_amounts.is_counted is
'Whether it counts by its date (accrual); false for the transaction that releases deferred money.';
comment on column public.financial_event_amounts.is_cash is
'Whether it moves money in its group.';

comment on table public.traffic_daily is
'One row is a child ASIN''s sessions, page views and sales on a day. Source: Data Kiosk sales and traffic 2024-04-24: trends for up to 30 ASINs, or all ASINs of one day, whichever needs fewer queries.';
comment on column public.traffic_daily.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.traffic_daily.business_date is
'Marketplace-local day; the partition.';
comment on column public.traffic_daily.asin is
'Child ASIN.';
comment on column public.traffic_daily.parent_asin is
'ASIN of the variation parent; a product without variations has its own ASIN here. NULL: Amazon did not report it.';
comment on column public.traffic_daily.sessions is
'Sessions (a user''s visits within 24 hours): browser_sessions + mobile_app_sessions. NULL: Amazon did not report it.';
comment on column public.traffic_daily.sessions_b2b is
'Sessions of business customers. NULL: the seller does not sell to businesses.';
comment on column public.traffic_daily.browser_sessions is
'Sessions in a browser. NULL: Amazon did not report it.';
comment on column public.traffic_daily.mobile_app_sessions is
'Sessions in Amazon''s app. NULL: Amazon did not report it.';
comment on column public.traffic_daily.page_views is
'Views of the detail page: browser_page_views + mobile_app_page_views. NULL: Amazon did not report it.';
comment on column public.traffic_daily.page_views_b2b is
'Page views by business customers. NULL: the seller does not sell to businesses.';
comment on column public.traffic_daily.browser_page_views is
'Page views in a browser. NULL: Amazon did not report it.';
comment on column public.traffic_daily.mobile_app_page_views is
'Page views in Amazon''s app. NULL: Amazon did not report it.';
comment on column public.traffic_daily.buy_box_pct is
'Share of page views with the featured offer (buy box), in percent. NULL: Amazon did not report it.';
comment on column public.traffic_daily.buy_box_pct_b2b is
'Share of business customers'' page views with the featured offer, in percent. NULL: the seller does not sell to businesses.';
comment on column public.traffic_daily.unit_session_pct is
'Units ordered per session, in percent; can exceed 100. NULL: Amazon did not report it.';
comment on column public.traffic_daily.units_ordered is
'Units ordered. NULL: Amazon did not report it.';
comment on column public.traffic_daily.units_ordered_b2b is
'Units ordered by business customers. NULL: the seller does not sell to businesses.';
comment on column public.traffic_daily.order_items is
'Order lines. NULL: Amazon did not report it.';
comment on column public.traffic_daily.order_items_b2b is
'Order lines of business customers. NULL: the seller does not sell to businesses.';
comment on column public.traffic_daily.ops is
'Ordered product sales. NULL: Amazon did not report it.';
comment on column public.traffic_daily.ops_b2b is
'Ordered product sales to business customers. NULL: the seller does not sell to businesses.';
comment on column public.traffic_daily.units_shipped is
'Units shipped. NULL: Amazon did not report it.';
comment on column public.traffic_daily.shipped_sales is
'Ordered product sales of shipped units. NULL: Amazon did not report it.';
comment on column public.traffic_daily.orders_shipped is
'Orders shipped. NULL: Amazon did not report it.';
comment on column public.traffic_daily.units_refunded is
'Units refunded. NULL: Amazon did not report it.';
comment on column public.traffic_daily.refund_rate is
'units_refunded / units_ordered, in percent. NULL: Amazon did not report it.';
comment on column public.traffic_daily.currency is
'ISO 4217 code for all amounts of the row. NULL: the row has no amount.';

comment on table public.search_query_performance is
'One row is an ASIN, a search query and a week. Source: GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT: one report for a week and up to 18 ASINs; brand owners only. It is asked for the 72 ASINs that sold best in the last 90 days.';
comment on column public.search_query_performance.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.search_query_performance.period_start is
'Sunday: the week''s first day; the partition.';
comment on column public.search_query_performance.period_end is
'Saturday: the week''s last day.';
comment on column public.search_query_performance.asin is
'ASIN.';
comment on column public.search_query_performance.search_query is
'What customers searched for.';
comment on column public.search_query_performance.search_query_rank is
'Amazon''s rank of the query among those of the ASIN; 1 is the best. NULL: Amazon did not report it.';
comment on column public.search_query_performance.search_query_volume is
'How often customers searched for it. NULL: Amazon did not report it.';
comment on column public.search_query_performance.total_impressions is
'Impressions of all ASINs in the results. NULL: Amazon did not report it.';
comment on column public.search_query_performance.asin_impressions is
'Impressions of this ASIN. NULL: Amazon did not report it.';
comment on column public.search_query_performance.asin_impression_share_pct is
'Share of this ASIN in all impressions. NULL: Amazon did not report it.';
comment on column public.search_query_performance.total_clicks is
'Clicks on all ASINs in the results. NULL: Amazon did not report it.';
comment on column public.search_query_performance.asin_clicks is
'Clicks on this ASIN. NULL: Amazon did not report it.';
comment on column public.search_query_performance.asin_click_share_pct is
'Share of this ASIN in all clicks. NULL: Amazon did not report it.';
comment on column public.search_query_performance.total_median_click_price is
'Median price of all ASINs that were clicked. NULL: Amazon did not report it.';
comment on column public.search_query_performance.asin_median_click_price is
'Median price of this ASIN when it was clicked. NULL: Amazon did not report it.';
comment on column public.search_query_performance.total_cart_adds is
'How often any ASIN was put into a cart after the search. NULL: Amazon did not report it.';
comment on column public.search_query_performance.asin_cart_adds is
'How often this ASIN was put into a cart. NULL: Amazon did not report it.';
comment on column public.search_query_performance.asin_cart_add_share_pct is
'Share of this ASIN in everything that was put into a cart. NULL: Amazon did not report it.';
comment on column public.search_query_performance.total_median_cart_add_price is
'Median price of all ASINs that were put into a cart. NULL: Amazon did not report it.';
comment on column public.search_query_performance.asin_median_cart_add_price is
'Median price of this ASIN when it was put into a cart. NULL: Amazon did not report it.';
comment on column public.search_query_performance.total_purchases is
'Purchases of all ASINs after the search. NULL: Amazon did not report it.';
comment on column public.search_query_performance.asin_purchases is
'Purchases of this ASIN. NULL: Amazon did not report it.';
comment on column public.search_query_performance.asin_purchase_share_pct is
'Share of this ASIN in all purchases. NULL: Amazon did not report it.';
comment on column public.search_query_performance.total_median_purchase_price is
'Median price of all ASINs that were purchased. NULL: Amazon did not report it.';
comment on column public.search_query_performance.asin_median_purchase_price is
'Median price of this ASIN when it was purchased. NULL: Amazon did not report it.';
comment on column public.search_query_performance.currency is
'ISO 4217 code for all amounts of the row. NULL: Amazon did not report it.';

comment on table public.market_share is
'One row is a metric of an ASIN in a period and a scope. Source: search_query_performance, traffic_daily and products, by sql/transforms/market_share.sql.';
comment on column public.market_share.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.market_share.period_type is
'WEEK (Sunday to Saturday) or DAY.';
comment on column public.market_share.period_start is
'First day of the period; the partition.';
comment on column public.market_share.period_end is
'Last day of the period.';
comment on column public.market_share.asin is
'ASIN.';
comment on column public.market_share.metric is
'IMPRESSION_SHARE, CLICK_SHARE, CART_ADD_SHARE and PURCHASE_SHARE: shares in the results of a search. FEATURED_OFFER_SHARE: share of the product''s page views with the seller''s own featured offer. SALES_RANK: the rank in a category.';
comment on column public.market_share.scope is
'What the share is of: a search query, a category, or ALL for all page views of the product.';
comment on column public.market_share.own_value is
'The seller''s part: impressions, clicks, cart adds or purchases of the ASIN. NULL: Amazon did not report it.';
comment on column public.market_share.total_value is
'The whole that share_pct is of. NULL: Amazon did not report it.';
comment on column public.market_share.share_pct is
'The share, as Amazon says it. NULL: the metric is a rank.';
comment on column public.market_share.rank is
'Sales rank; 1 is the best seller. NULL: the metric is a share.';
comment on column public.market_share.search_volume is
'How often customers searched for the query. NULL: the metric is not about a search.';
comment on column public.market_share.median_price_own is
'Median price of the ASIN in the step of the metric. NULL: the metric has no price, or Amazon did not report it.';
comment on column public.market_share.median_price_total is
'Median price of all ASINs in the step. NULL: the metric has no price, or Amazon did not report it.';
comment on column public.market_share.currency is
'ISO 4217 code for all amounts of the row. NULL: the row has no amount.';
comment on column public.market_share.is_proxy is
'Whether the metric only hints at a share: a rank is no share.';
comment on column public.market_share.source_table is
'The table that the metric is from.';

comment on table public.repeat_purchases is
'One row is an ASIN and a week. Source: GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT: one report for a week, with all ASINs; brand owners only.';
comment on column public.repeat_purchases.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.repeat_purchases.period_start is
'Sunday: the week''s first day; the partition.';
comment on column public.repeat_purchases.period_end is
'Saturday: the week''s last day.';
comment on column public.repeat_purchases.asin is
'ASIN.';
comment on column public.repeat_purchases.orders is
'Orders with the ASIN, whatever the number of units. NULL: Amazon did not report it.';
comment on column public.repeat_purchases.unique_customers is
'Customers who placed them, each counted once. NULL: Amazon did not report it.';
comment on column public.repeat_purchases.repeat_customer_pct is
'Share of these customers who are repeat customers, by Amazon''s own rule, which it does not tell. NULL: Amazon did not report it.';
comment on column public.repeat_purchases.repeat_revenue is
'Ordered revenue from repeat customers; returns are not subtracted. NULL: Amazon did not report it.';
comment on column public.repeat_purchases.repeat_revenue_pct is
'Share of repeat_revenue in the ordered revenue of the ASIN. NULL: Amazon did not report it.';
comment on column public.repeat_purchases.currency is
'ISO 4217 code of repeat_revenue. NULL: Amazon did not report it.';

comment on table public.fba_returns is
'One row is a unit that a customer sent back to Amazon. Source: GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA, for the whole account: marketplace_id is the seller''s first marketplace; returns_refunds has that of the order.';
comment on column public.fba_returns.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.fba_returns.return_key is
'Order, SKU and licence plate. Without a licence plate, a digest of what does not change about the return, and its number among equal ones of one report. The date is not part of it, because Amazon may date the same return differently later. So two returns without a licence plate that are equal in all of this, but came in reports of different days, count as one.';
comment on column public.fba_returns.return_date is
'Day of returned_at in the seller''s first marketplace; the partition.';
comment on column public.fba_returns.returned_at is
'When the unit arrived at Amazon.';
comment on column public.fba_returns.order_id is
'Amazon''s id of the order.';
comment on column public.fba_returns.sku is
'The seller''s own SKU. NULL: Amazon did not report it.';
comment on column public.fba_returns.asin is
'ASIN. NULL: Amazon did not report it.';
comment on column public.fba_returns.fn_sku is
'FNSKU: Amazon''s label for the stock. NULL: Amazon did not report it.';
comment on column public.fba_returns.product_name is
'Title of the product. NULL: Amazon did not report it.';
comment on column public.fba_returns.quantity is
'Units of the return.';
comment on column public.fba_returns.fulfillment_center_id is
'The fulfilment centre that received it. NULL: Amazon did not report it.';
comment on column public.fba_returns.disposition is
'State of the unit, such as SELLABLE or CUSTOMER_DAMAGED; an open set. NULL: Amazon did not report it.';
comment on column public.fba_returns.reason_code is
'Why the customer returned it, as Amazon''s code; an open set. NULL: Amazon did not report it.';
comment on column public.fba_returns.status is
'What Amazon did with the unit, in Amazon''s words. NULL: Amazon did not report it.';
comment on column public.fba_returns.license_plate_number is
'Amazon''s label on this one unit. NULL: Amazon left it blank.';

comment on table public.merchant_returns is
'One row is a line of a return request for an order that the seller ships. Source: GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE.';
comment on column public.merchant_returns.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.merchant_returns.return_key is
'Amazon''s return id, order, SKU and, if the report has it, order item. Without a return id, a digest of what does not change about the request, and its number among equal ones.';
comment on column public.merchant_returns.return_date is
'Day on which the customer requested the return; the partition.';
comment on column public.merchant_returns.order_id is
'Amazon''s id of the order.';
comment on column public.merchant_returns.order_item_id is
'Amazon''s id of the order line. NULL: the report does not have it.';
comment on column public.merchant_returns.order_date is
'Day of the order. NULL: Amazon did not report it.';
comment on column public.merchant_returns.rma_id is
'Amazon''s id of the return request. NULL: Amazon did not report it.';
comment on column public.merchant_returns.merchant_rma_id is
'The seller''s own id of the return request. NULL: Amazon did not report it.';
comment on column public.merchant_returns.status is
'State of the request, in Amazon''s words. NULL: Amazon did not report it.';
comment on column public.merchant_returns.sku is
'The seller''s own SKU. NULL: Amazon did not report it.';
comment on column public.merchant_returns.asin is
'ASIN. NULL: Amazon did not report it.';
comment on column public.merchant_returns.product_name is
'Title of the product. NULL: Amazon did not report it.';
comment on column public.merchant_returns.quantity is
'Units to be returned.';
comment on column public.merchant_returns.order_quantity is
'Units that were ordered. NULL: Amazon did not report it.';
comment on column public.merchant_returns.reason_code is
'Why the customer returns it, as Amazon''s code; an open set. NULL: Amazon did not report it.';
comment on column public.merchant_returns.is_in_policy is
'Whether Amazon''s return policy covers it. NULL: Amazon left it blank, or wrote neither yes nor no.';
comment on column public.merchant_returns.return_type is
'Kind of return, in Amazon''s words. NULL: Amazon did not report it.';
comment on column public.merchant_returns.resolution is
'What the customer gets, such as a refund, in Amazon''s words. NULL: Amazon did not report it.';
comment on column public.merchant_returns.is_prime is
'Whether the order is a Prime order. NULL: Amazon left it blank, or wrote neither yes nor no.';
comment on column public.merchant_returns.has_a_to_z_claim is
'Whether the customer made an A-to-z claim. NULL: Amazon left it blank, or wrote neither yes nor no.';
comment on column public.merchant_returns.delivery_date is
'Day on which the returned parcel arrived. NULL: it has not arrived, or Amazon does not know.';
comment on column public.merchant_returns.label_type is
'Kind of return label. NULL: Amazon did not report it.';
comment on column public.merchant_returns.label_cost is
'Cost of the return label. NULL: Amazon did not report it.';
comment on column public.merchant_returns.label_payer is
'Who pays for the return label, in Amazon''s words. NULL: Amazon did not report it.';
comment on column public.merchant_returns.return_carrier is
'Carrier of the return. NULL: Amazon did not report it.';
comment on column public.merchant_returns.invoice_number is
'Number of the invoice. NULL: Amazon did not report it.';
comment on column public.merchant_returns.order_amount is
'What the customer paid for the line. NULL: Amazon did not report it.';
comment on column public.merchant_returns.refunded_amount is
'What the customer got back, as the report says it; finances are the measure. NULL: nothing was refunded yet.';
comment on column public.merchant_returns.currency is
'ISO 4217 code for all amounts of the row. NULL: Amazon did not report it.';
comment on column public.merchant_returns.safe_t_claim_id is
'Id of the seller''s SAFE-T claim. NULL: there is no claim.';
comment on column public.merchant_returns.safe_t_claim_status is
'State of the claim, in Amazon''s words. NULL: there is no claim.';
comment on column public.merchant_returns.safe_t_claim_date is
'Day of the claim. NULL: there is no claim.';
comment on column public.merchant_returns.safe_t_action_reason is
'Amazon''s reason for its decision. NULL: there is no claim.';
comment on column public.merchant_returns.safe_t_reimbursed_amount is
'What Amazon paid for the claim. NULL: Amazon paid nothing, or there is no claim.';

comment on table public.returns_refunds is
'One row is a unit that came back to Amazon, a line of a return request, or a refund. Source: fba_returns, merchant_returns and refunds in financial_events, by sql/transforms/returns_refunds.sql.';
comment on column public.returns_refunds.marketplace_id is
'Amazon''s id of the marketplace: that of the order; if the order of a return to Amazon is not known, the seller''s first one.';
comment on column public.returns_refunds.record_type is
'FBA: a unit that came back to Amazon. MFN: a line of a return request to the seller. REFUND: a refund.';
comment on column public.returns_refunds.return_key is
'Key within the record type: return_key of fba_returns or merchant_returns; of a refund, its transaction and the place of the item in it.';
comment on column public.returns_refunds.event_date is
'Day of the return, request or refund; the partition.';
comment on column public.returns_refunds.order_id is
'Amazon''s id of the order. NULL: Amazon did not report it.';
comment on column public.returns_refunds.order_item_id is
'Amazon''s id of the order line. NULL: only return requests may have it.';
comment on column public.returns_refunds.sku is
'The seller''s own SKU. NULL: Amazon did not report it.';
comment on column public.returns_refunds.asin is
'ASIN. NULL: Amazon did not report it.';
comment on column public.returns_refunds.fn_sku is
'FNSKU: Amazon''s label for the stock. NULL: the row is not a return to Amazon.';
comment on column public.returns_refunds.quantity is
'Units. Never add those of different record types: they are the same units. NULL: Amazon did not report it.';
comment on column public.returns_refunds.return_date is
'Day of the return or of the request. NULL: the row is a refund.';
comment on column public.returns_refunds.returned_at is
'When the unit arrived at Amazon. NULL: the row is not a return to Amazon.';
comment on column public.returns_refunds.refund_date is
'Day of the refund. NULL: the row is a return.';
comment on column public.returns_refunds.refunded_at is
'When the refund was posted. NULL: the row is a return.';
comment on column public.returns_refunds.reason_code is
'Why the customer returned it, as Amazon''s code; an open set. NULL: Amazon did not report it, or the row is a refund.';
comment on column public.returns_refunds.disposition is
'State of the unit on arrival at Amazon; an open set. NULL: the row is not a return to Amazon.';
comment on column public.returns_refunds.status is
'State of the return or the refund, in Amazon''s words. NULL: Amazon did not report it.';
comment on column public.returns_refunds.resolution is
'What the customer gets, in Amazon''s words. NULL: the row is not a return request.';
comment on column public.returns_refunds.fulfilled_by is
'AMAZON or MERCHANT: who shipped it. NULL: Amazon does not say it.';
comment on column public.returns_refunds.fulfillment_center_id is
'The fulfilment centre that received the unit. NULL: the row is not a return to Amazon.';
comment on column public.returns_refunds.refund_amount is
'What the refund moved: price, charges and tax given back, less the fees that Amazon gives back; negative. Only REFUND rows have it, so that it may be added. NULL: the row is a return.';
comment on column public.returns_refunds.currency is
'ISO 4217 code for all amounts of the row. NULL: the row has no amount.';
comment on column public.returns_refunds.refund_transaction_id is
'The transaction of the refund in financial_events. NULL: the row is a return.';
comment on column public.returns_refunds.rma_id is
'Amazon''s id of the return request. NULL: the row is not a return request.';
comment on column public.returns_refunds.is_in_policy is
'Whether Amazon''s return policy covers the return. NULL: the row is not a return request.';
comment on column public.returns_refunds.label_cost is
'Cost of the return label. NULL: the row is not a return request.';
comment on column public.returns_refunds.has_a_to_z_claim is
'Whether the customer made an A-to-z claim. NULL: the row is not a return request.';

comment on table public.sales_performance is
'One row is a SKU''s sales, refunds, returns and visits on a day, beside Amazon''s own figures. Source: sales_data, returns_refunds, financial_event_amounts, economics_daily and traffic_daily, by sql/transforms/sales_performance.sql.';
comment on column public.sales_performance.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.sales_performance.sale_date is
'Marketplace-local day of purchases, refunds, returns and visits; the partition.';
comment on column public.sales_performance.sku is
'The seller''s own SKU; ''(no SKU)'' for order lines and refunds without one.';
comment on column public.sales_performance.asin is
'ASIN of the SKU on the day. NULL: nothing of the day names one.';
comment on column public.sales_performance.parent_asin is
'ASIN of the variation parent, as economics or traffic of the day name it. NULL: neither names one.';
comment on column public.sales_performance.orders is
'Orders, as in sales_data. NULL: no order of the day and marketplace is known.';
comment on column public.sales_performance.units_ordered is
'Units ordered, as in sales_data. NULL: no order of the day and marketplace is known.';
comment on column public.sales_performance.units_refunded is
'Units refunded on this day, whenever they were ordered, as Amazon counts them. NULL: no transaction of the day and marketplace is known, or its refunds name no units.';
comment on column public.sales_performance.net_units is
'units_ordered - units_refunded. NULL: units ordered or refunded are not known.';
comment on column public.sales_performance.units_returned is
'Units that came back to Amazon on this day, and units that customers asked on it to return to the seller, whenever they were ordered. A returned unit is usually refunded, too. NULL: no return is known: none came, or the reports of the day are not loaded.';
comment on column public.sales_performance.units_without_price is
'The part of units_ordered whose amount is not known, as in sales_data. NULL: no order of the day and marketplace is known.';
comment on column public.sales_performance.ops is
'Ordered product sales, as in sales_data. NULL: nothing was sold, or as there.';
comment on column public.sales_performance.refunded_sales is
'Product sales refunded on this day, without tax, shipping and fees. NULL: no transaction of the day and marketplace is known, or refunds are in several currencies or in another one than sales.';
comment on column public.sales_performance.net_product_sales is
'ops - refunded_sales. NULL: A part is not known; an SKU without a sale has sales of 0.';
comment on column public.sales_performance.currency is
'ISO 4217 code for all amounts of the row. NULL: no amount has one.';
comment on column public.sales_performance.sessions is
'Visits of the ASIN''s page, as in traffic_daily. NULL: told by traffic_state.';
comment on column public.sales_performance.page_views is
'Views of the ASIN''s page, as in traffic_daily. NULL: told by traffic_state.';
comment on column public.sales_performance.featured_offer_pct is
'Share of the page views with the seller''s offer as the featured one, in percent. NULL: told by traffic_state.';
comment on column public.sales_performance.unit_session_pct is
'Conversion: units_ordered / sessions, in percent. NULL: told by traffic_state; or there was no session, or units are negative or not known.';
comment on column public.sales_performance.traffic_state is
'Amazon counts visits by ASIN. OF_ASIN: the visits are those of the SKU''s ASIN. SHARED_ASIN: several SKUs of the day have this ASIN; its visits are in traffic_daily and are not spread over them. NO_ASIN: nothing names the ASIN. NO_RECORD: traffic of the day is known, but has no record of the ASIN. NO_DAY: traffic_daily has no row of the day.';
comment on column public.sales_performance.amazon_units_ordered is
'Units ordered in economics_daily. NULL: economics have no row of the SKU and day.';
comment on column public.sales_performance.units_variance is
'units_ordered - amazon_units_ordered; a SKU that economics of the day do not name has 0 there. NULL: economics have no row of the day, or units are not known.';
comment on column public.sales_performance.amazon_ops is
'Ordered product sales in economics_daily. NULL: economics have no row of the SKU and day, or in another currency.';
comment on column public.sales_performance.ops_variance is
'ops - amazon_ops; a SKU that economics of the day do not name has 0 there. NULL: economics have no row of the day, sales are not known, or the currencies differ.';
comment on column public.sales_performance.amazon_units_refunded is
'Units refunded in economics_daily. NULL: economics have no row of the SKU and day.';
comment on column public.sales_performance.is_final is
'Whether the day is 14 or more days older than the marketplace''s newest order.';

comment on table public.review_topics is
'One row is a topic of an ASIN''s reviews. Source: getItemReviewTopics, Customer Feedback 2024-06-01, in the US, UK, France, Italy, Germany, Spain, Japan.';
comment on column public.review_topics.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.review_topics.asin is
'ASIN; a child ASIN.';
comment on column public.review_topics.sentiment is
'POSITIVE or NEGATIVE: whether the topic is among the best or the worst.';
comment on column public.review_topics.topic is
'The topic, in Amazon''s words.';
comment on column public.review_topics.period_start is
'First day of the reviews that were counted.';
comment on column public.review_topics.period_end is
'Last day of these reviews.';
comment on column public.review_topics.mentions is
'How often reviews mention the topic. NULL: too few reviews mention the topic.';
comment on column public.review_topics.occurrence_pct is
'Share of the reviews that mention the topic. NULL: too few reviews mention the topic.';
comment on column public.review_topics.star_rating_impact is
'Effect of the topic on the star rating. NULL: the topic has no effect on it.';
comment on column public.review_topics.parent_occurrence_pct is
'Share of the reviews of the variation family. NULL: too few reviews mention the topic.';
comment on column public.review_topics.browse_node_occurrence_pct is
'Share of the reviews of all products of the category. NULL: too few reviews mention the topic.';

comment on table public.review_trends is
'One row is a topic of an ASIN''s reviews in a month. Source: getItemReviewTrends, Customer Feedback 2024-06-01, in the same marketplaces as review_topics.';
comment on column public.review_trends.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.review_trends.asin is
'ASIN; a child ASIN.';
comment on column public.review_trends.sentiment is
'POSITIVE or NEGATIVE: whether the topic is among the best or the worst.';
comment on column public.review_trends.topic is
'The topic, in Amazon''s words.';
comment on column public.review_trends.period_start is
'First day of the month.';
comment on column public.review_trends.period_end is
'Last day of the month, as Amazon says it.';
comment on column public.review_trends.occurrence_pct is
'Share of the month''s reviews that mention the topic. NULL: too few reviews mention the topic.';
comment on column public.review_trends.parent_occurrence_pct is
'Share of the reviews of the variation family. NULL: too few reviews mention the topic.';
comment on column public.review_trends.browse_node_occurrence_pct is
'Share of the reviews of all products of the category. NULL: too few reviews mention the topic.';

comment on table public.seller_feedback is
'One row is a customer''s rating of the seller for an order. Source: GET_SELLER_FEEDBACK_DATA.';
comment on column public.seller_feedback.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.seller_feedback.order_id is
'Amazon''s id of the order.';
comment on column public.seller_feedback.feedback_date is
'Day of the feedback; the partition.';
comment on column public.seller_feedback.rating is
'Stars, from 1 to 5.';

comment on table public.seller_feedback_counts is
'One row is the number of ratings of the seller on a day. Source: Data Kiosk sales and traffic 2024-04-24, by date: one query for all days and marketplaces.';
comment on column public.seller_feedback_counts.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.seller_feedback_counts.business_date is
'Marketplace-local day; the partition.';
comment on column public.seller_feedback_counts.feedback_received is
'Ratings that customers gave the seller on the day. NULL: Amazon did not report it.';
comment on column public.seller_feedback_counts.negative_feedback_received is
'Negative ones among them: one or two stars. NULL: Amazon did not report it.';
comment on column public.seller_feedback_counts.negative_feedback_pct is
'Rate of negative feedback as Amazon computes it, in percent. NULL: Amazon did not report it.';

comment on table public.reviews_ratings is
'One row is a topic of an ASIN''s reviews in a period, a rating of the seller, or the number of ratings on a day. Source: review_topics, review_trends, seller_feedback and seller_feedback_counts, by sql/transforms/reviews_ratings.sql.';
comment on column public.reviews_ratings.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.reviews_ratings.record_type is
'ITEM_TOPIC: a topic of a product''s reviews. ITEM_TREND: the same by month. SELLER_FEEDBACK: a rating of the seller. FEEDBACK_COUNT: how many ratings the seller got on a day.';
comment on column public.reviews_ratings.subject_id is
'What it is about: the ASIN, the order of a rating of the seller, or ACCOUNT.';
comment on column public.reviews_ratings.topic is
'The topic, in Amazon''s words; empty for ratings and their counts.';
comment on column public.reviews_ratings.sentiment is
'POSITIVE or NEGATIVE; empty for ratings and their counts.';
comment on column public.reviews_ratings.period_start is
'First day of the period; the partition.';
comment on column public.reviews_ratings.period_end is
'Last day of the period.';
comment on column public.reviews_ratings.mentions is
'How often reviews mention the topic. NULL: the row is not about a topic, or too few reviews mention it.';
comment on column public.reviews_ratings.occurrence_pct is
'Share of the reviews that mention the topic. NULL: the row is not about a topic, or too few reviews mention it.';
comment on column public.reviews_ratings.star_rating_impact is
'Effect of the topic on the star rating of the product. NULL: the row is not about a topic, or too few reviews mention it.';
comment on column public.reviews_ratings.rating is
'Stars that a customer gave the seller. NULL: the row is about a topic, or counts ratings.';
comment on column public.reviews_ratings.feedback_received is
'Ratings of the seller on the day; SELLER_FEEDBACK rows are some of them. NULL: the row is no count.';
comment on column public.reviews_ratings.negative_feedback_received is
'Negative ones among them: one or two stars. NULL: the row is no count.';
comment on column public.reviews_ratings.asin is
'ASIN. NULL: the row is about the seller.';
comment on column public.reviews_ratings.order_id is
'Amazon''s id of the order. NULL: the row is about a product, or counts ratings.';
comment on column public.reviews_ratings.source_table is
'The table that the row is from.';

comment on table public.account_health is
'One row is the seller''s account in a marketplace on a day, as Amazon judges it. Source: GET_V2_SELLER_PERFORMANCE_REPORT.';
comment on column public.account_health.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.account_health.snapshot_date is
'Marketplace-local day on which the report was asked for; the partition.';
comment on column public.account_health.account_status is
'NORMAL, AT_RISK, DEACTIVATED or SUSPENDED. Amazon may add others. NULL: Amazon did not report it.';
comment on column public.account_health.account_health_status is
'Account Health Rating in a word: GREAT or WARNED. Amazon may add others. NULL: Amazon did not report it.';
comment on column public.account_health.account_health_score is
'Account Health Rating as a number. NULL: Amazon did not report it; its published schema has only the word.';
comment on column public.account_health.fba_order_defect_pct is
'Share of the orders fulfilled by Amazon with a defect: a claim, a chargeback or negative feedback. The period is 60 days in Amazon''s example. NULL: Amazon did not report it, or counted nothing in the period.';
comment on column public.account_health.fba_order_defect_status is
'Amazon''s own judgement of this rate: GOOD, BAD or NONE. NULL: Amazon did not report it.';
comment on column public.account_health.fba_orders_counted is
'Orders in the period of fba_order_defect_pct. NULL: Amazon did not report it.';
comment on column public.account_health.merchant_order_defect_pct is
'The same share of the orders that the seller fulfils, in the same period. NULL: Amazon did not report it, or counted nothing in the period.';
comment on column public.account_health.merchant_order_defect_status is
'Amazon''s own judgement of this rate: GOOD, BAD or NONE. NULL: Amazon did not report it.';
comment on column public.account_health.merchant_orders_counted is
'Orders in the period of merchant_order_defect_pct. NULL: Amazon did not report it.';
comment on column public.account_health.late_shipment_pct is
'Share of the orders fulfilled by the seller that were shipped too late; 30 days in Amazon''s example. NULL: Amazon did not report it, or counted nothing in the period.';
comment on column public.account_health.late_shipment_status is
'Amazon''s own judgement of this rate: GOOD, BAD or NONE. NULL: Amazon did not report it.';
comment on column public.account_health.pre_fulfillment_cancel_pct is
'Share of the orders that the seller cancelled before shipping them; 7 days in Amazon''s example. NULL: Amazon did not report it, or counted nothing in the period.';
comment on column public.account_health.pre_fulfillment_cancel_status is
'Amazon''s own judgement of this rate: GOOD, BAD or NONE. NULL: Amazon did not report it.';
comment on column public.account_health.on_time_delivery_pct is
'Share of the tracked shipments that arrived in time; 30 days in Amazon''s example. NULL: Amazon did not report it, or counted nothing in the period.';
comment on column public.account_health.on_time_delivery_status is
'Amazon''s own judgement of this rate: GOOD, BAD or NONE. NULL: Amazon did not report it.';
comment on column public.account_health.unit_on_time_delivery_pct is
'Share of the units that arrived in time. In the US it stands beside on_time_delivery_pct. NULL: Amazon did not report it: it has this metric only in the US.';
comment on column public.account_health.unit_on_time_delivery_status is
'Amazon''s own judgement of this rate: GOOD, BAD or NONE. NULL: Amazon did not report it: it has this metric only in the US.';
comment on column public.account_health.valid_tracking_pct is
'Share of the shipments that have a valid tracking number; 30 days in Amazon''s example. NULL: Amazon did not report it, or counted nothing in the period.';
comment on column public.account_health.valid_tracking_status is
'Amazon''s own judgement of this rate: GOOD, BAD or NONE. NULL: Amazon did not report it.';
comment on column public.account_health.invoice_defect_pct is
'Share of the orders whose invoice is missing or late; 7 days in Amazon''s example. NULL: Amazon did not report it, or counted nothing in the period.';
comment on column public.account_health.invoice_defect_status is
'Amazon''s own judgement of this rate: GOOD, BAD or NONE. NULL: Amazon did not report it.';
comment on column public.account_health.listing_policy_violations is
'Violations of listing policies; 180 days in Amazon''s example. NULL: Amazon did not report it.';
comment on column public.account_health.intellectual_property_complaints is
'Complaints of rights owners about intellectual property. NULL: Amazon did not report it.';
comment on column public.account_health.intellectual_property_violations is
'Violations of intellectual property that Amazon suspects. NULL: Amazon did not report it.';
comment on column public.account_health.authenticity_complaints is
'Complaints that a product is not authentic. NULL: Amazon did not report it.';
comment on column public.account_health.condition_complaints is
'Complaints about the condition of a product. NULL: Amazon did not report it.';
comment on column public.account_health.safety_complaints is
'Complaints about the safety of a product. NULL: Amazon did not report it.';
comment on column public.account_health.food_safety_issues is
'Issues of food and product safety. NULL: Amazon did not report it.';
comment on column public.account_health.restricted_product_violations is
'Violations of the policy for restricted products. NULL: Amazon did not report it.';
comment on column public.account_health.other_policy_violations is
'Violations of other policies. NULL: Amazon did not report it.';
comment on column public.account_health.document_requests is
'Documents that Amazon asks the seller for. NULL: Amazon did not report it.';

comment on table public.offer_summaries is
'One row is the product page of one of the seller''s listings on a day. Source: getListingOffersBatch, Product Pricing v0, for listings on sale.';
comment on column public.offer_summaries.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.offer_summaries.sku is
'The seller''s own SKU that was asked about.';
comment on column public.offer_summaries.captured_date is
'Marketplace-local day on which Amazon answered.';
comment on column public.offer_summaries.asin is
'ASIN of the listing, from products: the answer has none. NULL: Amazon did not report it.';
comment on column public.offer_summaries.item_condition is
'Condition that was asked for: New, Used, Collectible, Refurbished or Club.';
comment on column public.offer_summaries.status is
'Success, or why there are no offers: NoBuyableOffers, ActiveButTooSoonForProcessing, NoOfferDueToMissingShippingCharge, or the code of a refusal such as NotFound. Amazon may add others.';
comment on column public.offer_summaries.total_offers is
'Offers of the product in this condition; Amazon lists 20 of them at most. NULL: Amazon refused the question; status has the code.';
comment on column public.offer_summaries.featured_listing_price is
'Price of the featured offer for one unit. NULL: no offer is featured, or Amazon listed no offers.';
comment on column public.offer_summaries.featured_shipping_price is
'Shipping of the featured offer. NULL: no offer is featured, or Amazon listed no offers.';
comment on column public.offer_summaries.featured_landed_price is
'featured_listing_price + featured_shipping_price - points. NULL: no offer is featured, or Amazon listed no offers.';
comment on column public.offer_summaries.featured_offers is
'Featured offers among those listed: none, one, or one for Prime and one for other customers. NULL: Amazon listed no offers (status says why), or did not say of each whether it is featured.';
comment on column public.offer_summaries.is_featured_own is
'Whether a featured offer is the seller''s own. NULL: Amazon listed no offers (status says why), or did not say of each whether it is featured.';
comment on column public.offer_summaries.lowest_landed_price is
'Lowest price with shipping, less points, in this condition. NULL: Amazon listed no offers; status says why.';
comment on column public.offer_summaries.list_price is
'Price that the manufacturer suggests. NULL: Amazon did not report it.';
comment on column public.offer_summaries.competitive_price_threshold is
'Price with shipping above which Amazon may feature no offer; from other shops'' prices. NULL: Amazon did not report it.';
comment on column public.offer_summaries.sales_rank is
'Sales rank in sales_rank_category; 1 is the best seller. NULL: Amazon did not report it.';
comment on column public.offer_summaries.sales_rank_category is
'Category of sales_rank. NULL: Amazon did not report it.';
comment on column public.offer_summaries.offers_available_at is
'When Amazon will have processed the offers. NULL: status is not ActiveButTooSoonForProcessing.';
comment on column public.offer_summaries.currency is
'ISO 4217 code for all amounts of the row. NULL: the row has no amount.';

comment on table public.competitor_data is
'One row is an offer beside one of the seller''s listings on a day, the seller''s own among them. Source: getListingOffersBatch, Product Pricing v0; offer_summaries has the page as a whole.';
comment on column public.competitor_data.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.competitor_data.sku is
'The seller''s own SKU beside which the offer stands.';
comment on column public.competitor_data.captured_date is
'Marketplace-local day on which Amazon answered.';
comment on column public.competitor_data.competitor_seller_id is
'Amazon''s public id of the shop that makes the offer; ''(no seller id)'' if Amazon does not name it.';
comment on column public.competitor_data.fulfilled_by is
'AMAZON or MERCHANT.';
comment on column public.competitor_data.offer_number is
'Place among the offers of this shop with this fulfilment, the cheapest first: a shop may repeat one.';
comment on column public.competitor_data.asin is
'ASIN of the listing, from products: the answer has none. NULL: Amazon did not report it.';
comment on column public.competitor_data.item_condition is
'Condition that was asked for: New, Used, Collectible, Refurbished or Club.';
comment on column public.competitor_data.sub_condition is
'Condition of the offer within item_condition, such as very_good. NULL: Amazon did not report it.';
comment on column public.competitor_data.is_own_offer is
'Whether the offer is the seller''s own.';
comment on column public.competitor_data.offer_rank is
'Place in Amazon''s list, which has 20 offers at most.';
comment on column public.competitor_data.listing_price is
'Price of one unit. NULL: Amazon did not report it.';
comment on column public.competitor_data.shipping_price is
'Shipping. NULL: Amazon did not report it.';
comment on column public.competitor_data.points_value is
'Value of the Amazon Points that come with one unit. NULL: the offer has no points; they exist only in Japan.';
comment on column public.competitor_data.landed_price is
'listing_price + shipping_price - points_value: what one unit costs the customer. NULL: the price or the shipping is not known.';
comment on column public.competitor_data.currency is
'ISO 4217 code for all amounts of the row. NULL: the row has no amount.';
comment on column public.competitor_data.is_featured_offer is
'Whether the offer is featured (in the Buy Box). Two may be: one for Prime and one for others. NULL: Amazon did not report it.';
comment on column public.competitor_data.is_prime is
'Whether it is a Prime offer. NULL: Amazon did not report it.';
comment on column public.competitor_data.feedback_count is
'Ratings that the shop has received. NULL: Amazon did not report it.';
comment on column public.competitor_data.feedback_positive_pct is
'Share of the shop''s ratings of the last 365 days that are positive. NULL: Amazon did not report it.';
comment on column public.competitor_data.ships_from_country is
'Country from which the shop sends. NULL: Amazon did not report it.';
comment on column public.competitor_data.handling_hours_min is
'Fewest hours until the unit is sent. NULL: Amazon did not report it.';
comment on column public.competitor_data.handling_hours_max is
'Most hours until the unit is sent. NULL: Amazon did not report it.';

comment on table public.pricing_history is
'One row is the price of a listing and of the featured offer beside it, from one change to the next. Source: products, offer_summaries and competitor_data, by sql/transforms/pricing_history.sql.';
comment on column public.pricing_history.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.pricing_history.sku is
'The seller''s own SKU.';
comment on column public.pricing_history.offer_type is
'For whom the price is: B2C, consumers.';
comment on column public.pricing_history.item_condition is
'Condition of the listing: New, Used, Collectible, Refurbished or Club.';
comment on column public.pricing_history.valid_from is
'When a sync first saw these values; Amazon may have had them since the sync before.';
comment on column public.pricing_history.valid_to is
'When a sync saw other values, or that the listing was gone; not part of the span. NULL: these are the present values.';
comment on column public.pricing_history.asin is
'ASIN of the listing. NULL: Amazon did not report it.';
comment on column public.pricing_history.is_buyable is
'Whether the listing was on sale. NULL: Amazon did not report it.';
comment on column public.pricing_history.listing_price is
'The seller''s price of one unit, with a discount if there is one.';
comment on column public.pricing_history.regular_price is
'The seller''s price without a discount, as in products. NULL: it is not known in products.';
comment on column public.pricing_history.shipping_price is
'Shipping of the seller''s own offer. NULL: the newest offers do not list the seller''s own, or there are none.';
comment on column public.pricing_history.points_value is
'Value of the Amazon Points of the seller''s own offer. NULL: it has no points; they exist only in Japan.';
comment on column public.pricing_history.landed_price is
'listing_price + shipping_price - points_value. NULL: the newest offers do not list the seller''s own, or there are none.';
comment on column public.pricing_history.featured_listing_price is
'Price of the featured offer. NULL: no offer was featured, none is known yet, or the listing is not on sale.';
comment on column public.pricing_history.featured_landed_price is
'Price of the featured offer with shipping, less points. NULL: no offer was featured, none is known yet, or the listing is not on sale.';
comment on column public.pricing_history.is_featured_own is
'Whether the featured offer was the seller''s own. NULL: the page had no offers, none is known yet, or the listing is not on sale.';
comment on column public.pricing_history.competitive_price_threshold is
'Price with shipping above which Amazon may feature no offer. NULL: Amazon did not report it, or the listing is not on sale.';
comment on column public.pricing_history.currency is
'ISO 4217 code for all amounts of the row.';

comment on table public.fee_estimates is
'One row is an estimate of the fees for one unit of a listing on sale, at its price of that day. Source: economicsPreview (Data Kiosk economics 2024-03-15) if more than 20 listings are due and Amazon grants it, getMyFeesEstimates (Product Fees v0) for the others.';
comment on column public.fee_estimates.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.fee_estimates.sku is
'The seller''s own SKU.';
comment on column public.fee_estimates.estimated_date is
'Marketplace-local day of the estimate.';
comment on column public.fee_estimates.asin is
'ASIN of the listing, from products. NULL: Amazon did not report it.';
comment on column public.fee_estimates.is_fba is
'Whether the estimate assumes that Amazon fulfils the listing.';
comment on column public.fee_estimates.listing_price is
'Price of one unit that the estimate assumes, without shipping.';
comment on column public.fee_estimates.currency is
'ISO 4217 code for all amounts of the row.';
comment on column public.fee_estimates.estimated_by is
'Who estimated: economicsPreview (Data Kiosk, for all listings at once) or getMyFeesEstimates (batches of listings). A listing has one of them on a day. Their names of the fees differ.';
comment on column public.fee_estimates.expected_units is
'Units that Amazon expects to sell in the days of the preview; the fees are for one. NULL: the estimate is not from a preview.';
comment on column public.fee_estimates.previewed_until is
'Last day of the preview. NULL: the estimate is not from a preview.';
comment on column public.fee_estimates.status is
'Success or ClientError.';
comment on column public.fee_estimates.error_code is
'Amazon''s code of the refusal. NULL: status is Success.';
comment on column public.fee_estimates.fees_total is
'What Amazon would charge in all, as it reports it; in a preview, the sum of the fees. NULL: Amazon refused the estimate; error_code says why.';
comment on column public.fee_estimates.fees is
'Fees: a list of {type, group, amount, promotion, tax, total}; total = amount - promotion + tax. Either a fee that Amazon sums up, or its parts with the name of the sum as their group: never both. In a preview, total is Amazon''s amount for one unit; the others are its amounts divided by the units. Unknown values are null. NULL: Amazon refused the estimate; error_code says why.';

comment on table public.fees_breakdown is
'One row is a kind of fee of an estimate, of a transaction''s item, or of a SKU''s day, as fee_source says. Source: fee_estimates, financial_event_amounts and economics_daily, by sql/transforms/fees_breakdown.sql.';
comment on column public.fees_breakdown.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.fees_breakdown.fee_source is
'Who tells the fee: estimate (for one unit, before a sale), actual_txn (charged in a transaction) or actual_day (a SKU''s day in economics). They tell the same fees, so they must never be added together.';
comment on column public.fees_breakdown.ref_key is
'What the fee belongs to: sku@price@fulfilment for an estimate, transaction_id#item_index for a transaction, the SKU for a day.';
comment on column public.fees_breakdown.fee_type is
'Amazon''s name of the fee, which differs between the sources; ''(no estimate)'' if it refused the estimate.';
comment on column public.fees_breakdown.period_start is
'Marketplace-local day of the estimate, the posting or the sale; the partition.';
comment on column public.fees_breakdown.period_end is
'Last day of the fee. NULL: an estimate holds until the next one.';
comment on column public.fees_breakdown.sku is
'The seller''s own SKU. NULL: the fee belongs to no single SKU.';
comment on column public.fees_breakdown.asin is
'ASIN. NULL: the fee belongs to no single product, or Amazon names none.';
comment on column public.fees_breakdown.order_id is
'Amazon''s order id. NULL: the row is of no transaction, or Amazon names none.';
comment on column public.fees_breakdown.transaction_id is
'The transaction, as in financial_events. NULL: the row is of no transaction, or Amazon names none.';
comment on column public.fees_breakdown.transaction_type is
'As in financial_events, such as Shipment or ServiceFee. NULL: the row is of no transaction, or Amazon names none.';
comment on column public.fees_breakdown.fee_group is
'What Amazon counts the fee to, such as AmazonFees or FBAFees; ItemTCS and ItemTDS are withheld tax. NULL: Amazon names no group.';
comment on column public.fees_breakdown.listing_price is
'Price that the estimate assumes. NULL: the row is no estimate.';
comment on column public.fees_breakdown.is_fba is
'Whether the estimate assumes that Amazon fulfils the listing. NULL: the row is no estimate.';
comment on column public.fees_breakdown.estimated_by is
'Who estimated, as in fee_estimates: economicsPreview or getMyFeesEstimates. NULL: the row is no estimate.';
comment on column public.fees_breakdown.quantity is
'Units charged; 1 for an estimate. NULL: the fee is not charged per unit, or the row is of a transaction.';
comment on column public.fees_breakdown.fee_amount is
'The fee before promotion and tax. NULL: A part of it is unknown or in another currency, or the row is of tax that Amazon withheld.';
comment on column public.fees_breakdown.promotion_amount is
'What Amazon takes off. NULL: it is unknown, or the row is of a transaction, whose fee_amount is already reduced.';
comment on column public.fees_breakdown.tax_amount is
'Tax on the fee, in India GST: input credit for a registered seller, not a cost. NULL: A part of it is unknown or in another currency, or the row is of tax that Amazon withheld.';
comment on column public.fees_breakdown.final_amount is
'What Amazon charges: fee_amount - promotion_amount + tax_amount. Without the tax, final_amount - tax_amount. NULL: A part of it is unknown or in another currency, or the row is of tax that Amazon withheld.';
comment on column public.fees_breakdown.tcs_amount is
'Tax collected at source (GST) that Amazon withheld: prepaid tax, no fee. NULL: the row is of something else.';
comment on column public.fees_breakdown.tds_amount is
'Income tax deducted at source that Amazon withheld: prepaid tax, no fee. NULL: the row is of something else.';
comment on column public.fees_breakdown.currency is
'ISO 4217 code for all amounts of the row. NULL: no amount is known, or the currencies differ.';
comment on column public.fees_breakdown.status is
'Status of the estimate: Success or ClientError. NULL: the row is no estimate.';
comment on column public.fees_breakdown.error_code is
'Amazon''s code of a refused estimate. NULL: nothing was refused.';

comment on table public.settlements is
'One row is a settlement: what Amazon paid for a period; India has one for each way of payment. Source: the report GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2, which Amazon makes by itself.';
comment on column public.settlements.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.settlements.settlement_id is
'Amazon''s id of the settlement.';
comment on column public.settlements.settlement_date is
'Marketplace-local day on which the period ended; the partition.';
comment on column public.settlements.started_at is
'Start of the period. NULL: the report has a day without a time.';
comment on column public.settlements.ended_at is
'End of the period. NULL: the report has a day without a time.';
comment on column public.settlements.deposited_at is
'When Amazon paid. NULL: the report has no date, or a day without a time.';
comment on column public.settlements.total_amount is
'What Amazon paid, from the report''s summary; negative if the seller owes it.';
comment on column public.settlements.rows_amount is
'Sum of the settlement''s rows in settlement_rows that are in currency.';
comment on column public.settlements.difference_amount is
'total_amount - rows_amount.';
comment on column public.settlements.is_balanced is
'Whether the rows add up to the total, no line was rejected and all amounts are in one currency.';
comment on column public.settlements.row_count is
'Rows in settlement_rows.';
comment on column public.settlements.rejected_count is
'Lines of the report that could not be read; see rejected_records.';
comment on column public.settlements.currency is
'ISO 4217 code of the amounts.';
comment on column public.settlements.report_id is
'Amazon''s id of the report that the settlement was read from.';
comment on column public.settlements.report_document_id is
'Amazon''s id of the report''s document.';
comment on column public.settlements.report_created_at is
'When Amazon made the report. NULL: Amazon did not report it.';

comment on table public.settlement_rows is
'One row is a row of a settlement report: one amount of one transaction. Source: the report GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2.';
comment on column public.settlement_rows.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.settlement_rows.settlement_id is
'The settlement.';
comment on column public.settlement_rows.row_number is
'Number of the row in the report, below the header; the summary is usually row 1. Equal rows are real.';
comment on column public.settlement_rows.posted_date is
'Marketplace-local day on which the amount was posted; the partition. NULL: the row has no date.';
comment on column public.settlement_rows.posted_at is
'When it was posted. NULL: the row has a day without a time, or no date.';
comment on column public.settlement_rows.transaction_type is
'Order, Refund, ServiceFee, other-transaction, ...; an open set. NULL: Amazon left it empty.';
comment on column public.settlement_rows.order_id is
'The order; for some fees of Amazon''s warehouses the inbound shipment (FBA...). NULL: the amount belongs to no order.';
comment on column public.settlement_rows.merchant_order_id is
'The seller''s own order id. NULL: Amazon did not report it.';
comment on column public.settlement_rows.adjustment_id is
'Amazon''s id of the adjustment, for refunds. NULL: Amazon did not report it.';
comment on column public.settlement_rows.shipment_id is
'The shipment. NULL: Amazon did not report it.';
comment on column public.settlement_rows.marketplace_name is
'The store, such as Amazon.in. NULL: empty for advertising, inbound fees and adjustments.';
comment on column public.settlement_rows.amount_type is
'Group of the amount, such as ItemPrice, ItemFees or Cost of Advertising; an open set.';
comment on column public.settlement_rows.amount_description is
'What the amount is for, such as Principal or Commission; an open set. NULL: Amazon did not report it.';
comment on column public.settlement_rows.amount is
'The amount; negative if the seller pays it.';
comment on column public.settlement_rows.currency is
'ISO 4217 code of the amount: the row''s own, or the settlement''s.';
comment on column public.settlement_rows.fulfillment_id is
'AFN if Amazon fulfilled, MFN if the seller did. NULL: Amazon did not report it.';
comment on column public.settlement_rows.order_item_code is
'Amazon''s id of the order line. NULL: Amazon did not report it.';
comment on column public.settlement_rows.merchant_order_item_id is
'The seller''s own id of the order line. NULL: Amazon did not report it.';
comment on column public.settlement_rows.merchant_adjustment_item_id is
'The seller''s own id of the adjusted line. NULL: Amazon did not report it.';
comment on column public.settlement_rows.sku is
'The seller''s own SKU. NULL: the amount belongs to no SKU.';
comment on column public.settlement_rows.quantity_purchased is
'Units. NULL: Amazon did not report it.';
comment on column public.settlement_rows.promotion_id is
'The promotion. NULL: Amazon did not report it.';

comment on table public.advertising_spend is
'One row is a SKU''s cost of one type of advertising on a day, or what the account paid for advertising on a day. Source: economics_daily and financial_events, by sql/transforms/advertising_spend.sql.';
comment on column public.advertising_spend.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.advertising_spend.spend_date is
'Marketplace-local day: of the advertisement, or of the payment; the partition.';
comment on column public.advertising_spend.sku is
'The seller''s own SKU; ''(account)'' for payments of the account.';
comment on column public.advertising_spend.ad_type is
'Amazon''s type, such as SponsoredProductFee. ACCOUNT_CASH is what the account paid for all types, also those that economics do not contain (Sponsored Brands, Sponsored Display).';
comment on column public.advertising_spend.scope is
'SKU: from economics_daily. ACCOUNT: from financial_events. Never add the two.';
comment on column public.advertising_spend.asin is
'ASIN of the listing. NULL: the row is for the account, or the SKU has none.';
comment on column public.advertising_spend.spend is
'What it cost, with tax. NULL: A charge is not known, or the currencies differ.';
comment on column public.advertising_spend.spend_ex_tax is
'The part of spend without tax. NULL: A charge is not known, the currencies differ, or Amazon did not report the tax of the payment.';
comment on column public.advertising_spend.tax is
'The tax in spend. NULL: A charge is not known, the currencies differ, or Amazon did not report the tax of the payment.';
comment on column public.advertising_spend.currency is
'ISO 4217 code of the amounts. NULL: the currencies differ.';
comment on column public.advertising_spend.ops is
'Ordered product sales of the SKU on the day, from economics_daily; the same in each of its rows. NULL: the row is for the account, whose payments are for several days, or Amazon did not report sales.';
comment on column public.advertising_spend.tacos_pct is
'Total advertising cost of sales: spend / ops, in percent. The view advertising_months has it for the account. NULL: nothing was sold, spend or ops is not known, or the row is for the account.';
comment on column public.advertising_spend.impressions is
'Times the advertisement was shown. NULL: Amazon did not report it.';
comment on column public.advertising_spend.clicks is
'Clicks on the advertisement. NULL: Amazon did not report it.';
comment on column public.advertising_spend.attributed_sales is
'Sales that came from the advertisement. NULL: Amazon did not report it.';
comment on column public.advertising_spend.acos_pct is
'Advertising cost of sales: spend / attributed_sales, in percent. NULL: Amazon did not report it.';
comment on column public.advertising_spend.is_final is
'Whether the day is 14 or more days older than the newest one of its source.';

comment on table public.profit_margins is
'One row is what a SKU, or the account, earned on a day in a currency. Source: financial_events, financial_event_amounts, advertising_spend and product_costs, by sql/transforms/profit_margins.sql.';
comment on column public.profit_margins.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.profit_margins.business_date is
'Marketplace-local day on which Amazon posted the money; the partition.';
comment on column public.profit_margins.sku is
'The seller''s own SKU, or ''(account)'' for money and units that belong to none. Amazon may name the FNSKU for a removal.';
comment on column public.profit_margins.currency is
'ISO 4217 code of all amounts; each currency of a SKU and day has its row. XXX: Amazon names none.';
comment on column public.profit_margins.asin is
'ASIN of the SKU. NULL: Amazon names none, or the row is for the account.';
comment on column public.profit_margins.units_sold is
'Units shipped, also those for other shops, whose amount is 0. NULL: A shipment names no units.';
comment on column public.profit_margins.units_refunded is
'Units refunded. A refund of a part of the price may name none.';
comment on column public.profit_margins.net_units is
'units_sold - units_refunded. NULL: A shipment names no units.';
comment on column public.profit_margins.product_sales is
'Price of the products shipped, without tax.';
comment on column public.profit_margins.shipping_sales is
'What customers paid for shipping, gift wrap and cash on delivery, less what was refunded of it.';
comment on column public.profit_margins.promotions is
'Discounts that the seller paid, less those of refunds.';
comment on column public.profit_margins.refunded_sales is
'Price of the products refunded, without tax; also claims and chargebacks.';
comment on column public.profit_margins.net_product_sales is
'product_sales - refunded_sales.';
comment on column public.profit_margins.referral_fees is
'Commissions on sales, less those that refunds gave back.';
comment on column public.profit_margins.fulfillment_fees is
'Fees for picking, packing and shipping.';
comment on column public.profit_margins.closing_fees is
'Closing fees.';
comment on column public.profit_margins.storage_fees is
'Storage fees.';
comment on column public.profit_margins.other_fees is
'All other fees, such as those for refunds, inbound shipments and the subscription.';
comment on column public.profit_margins.amazon_fees is
'Sum of the five kinds of fees, without tax on them.';
comment on column public.profit_margins.reimbursements is
'What Amazon paid for lost and damaged units.';
comment on column public.profit_margins.other_amount is
'All else that is income or cost, such as liquidations and adjustments; negative if the seller pays.';
comment on column public.profit_margins.unexplained_amount is
'What a transaction''s total has beyond the amounts that Amazon breaks it down into.';
comment on column public.profit_margins.ads_paid is
'What the account paid for advertisements on this day, without tax.';
comment on column public.profit_margins.ad_spend is
'Advertising, without tax where it is known. Of a SKU: what economics tell of the day. Of the account: ads_paid less what all SKUs of the day have, so that the rows of a day together have what was paid, once. It is negative on days before a payment. NULL: told by ads_state.';
comment on column public.profit_margins.ads_state is
'PARTIAL: of a SKU, only Sponsored Products are known, because economics tell no others. UNKNOWN: a charge is not known. NOT_LOADED: economics_daily has no row of the day. ACCOUNT: payments, which contain all types.';
comment on column public.profit_margins.fee_tax is
'Tax on Amazon''s fees, in India GST.';
comment on column public.profit_margins.ads_paid_tax is
'Tax in the payments for advertisements.';
comment on column public.profit_margins.ad_tax is
'Tax on ad_spend, shared between SKUs and the account like it. NULL: not known; see ads_state.';
comment on column public.profit_margins.is_tax_credit is
'Whether fee_tax and ad_tax come back as input credit, so that they are no cost (XPERT_FEE_TAX_IS_CREDIT). If not, the margin is less by them.';
comment on column public.profit_margins.margin_before_cogs is
'product_sales + shipping_sales - promotions - refunded_sales - amazon_fees + reimbursements + other_amount + unexplained_amount - ad_spend; less fee_tax and ad_tax if they are no credit. Unknown ad_spend is left out; ads_state tells it.';
comment on column public.profit_margins.unit_cost is
'Cost of one unit on the day, from product_costs. NULL: no cost of the SKU and day is imported.';
comment on column public.profit_margins.cost_currency is
'ISO 4217 code of unit_cost. NULL: no cost of the SKU and day is imported.';
comment on column public.profit_margins.cost_basis is
'KNOWN: cogs is unit_cost * net_units. NOT_NEEDED: there are no net units. MISSING: no cost is imported. OTHER_CURRENCY: the cost is in another currency, and is not converted. UNITS_UNKNOWN: a shipment names no units.';
comment on column public.profit_margins.cogs is
'Cost of goods sold: unit_cost * net_units. Refunded goods count as back. NULL: told by cost_basis.';
comment on column public.profit_margins.margin is
'margin_before_cogs - cogs. NULL: told by cost_basis.';
comment on column public.profit_margins.missing is
'What is not known: unit cost, unit cost in a currency, units sold, advertising. NULL: nothing.';
comment on column public.profit_margins.sales_tax is
'Tax that customers paid and the seller owes, less what was refunded or Amazon withheld. Not in the margin.';
comment on column public.profit_margins.tcs_amount is
'Tax collected at source (GST) that Amazon withheld, less what it gave back: prepaid, not in the margin.';
comment on column public.profit_margins.tds_amount is
'Income tax deducted at source, less what was given back: prepaid, not in the margin.';
comment on column public.profit_margins.transfer_amount is
'Payouts, reserves and debts between the account''s balances, as in transactions. Not in the margin.';
comment on column public.profit_margins.transactions_amount is
'Sum of all counted transactions of the row. Money that the seller pays is negative.';
comment on column public.profit_margins.is_final is
'Whether the day is 45 or more days older than the marketplace''s newest transaction.';
