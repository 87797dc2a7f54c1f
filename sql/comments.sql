-- Comments of the pipeline's tables. Generated from the row contracts: run `make docs`, do not edit.

comment on table public.products is
'One row is a listing in its present state. Source: searchListingsItems 2021-08-01 and searchCatalogItems 2022-04-01; the report GET_MERCHANT_LISTINGS_ALL_DATA where more than 1,000 listings are to be read.';
comment on column public.products.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.products.sku is
'The seller''s own SKU.';
comment on column public.products.asin is
'ASIN of the listing. NULL: Amazon did not report it.';
comment on column public.products.fn_sku is
'FNSKU: Amazon''s own label of stock in its warehouses. NULL: the listing is not fulfilled by Amazon, or the report brought it.';
comment on column public.products.item_name is
'Title. NULL: Amazon did not report it.';
comment on column public.products.brand is
'Brand in the catalogue. NULL: the catalogue does not know it.';
comment on column public.products.manufacturer is
'Manufacturer in the catalogue. NULL: the catalogue does not know it.';
comment on column public.products.product_type is
'Amazon''s product type. NULL: Amazon did not report it.';
comment on column public.products.condition_type is
'Condition, such as new_new or used_good. NULL: Amazon did not report it.';
comment on column public.products.status is
'BUYABLE, DISCOVERABLE, or both; an empty list means neither. NULL: Amazon did not report it.';
comment on column public.products.fulfillment_channel is
'Fulfilment channel code as received: AMAZON_IN and the like, or DEFAULT for the merchant. NULL: Amazon did not report it.';
comment on column public.products.price is
'The seller''s price, in currency. NULL: the listing has no price.';
comment on column public.products.currency is
'ISO 4217 code of price. NULL: the listing has no price.';
comment on column public.products.quantity is
'Units that the merchant offers. NULL: Amazon fulfils the listing: see fba_inventory.';
comment on column public.products.main_image_url is
'Address of the main image. NULL: Amazon did not report it.';
comment on column public.products.browse_node_id is
'Browse node in the catalogue. NULL: the catalogue does not know it.';
comment on column public.products.browse_node_name is
'Name of the browse node. NULL: the catalogue does not know it.';
comment on column public.products.parent_asin is
'ASIN of the variation parent. NULL: the product has no variations.';
comment on column public.products.variation_theme is
'What the variations differ in. NULL: the product has no variations.';
comment on column public.products.sales_rank is
'Rank in sales_rank_category; 1 sells best. NULL: Amazon ranks the product nowhere.';
comment on column public.products.sales_rank_category is
'Category of the rank. NULL: Amazon ranks the product nowhere.';
comment on column public.products.issues_count is
'How many issues the listing has. NULL: Amazon did not report issues.';
comment on column public.products.issues is
'Issues as Amazon reports them. NULL: Amazon did not report issues.';
comment on column public.products.item_weight is
'Weight of the package, in weight_unit. NULL: the catalogue does not know it.';
comment on column public.products.weight_unit is
'Unit of item_weight. NULL: the catalogue does not know it.';
comment on column public.products.package_dimensions is
'Dimensions of the package, as in the catalogue. NULL: the catalogue does not know them.';
comment on column public.products.isbn_or_ean is
'ISBN, EAN or UPC, as text. NULL: the catalogue does not know it.';
comment on column public.products.listing_created_at is
'When the listing was created. NULL: Amazon did not report it.';
comment on column public.products.listing_updated_at is
'When Amazon last changed the listing. NULL: Amazon did not report it.';

