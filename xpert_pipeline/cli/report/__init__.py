"""`xpert report`: answers questions about the pipeline. `group` makes a command of each file in sql/monitoring."""
