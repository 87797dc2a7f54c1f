"""Orders: the operations, the reports and the rows."""
