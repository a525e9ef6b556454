"""The base learners of a model as they serve: ONNX graphs that onnxruntime runs."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import onnxruntime

from gnn.arrays import F32, F64

MANY_ROWS: Final = 500  # from here every core takes part


@dataclass(frozen=True)
class OnnxLearner:
    """An ONNX graph from features F32[batch, width] to F32[batch], mostly raw log-odds.

    The batch is fixed in the graph and filled up with zeros, so that a row's bits do not depend on the batch it is in.
    """

    onnx: bytes

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self.onnx, options, providers=["CPUExecutionProvider"])

    @cached_property
    def _shape(self) -> tuple[int, int]:
        batch, width = self._session.get_inputs()[0].shape
        return int(batch), int(width)

    @property
    def width(self) -> int:
        """How many features it reads."""
        return self._shape[1]

    def output(self, values: F32) -> F64:
        """The graph's output F64[k] for features F32[k, width]."""
        if len(values) < MANY_ROWS:
            return self._output(values)
        cores = os.cpu_count() or 1
        with ThreadPoolExecutor(cores) as pool:
            return np.concatenate(list(pool.map(self._output, np.array_split(values, cores))))

    def _output(self, values: F32) -> F64:
        batch, session = self._shape[0], self._session
        out = np.empty(len(values), np.float64)
        block = np.zeros(self._shape, np.float32)
        for start in range(0, len(values), batch):
            rows = values[start : start + batch]
            block[: len(rows)] = rows
            out[start : start + len(rows)] = session.run(None, {"features": block})[0].reshape(-1)[: len(rows)]
        return out