comment on table public.orders is
'One row is an order in its newest known state. Source: Orders v2026-01-01 searchOrders, or the XML all-orders report where that is quicker.';
comment on column public.orders.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.orders.order_id is
'Amazon''s order id.';
comment on column public.orders.seller_order_id is
'The seller''s own order id. NULL: the seller gave none.';
comment on column public.orders.purchase_date is
'When the order was placed.';
comment on column public.orders.order_date is
'Marketplace-local day of the purchase; the partition.';
comment on column public.orders.last_updated_at is
'When Amazon last changed the order. A newer state of the row replaces an older one.';
comment on column public.orders.fulfillment_status is
'PENDING, UNSHIPPED, PARTIALLY_SHIPPED, SHIPPED, CANCELLED and others.';
comment on column public.orders.fulfilled_by is
'AMAZON or MERCHANT. NULL: Amazon did not report it.';
comment on column public.orders.service_level is
'Shipping service level. NULL: Amazon did not report it.';
comment on column public.orders.sales_channel is
'Where the order was placed, such as Amazon.in. Non-Amazon is multi-channel fulfilment and no sale.';
comment on column public.orders.programs is
'Amazon''s programmes, such as PRIME or AMAZON_BUSINESS. NULL: the report brought the order, or Amazon did not report it.';
comment on column public.orders.is_prime is
'Whether a Prime member placed the order. NULL: the report brought the order.';
comment on column public.orders.is_business is
'Whether a business placed the order. NULL: Amazon did not report it.';
comment on column public.orders.is_easy_ship is
'Whether Easy Ship carries the order. NULL: the report brought the order.';
comment on column public.orders.order_total is
'Grand total, in currency. NULL: not known yet (pending), or the report brought the order.';
comment on column public.orders.currency is
'ISO 4217 code of order_total. NULL: order_total is not known.';
comment on column public.orders.proceeds_breakdowns is
'Proceeds by kind, as received. NULL: the report brought the order.';
comment on column public.orders.earliest_ship_at is
'Start of the window in which to ship. NULL: the report brought the order.';
comment on column public.orders.latest_ship_at is
'End of the window in which to ship. NULL: the report brought the order.';
comment on column public.orders.earliest_delivery_at is
'Start of the promised delivery window. NULL: the report brought the order.';
comment on column public.orders.latest_delivery_at is
'End of the promised delivery window. NULL: the report brought the order.';
comment on column public.orders.item_count is
'How many lines the order has.';
comment on column public.orders.units_ordered is
'Units over all lines.';
comment on column public.orders.replaced_order_id is
'Order that this one replaces. NULL: it replaces none, or the report brought the order.';
comment on column public.orders.payment_methods is
'How the buyer pays. NULL: the report brought the order, or Amazon did not report it.';

comment on table public.order_items is
'One row is a line of an order. Source: comes with its order.';
comment on column public.order_items.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.order_items.order_id is
'Amazon''s order id.';
comment on column public.order_items.order_item_id is
'Amazon''s id of the line.';
comment on column public.order_items.asin is
'ASIN that was sold. NULL: Amazon did not report it.';
comment on column public.order_items.sku is
'The seller''s own SKU. NULL: Amazon did not report it.';
comment on column public.order_items.title is
'Title at the time of the sale. NULL: Amazon did not report it.';
comment on column public.order_items.condition_type is
'Condition sold. NULL: the report brought the order.';
comment on column public.order_items.quantity_ordered is
'Units ordered; 0 is possible.';
comment on column public.order_items.quantity_fulfilled is
'Units shipped. NULL: the report brought the order.';
comment on column public.order_items.quantity_unfulfilled is
'Units still to ship. NULL: the report brought the order.';
comment on column public.order_items.unit_price is
'Price of one unit, in currency. NULL: not known yet (pending), or the report brought the order.';
comment on column public.order_items.currency is
'ISO 4217 code of the line''s amounts. NULL: no amount of the line is known.';
comment on column public.order_items.price_designation is
'Kind of price, such as BUSINESS_PRICE. NULL: an ordinary price, or the report brought the order.';
comment on column public.order_items.item_proceeds is
'Total proceeds of the line. NULL: not known yet (pending), or the report brought the order.';
comment on column public.order_items.item_subtotal is
'Ordered product sales of the line. NULL: not known yet (pending), or Amazon does not price the line.';
comment on column public.order_items.shipping_subtotal is
'Shipping charged. NULL: none, or the report brought the order.';
comment on column public.order_items.gift_wrap_subtotal is
'Gift wrap charged. NULL: none, or the report brought the order.';
comment on column public.order_items.cod_fee is
'Fee for cash on delivery. NULL: none, or the report brought the order.';
comment on column public.order_items.tax_total is
'Tax of the line. NULL: not known, or the report brought the order.';
comment on column public.order_items.discount_total is
'Discounts of the line. NULL: none, or the report brought the order.';
comment on column public.order_items.promotion_ids is
'Promotions that were applied. NULL: none.';
comment on column public.order_items.is_cancelled is
'Whether the line, or its order, is cancelled.';
comment on column public.order_items.cancel_requested is
'Whether the buyer asked to cancel. NULL: the report brought the order.';
comment on column public.order_items.cancelled_by is
'Who cancelled. NULL: not cancelled, or the report brought the order.';
comment on column public.order_items.cancel_reason is
'Why the line was cancelled, or is to be. NULL: not cancelled, or the report brought the order.';
comment on column public.order_items.programs is
'Amazon''s programmes of the line. NULL: the report brought the order, or Amazon did not report it.';
comment on column public.order_items.purchase_date is
'When the order was placed.';
comment on column public.order_items.order_date is
'Marketplace-local day of the purchase; the partition.';
comment on column public.order_items.last_updated_at is
'When Amazon last changed the order. A newer state of the row replaces an older one.';

