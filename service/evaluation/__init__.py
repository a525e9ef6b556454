"""What `kith evaluate` does: files into a store of its own, a snapshot, splits, and the evaluations asked for.

In: a request (paths, options). Out: an evaluation with figures and findings, as JSON, text or an HTML page (`report`).
May import gnn, loaders and graph, never api, cli or the other parts of service.
"""
