"""A local Selling Partner API over an invented or a real order history. It imports nothing else of this project.

`world/` has the sellers' data, `serving/` what every call needs, `jobs/` reports and Data Kiosk queries. A domain has
its own folder with operations, reports and datasets. `control/` has what Amazon does not offer. The docstring of
`domain.py` says how to add a domain. Imports go one way: app → control, domains → domain → jobs → serving → world.
"""
