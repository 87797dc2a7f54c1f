"""The pipeline's database: pool, migrations, embedded server, loads, ledger, lease and quota.

It depends on neither Dagster nor the SP-API. `xpert_pipeline.tables` defines the contracts of the tables.
"""
