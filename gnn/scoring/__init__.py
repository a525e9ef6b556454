"""Scoring: the feature table of a snapshot, the scorer over it, and scores after changes of the network.

In: a model, a snapshot and the terms of a question. Out: assessments, scenarios and trust predictions.
Imports: gnn.models and gnn.features; never gnn.training or gnn.evaluation.
"""
