"""A service in a process of its own, and clients that load it: what the benches of serving share."""
