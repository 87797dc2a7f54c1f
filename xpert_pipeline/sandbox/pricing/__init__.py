"""Offers and fee estimates of the seller's own listings: Product Pricing v0 and Product Fees v0."""
