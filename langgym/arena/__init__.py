"""The arena: agents and policies play each other, seats swapped and seeds paired, and are rated."""
