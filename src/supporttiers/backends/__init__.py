"""Adapters to the world: one technology per file, optional imports only inside that file."""
