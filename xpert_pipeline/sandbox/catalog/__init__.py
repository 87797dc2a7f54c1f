"""Listings and catalogue items."""
