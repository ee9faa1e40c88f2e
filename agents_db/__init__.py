"""What has happened: agents, episodes, steps, prompts and memories, stored in SQL and indexed by Chroma."""
