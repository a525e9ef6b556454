"""What a serving process loads: nothing that trains."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LIBRARIES = ("torch", "torch_geometric", "sklearn", "lightgbm", "onnx", "onnxscript")
OF_TRAINING = (*LIBRARIES, "gnn.training", "gnn.evaluation", "gnn.metrics", "service.training", "service.evaluation")


@pytest.mark.parametrize("module", ["api.app", "service.context", "service.answers.explanations"])
def test_importing_what_serves_loads_nothing_that_trains(module: str) -> None:
    program = f"import sys, {module}; print(*[name for name in {OF_TRAINING!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
