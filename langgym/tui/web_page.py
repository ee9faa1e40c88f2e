"""What tells a process that draws on a page from one in a terminal."""

import os

DRIVER = "langgym.tui.web_driver:PageDriver"
"""What a page's process finds in `TEXTUAL_DRIVER`."""


def runs_in_page() -> bool:
    """Returns whether this process draws on a page: its standard input and output are then no terminal, and rightly."""
    return os.environ.get("TEXTUAL_DRIVER") == DRIVER
