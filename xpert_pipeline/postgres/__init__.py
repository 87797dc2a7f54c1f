"""The pipeline's database: pool, migrations, embedded server, loads, ledger, lease and quota.

Knows no Dagster and no SP-API; the tables it writes come as contracts from `xpert_pipeline.tables`.
"""
