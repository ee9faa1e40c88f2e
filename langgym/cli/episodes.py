"""`langgym episodes`."""

import typer

app = typer.Typer(help="episodes", no_args_is_help=True, rich_markup_mode=None)
