"""`langgym memories`."""

import typer

app = typer.Typer(help="memories", no_args_is_help=True, rich_markup_mode=None)
