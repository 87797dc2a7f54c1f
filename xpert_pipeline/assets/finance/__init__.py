"""What a seller earns and pays, as Amazon reports it."""
