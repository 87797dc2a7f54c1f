"""Shipments from the seller to Amazon."""
