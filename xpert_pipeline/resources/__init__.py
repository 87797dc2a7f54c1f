"""Thin Dagster resources for the `postgres` and `spapi` packages, which do not know each other."""
