"""Requests reports and Data Kiosk queries, which Amazon runs asynchronously, stores their state, and waits for them."""
