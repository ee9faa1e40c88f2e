"""Measurements that anyone can run: `python -m langgym.bench NAME`, or `langgym bench NAME`."""

NAMES = (
    *(
        "atari",
        "compare",
        "crash",
        "embedded",
        "faults",
        "fuzz",
        "learning",
        "models",
        "overhead",
        "parallel",
        "recall",
        "resume",
        "rivals",
        "serve",
        "texts",
        "transfer",
        "tui",
        "universe",
    ),
)
"""Every bench; each is a module here with a `main(arguments) -> int`."""
