"""`langgym models`."""

import typer

app = typer.Typer(help="models", no_args_is_help=True, rich_markup_mode=None)
