"""The pipeline's database: pool, migrations, embedded server, loads, ledger, lease and quota.

Nothing here knows Dagster or the SP-API. The contracts of the tables come from `xpert_pipeline.tables`.
"""
