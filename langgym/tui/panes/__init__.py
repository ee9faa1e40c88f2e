"""Parts of screens that read the store."""
