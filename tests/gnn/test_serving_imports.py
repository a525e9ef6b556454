"""What serves loads none of the libraries that train: a fresh process imports it and looks."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

TRAINING_LIBRARIES = ("torch", "torch_geometric", "sklearn", "lightgbm", "onnx", "pandas")
LOADED = "import sys; import {module}; print(*(name for name in {names!r} if name in sys.modules))"


@pytest.mark.parametrize("module", ["gnn.scoring.scorer", "gnn.explain.explainer", "service.context", "api.app"])
def test_serving_loads_no_training_library(module: str) -> None:
    code = LOADED.format(module=module, names=TRAINING_LIBRARIES)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == []
