"""The universe for assistants, over the Model Context Protocol: the same tables and rules as over HTTP."""
