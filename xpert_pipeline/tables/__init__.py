"""Row contracts: what the rows of a table contain and mean. Other packages fetch and write the rows."""
