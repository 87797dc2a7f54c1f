"""Bad input of every kind, end to end: each with a clear error, the others unharmed, and nothing lost or invented."""
