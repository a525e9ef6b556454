"""Which columns a network has: of parties' own records, and statistics over neighbours within a budget.

In: a snapshot. Out: columns and the names that statistics read. Imports gnn.propagation and graph.
"""
