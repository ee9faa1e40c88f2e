"""Scripted players that read nothing but the text: one table per family of games."""