comment on table public.sales_data is
'One row is a SKU''s sales on a day. Source: orders and order_items, by sql/transforms/sales_data.sql.';
comment on column public.sales_data.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.sales_data.sale_date is
'Marketplace-local day of the purchase; the partition.';
comment on column public.sales_data.sku is
'The seller''s own SKU; (no SKU) for lines without one.';
comment on column public.sales_data.asin is
'ASIN of the SKU, by its latest sale of the day. NULL: no line of the day has one.';
comment on column public.sales_data.parent_asin is
'ASIN of the variation parent. NULL: products does not have the SKU, or it has no parent.';
comment on column public.sales_data.orders is
'Orders with a line that is not cancelled.';
comment on column public.sales_data.order_items is
'Lines that are not cancelled.';
comment on column public.sales_data.units_ordered is
'Units of lines that are not cancelled.';
comment on column public.sales_data.units_b2b is
'Units of business orders among units_ordered.';
comment on column public.sales_data.ops is
'Ordered product sales: the sum of the known amounts. NULL: no amount is known, or the currencies differ.';
comment on column public.sales_data.ops_b2b is
'Ordered product sales of business orders. NULL: no amount is known.';
comment on column public.sales_data.currency is
'ISO 4217 code of the row''s amounts. NULL: no amount is known, or the currencies differ.';
comment on column public.sales_data.asp is
'Average selling price: ops / units_ordered. NULL: no unit was sold, or ops is not known.';
comment on column public.sales_data.discount_total is
'Sum of the known discounts. NULL: none is known.';
comment on column public.sales_data.tax_total is
'Sum of the known taxes. NULL: none is known.';
comment on column public.sales_data.units_shipped is
'Sum of the known shipped units. NULL: none is known.';
comment on column public.sales_data.units_cancelled is
'Units of cancelled lines.';
comment on column public.sales_data.units_refunded is
'Units refunded, by the time of the request. NULL: not computed yet.';
comment on column public.sales_data.refunded_sales is
'Sales refunded, by the time of the request. NULL: not computed yet.';
comment on column public.sales_data.net_units is
'units_ordered - units_refunded. NULL: not computed yet.';
comment on column public.sales_data.net_product_sales is
'ops - refunded_sales. NULL: not computed yet.';
comment on column public.sales_data.sessions is
'Sessions, from Data Kiosk. NULL: not computed yet.';
comment on column public.sales_data.page_views is
'Page views, from Data Kiosk. NULL: not computed yet.';
comment on column public.sales_data.featured_offer_pct is
'Page views with the featured offer, in percent. NULL: not computed yet.';
comment on column public.sales_data.unit_session_pct is
'Units per session, in percent. NULL: not computed yet.';
comment on column public.sales_data.source_units is
'Where units come from, if not from order_items. NULL: units come from order_items.';
comment on column public.sales_data.amazon_ops is
'Amazon''s own figure of ordered product sales. NULL: not computed yet.';
comment on column public.sales_data.ops_variance is
'ops - amazon_ops. NULL: not computed yet.';
comment on column public.sales_data.is_final is
'Whether the day is 14 or more days older than the seller''s newest order.';

