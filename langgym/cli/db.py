"""`langgym db`."""

import typer

app = typer.Typer(help="db", no_args_is_help=True, rich_markup_mode=None)
