"""Boosted trees as they serve: ONNX graphs that onnxruntime runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import onnxruntime

from gnn.arrays import F32, F64

MANY_ROWS: Final = 500  # from here every core takes part
MOST_ROWS: Final = 256  # in one run, so that what it needs in memory stays small


@dataclass(frozen=True)
class OnnxLearner:
    """An ONNX graph from features F32[n, width] to F32[n], mostly raw log-odds.

    It adds up the trees of each row in the same order, so a row's bits do not depend on the rows beside it.
    """

    onnx: bytes

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return session(self.onnx)

    @cached_property
    def width(self) -> int:
        """How many features it reads."""
        return int(self._session.get_inputs()[0].shape[1])

    def output(self, values: F32) -> F64:
        """The graph's output F64[k] for features F32[k, width]."""
        return in_runs(values, self._run)

    def _run(self, values: F32) -> F32:
        found: F32 = self._session.run(None, {"features": np.ascontiguousarray(values, np.float32)})[0].reshape(-1)
        return found


def session(onnx: bytes) -> onnxruntime.InferenceSession:
    """What runs a graph, on the thread that asks."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def in_runs(values: F32, run: Callable[[F32], F32]) -> F64:
    """What `run` gives for features F32[k, width], F64[k], asked in runs of at most MOST_ROWS rows."""
    if not len(values):
        return np.empty(0, np.float64)
    runs = [values[start : start + MOST_ROWS] for start in range(0, len(values), MOST_ROWS)]
    if len(values) < MANY_ROWS:
        return np.concatenate([run(rows) for rows in runs]).astype(np.float64)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return np.concatenate(list(pool.map(run, runs))).astype(np.float64)
