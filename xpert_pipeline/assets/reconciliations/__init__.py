"""What tables say about the same thing, compared: one module for each pair of tables."""
