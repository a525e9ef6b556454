"""Exploring a snapshot: a party's links page by page, k-hop subgraphs, shortest paths, what links two parties.

In: a snapshot and rows of it. Out: rows, links and paths, in an order that depends on the snapshot alone.
May import graph.snapshots, graph.schema, graph.csr and graph.errors.
"""
