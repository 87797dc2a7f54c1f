"""Keeps an Amazon seller's business in PostgreSQL: current, complete and honest."""
