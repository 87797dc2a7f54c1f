"""Amazon's Selling Partner API: requests that pass one gate, typed iterators, reports, the cheapest source.

Nothing here knows Dagster, a database or a table: payloads leave in Amazon's shape and are parsed elsewhere.
"""