comment on table public.fba_inventory is
'One row is a SKU, FNSKU and condition that Amazon holds now. Source: getInventorySummaries v1, read whole.';
comment on column public.fba_inventory.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.fba_inventory.sku is
'The seller''s own SKU.';
comment on column public.fba_inventory.fn_sku is
'FNSKU: Amazon''s own label of the stock.';
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
'Units still to receive from shipments that Amazon is receiving. NULL: Amazon did not report it.';
comment on column public.fba_inventory.reserved_quantity is
'Units set aside, for any reason. NULL: Amazon did not report it.';
comment on column public.fba_inventory.reserved_customer_order_quantity is
'Units set aside for customer orders. NULL: Amazon did not report it.';
comment on column public.fba_inventory.reserved_transshipment_quantity is
'Units on their way between fulfilment centres. NULL: Amazon did not report it.';
comment on column public.fba_inventory.reserved_fc_processing_quantity is
'Units set aside in a fulfilment centre for processing. NULL: Amazon did not report it.';
comment on column public.fba_inventory.researching_quantity is
'Units that Amazon is looking for. NULL: Amazon did not report it.';
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
'When Amazon last changed one of the quantities. NULL: Amazon did not report it.';

comment on table public.economics_daily is
'One row is a SKU''s sales, fees, advertising charges and net proceeds on a day, as Amazon reports them. Source: Data Kiosk economics 2024-03-15, MSKU and DAY.';
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
'FNSKU. NULL: the SKU has none, or more than one.';
comment on column public.economics_daily.units_ordered is
'Units ordered. NULL: Amazon did not report it.';
comment on column public.economics_daily.units_refunded is
'Units refunded, by the time of the request. NULL: Amazon did not report it.';
comment on column public.economics_daily.net_units is
'units_ordered - units_refunded, as Amazon reports it. NULL: Amazon did not report it.';
comment on column public.economics_daily.ops is
'Ordered product sales. NULL: Amazon did not report it.';
comment on column public.economics_daily.refunded_sales is
'Refunded product sales, by the time of the request. NULL: Amazon did not report it.';
comment on column public.economics_daily.net_product_sales is
'ops - refunded_sales, as Amazon reports it. NULL: Amazon did not report it.';
comment on column public.economics_daily.asp is
'Average selling price. NULL: no unit was sold.';
comment on column public.economics_daily.fees_total is
'Sum of the totals of fees; 0 if Amazon reported that there were none. NULL: at least one of them is not known.';
comment on column public.economics_daily.fees is
'Fees: a list of {type, amount, promotion, tax, total, quantity}; total = amount - promotion + tax; unknown values are null. NULL: not known.';
comment on column public.economics_daily.ads_total is
'Sum of the totals of ads; 0 if Amazon reported that there were none. NULL: at least one of them is not known.';
comment on column public.economics_daily.ads is
'Advertising charges: a list like fees. NULL: not known.';
comment on column public.economics_daily.net_proceeds is
'Net proceeds, as Amazon reports them. NULL: Amazon did not report it.';
comment on column public.economics_daily.net_proceeds_per_unit is
'Net proceeds per net unit. NULL: Amazon did not report it.';
comment on column public.economics_daily.cost_of_goods_sold is
'Cost of one unit that the seller gave Amazon. NULL: the seller gave none.';
comment on column public.economics_daily.miscellaneous_cost is
'Other cost of one unit that the seller gave Amazon. NULL: the seller gave none.';
comment on column public.economics_daily.fulfillment_cost is
'Cost of fulfilling one unit, as the seller gave it to Amazon. NULL: the seller gave none.';
comment on column public.economics_daily.currency is
'ISO 4217 code of every amount of the row. NULL: the row has no amount.';

comment on table public.traffic_daily is
'One row is a child ASIN''s sessions, page views and sales on a day. Source: Data Kiosk sales and traffic 2024-04-24, as trends of 30 ASINs or by ASIN for a day, whichever needs fewer queries.';
comment on column public.traffic_daily.marketplace_id is
'Amazon''s id of the marketplace.';
comment on column public.traffic_daily.business_date is
'Marketplace-local day; the partition.';
comment on column public.traffic_daily.asin is
'Child ASIN.';
comment on column public.traffic_daily.parent_asin is
'ASIN of the variation parent; a product without variations has its own ASIN here. NULL: Amazon did not report it.';
comment on column public.traffic_daily.sessions is
'Visits by a user within 24 hours: browser_sessions + mobile_app_sessions. NULL: Amazon did not report it.';
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
'Page views with the featured offer (buy box), in percent. NULL: Amazon did not report it.';
comment on column public.traffic_daily.buy_box_pct_b2b is
'Page views by business customers with the featured offer, in percent. NULL: the seller does not sell to businesses.';
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
'ISO 4217 code of every amount of the row. NULL: the row has no amount.';
