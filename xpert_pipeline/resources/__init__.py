"""Thin Dagster faces of the `postgres` and `spapi` packages; they join what those two do not know of each other."""
