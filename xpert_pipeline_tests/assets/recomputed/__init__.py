"""Every column of the derived tables that sellers decide by, computed from the raw tables in plain Python.

Nothing here imports the pipeline or its sandbox, and nothing is SQL but the reading of whole tables.
"""
