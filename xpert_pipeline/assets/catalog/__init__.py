"""Listings and the catalogue."""
