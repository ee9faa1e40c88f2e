"""Measurements that anyone can run: `python -m langgym.bench NAME`, or `langgym bench NAME`."""

NAMES = ("overhead", "texts")
"""Every bench; each is a module here with a `main(arguments) -> int`."""
