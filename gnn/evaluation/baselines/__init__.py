"""The models that Kith has to beat: label propagation, link counts, GraphSAGE, GPR-GNN; and those of ratings.

In: a snapshot, labels and a split, or ratings to train on and to test on. Out: a probability or score by test row.
May import gnn.metrics, gnn.training, gnn.features and below, never the rest of gnn.evaluation.
"""
