"""Loads an Amazon seller's data into PostgreSQL and keeps it current and complete."""
