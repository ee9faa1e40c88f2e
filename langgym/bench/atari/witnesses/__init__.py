"""Independent sources of what the words about a game say: one table per family of games."""
