"""Trained models as plain data: base learners in ONNX, ensemble weights, calibration, score scale, artifact.

In: rows of features. Out: log-odds, probabilities, scores and intervals.
Imports: gnn.features; never torch, LightGBM, scikit-learn or onnx, since this is what serves.
"""
