"""Row contracts: what the rows of each table contain and mean. How rows are fetched or written is not here."""
