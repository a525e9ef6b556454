"""Training: cross-fitted trees and network, ensemble weights, calibration, mitigation, pair model, ONNX export.

In: a snapshot, outcomes and the rows to train on. Out: a `gnn.models.model.Model` and its out-of-fold predictions.
Imports: gnn.models, gnn.features, gnn.metrics; torch, LightGBM, scikit-learn and onnx. Nothing that serves imports it.
"""
