"""From the arrays of a snapshot to scores: features, training, scoring, explanation and evaluation.

In: a snapshot and known outcomes. Out: models, scores, attributions and figures; service puts them in words.
Imports: graph. Layers, top first: evaluation > explain > (scoring | training) > models > features > propagation.

    a score is made in       scoring/scorer.py
    it is explained in       explain/explainer.py
    a model is trained in    training/train.py
    it is tested in          evaluation/evaluate_risk.py
"""

import os

# onnxruntime looks when it is imported, and would else keep a record of what it runs, to be sent.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
