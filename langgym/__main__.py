"""`python -m langgym` is the command `langgym`."""

import sys

from langgym.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
