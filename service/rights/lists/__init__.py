"""Blacklists: entries as values and moves, and as they are kept, asked and ended."""
