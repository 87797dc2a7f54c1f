"""Prices, offers and fee estimates of the seller's own listings."""
