"""The heads of a model as they serve: a bag of boosted trees and the network. LightGBM and onnxruntime run them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import lightgbm
import numpy as np
import numpy.typing as npt
import onnxruntime

BATCH: Final = 64  # rows in one run of the network, always: then a row's bits do not depend on its company
MANY_ROWS: Final = 10_000  # from here trees use every core

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trees:
    """Boosters in LightGBM's text format; their raw log-odds are averaged."""

    texts: tuple[str, ...]

    @cached_property
    def _boosters(self) -> list[lightgbm.Booster]:
        return [lightgbm.Booster(model_str=text) for text in self.texts]

    @property
    def width(self) -> int:
        """How many features they read."""
        return int(self._boosters[0].num_feature())

    def logit(self, values: Floats) -> Doubles:
        """Raw log-odds float64[k] of features float32[k, width]."""
        if not len(values):
            return np.empty(0)
        threads = os.cpu_count() if len(values) > MANY_ROWS else 1
        total = np.zeros(len(values))
        for booster in self._boosters:
            total += np.asarray(booster.predict(values, raw_score=True, num_threads=threads))
        return total / len(self.texts)


@dataclass(frozen=True)
class Network:
    """An ONNX graph, features float32[BATCH, width] -> log-odds float32[BATCH]."""

    onnx: bytes

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self.onnx, options, providers=["CPUExecutionProvider"])

    def logit(self, values: Floats) -> Doubles:
        """Raw log-odds float64[k] of features float32[k, width]."""
        out = np.empty(len(values), np.float64)
        block = np.zeros((BATCH, values.shape[1]), np.float32)
        for start in range(0, len(values), BATCH):
            rows = values[start : start + BATCH]
            block[: len(rows)] = rows
            out[start : start + len(rows)] = self._session.run(None, {"features": block})[0][: len(rows)]
        return out
