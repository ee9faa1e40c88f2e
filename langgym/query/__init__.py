"""Read models: what is stored and what can be played, as screens, tables and JSON show it."""
