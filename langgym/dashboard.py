"""The dashboard: `streamlit run langgym/dashboard.py [-- --home DIR --experiments DIR]`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    folder = Path(__file__).resolve().parent
    # run by its path: Python would search this folder, not the one above it
    sys.path[:] = [str(folder.parent) if path == str(folder) else path for path in sys.path]
    from langgym.board.app import show_dashboard

    show_dashboard(sys.argv[1:])
