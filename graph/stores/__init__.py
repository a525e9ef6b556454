"""Stores: the system of record, in which every fact is recorded and retracted by a load, over SQLite or Neo4j.

In: Arrow batches of facts, and a revision to read at. Out: the live facts of that revision, as batches or one party.
May import graph.schema and graph.errors; only `graph.stores.neo4j` imports the Neo4j driver.
"""
