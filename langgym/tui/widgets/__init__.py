"""Widgets that know rows and texts, but no store."""
