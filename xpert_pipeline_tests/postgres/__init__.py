"""Tests of the database package, against a real PostgreSQL."""
