"""Text for games: one module per game or family."""
