"""Measurements that anyone can run: `python -m langgym.bench NAME`, or `langgym bench NAME`."""

NAMES = (
    *(
        "atari",
        "crash",
        "embedded",
        "faults",
        "learning",
        "overhead",
        "parallel",
        "recall",
        "resume",
        "texts",
        "transfer",
        "tui",
    ),
)
"""Every bench; each is a module here with a `main(arguments) -> int`."""
