"""Lending as a book: credit lines as their events say, exposures, expected losses, and how defaults spread."""
