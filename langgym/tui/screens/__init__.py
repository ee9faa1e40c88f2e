"""Screens: layout, keys and what a screen asks of the store."""
