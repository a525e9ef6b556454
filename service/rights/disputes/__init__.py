"""Disputes of facts: as values and moves without a database, and as they are worked on in records and store.

Comes in: facts of the store, moves that people make, the time. Goes out: disputes, their duties, notices of results.
"""
