"""What happens, as it is sent in: events become facts of the store, each once.

In: events as JSON, and whose they are. Out: what became of each, and the revision from which the network has them.
Imports graph, service.closed and service.workspace.
"""
