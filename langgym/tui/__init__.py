"""The terminal interface: agents and their lives, read from the store; only memories can be changed here."""
