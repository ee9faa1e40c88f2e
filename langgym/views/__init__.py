"""Read models in words: the tables and lines that the command line prints and the terminal interface shows."""
