"""What agents remember: episodes now, and what is recalled of them in a turn."""
