"""Features: which there are (spec, families), what each needs, and how they are computed (featurizer).

In: a snapshot and the outcomes that may be read. Out: F32[n, width], one row for each party or each rated pair.
Imports: gnn.propagation and graph; one featurizer serves training and scoring.
"""
