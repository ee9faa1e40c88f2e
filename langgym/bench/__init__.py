"""Measurements that anyone can run: `python -m langgym.bench NAME`, or `langgym bench NAME`."""

NAMES = ("atari", "crash", "faults", "learning", "overhead", "parallel", "resume", "texts")
"""Every bench; each is a module here with a `main(arguments) -> int`."""
