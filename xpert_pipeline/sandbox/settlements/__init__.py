"""Settlement reports, which Amazon makes by itself."""
