"""Seller economics in Data Kiosk."""
