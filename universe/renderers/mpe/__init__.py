"""Words for the multi-particle environments, one renderer for each game."""
