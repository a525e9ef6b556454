"""Message passing: sums, means and quantiles over neighbours, one and two hops away.

In: a CSR block of links and the rows of values at their sources. Out: one row of statistics for each destination.
Imports: gnn.arrays and graph; knows nothing of features or models.
"""
