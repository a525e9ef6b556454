"""Propagation, networks, scores and reasons."""

import os

# onnxruntime looks when it is imported, and would else keep a record of what it runs, to be sent.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
