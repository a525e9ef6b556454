"""The network itself: its schema, the stores that hold its facts, snapshots of it, and what can be asked of these.

In: batches of facts (`graph.schema`) and purposes. Out: parties, links, paths and rings by row of a snapshot.
Imports no other package of Kith. Layers: rings | explore > snapshots > stores | purposes > schema | csr > errors.
"""
