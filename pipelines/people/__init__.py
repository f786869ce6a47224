"""Where people walk from, and how many of them."""
