"""What customers think of products and of the seller."""
