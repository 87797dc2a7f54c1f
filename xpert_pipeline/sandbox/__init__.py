"""A local Selling Partner API over an invented or a real order history; it imports nothing else of this project."""
