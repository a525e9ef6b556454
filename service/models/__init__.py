"""The models of a workspace while it serves: registered, run in shadow, promoted, rolled back, without a restart.

In: artifacts and decisions. Out: what serves, and how what runs in shadow compares with it. Layers:
watching > shadow | registry. May import gnn.models, gnn.scoring and service.context.
"""
