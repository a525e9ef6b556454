"""Snapshots: the network as of a time and a revision, as read-only arrays in a folder of memory-mapped files.

In: a `FactReader` of the stores, or a snapshot and changes to it. Out: a `Snapshot`, equal facts giving equal bytes.
May import graph.stores.base, graph.schema, graph.csr and graph.errors.
"""
