"""A local Selling Partner API that serves an invented or a real order history. It imports nothing else of this project.

`world/` has the sellers' data, `serving/` has what every call needs, and `jobs/` has reports and Data Kiosk queries.
Each domain has its own folder with operations, reports and datasets. `control/` has endpoints that Amazon does not
offer. The docstring of `domain.py` says how to add a domain. Imports go one way: app → control, domains → domain →
jobs → serving → world.
"""
