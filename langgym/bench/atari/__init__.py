"""Atari in words: how fast, how long, how true, and whether the text is enough to play by."""
