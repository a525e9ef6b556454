"""What a serving process answers from while things go on: the snapshot, and the journal of what came after it.

In: the workspace and, for who writes, the store. Out: a `ServingContext` of the newest revision that was acknowledged.
Imports graph, gnn.scoring, service.context and service.workspace.
"""
