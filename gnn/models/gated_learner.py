"""The network as it serves: an ONNX graph that onnxruntime runs, which computes equal blocks of features once.

Nearly all that the network costs is the first matrix product of each block. Questions about one party (its score with
some categories, without an attribute, with a cap) differ in few blocks, so each block is handed over with its distinct
rows alone, and none for parties of whom all of it is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
import onnxruntime

from gnn.arrays import F32, F64, I64
from gnn.models.onnx_learner import in_runs, session

BLOCK: Final = "block_"  # with its number the input of its distinct rows, F32[k, columns]
AT: Final = "at"  # I64[n, blocks]: the place of a party's row among those of all blocks, from 1, or 0: it is missing
PRESENT: Final = "present"  # F32[n, blocks]: 1 where anything of the block is known
MULTIPLE: Final = (
    4  # rows: with a multiple of as many a row has the same bits in any company; the last of 23 has others
)


@dataclass(frozen=True)
class GatedLearner:
    """A graph as `gnn.training.export_network` makes it, from features to raw log-odds."""

    onnx: bytes

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return session(self.onnx)

    @cached_property
    def _starts(self) -> I64:
        """Where the columns of each block begin, and where those of the last one end."""
        widths = {one.name: one.shape[1] for one in self._session.get_inputs()}
        blocks = [widths[f"{BLOCK}{b}"] for b in range(widths[AT])]
        return np.concatenate([[0], np.cumsum(blocks)]).astype(np.int64)

    @property
    def width(self) -> int:
        """How many features it reads."""
        return int(self._starts[-1])

    def output(self, values: F32) -> F64:
        """Raw log-odds F64[k] for features F32[k, width]."""
        return in_runs(values, self._run)

    def _run(self, values: F32) -> F32:
        starts, n = self._starts.tolist(), len(values)
        known = np.logical_or.reduceat(~np.isnan(values), self._starts[:-1], axis=1)
        at = np.zeros((n + -n % MULTIPLE, len(starts) - 1), np.int64)
        present = np.zeros(at.shape, np.float32)
        present[:n] = known
        given, place = {AT: at, PRESENT: present}, 1
        for b, (start, end) in enumerate(pairwise(starts)):
            rows = np.flatnonzero(known[:, b])
            block, same = _distinct(np.asarray(values[rows, start:end], np.float32))
            given[f"{BLOCK}{b}"], at[rows, b] = block, [place + one for one in same]
            place += len(block)
        found: F32 = self._session.run(None, given)[0][:n]
        return found


def _distinct(rows: F32) -> tuple[F32, list[int]]:
    """The distinct rows in the order in which they come, filled up to MULTIPLE, and which of them each row is."""
    content, width = rows.tobytes(), rows.itemsize * rows.shape[1]
    places: dict[bytes, int] = {}
    same = [places.setdefault(content[i : i + width], len(places)) for i in range(0, len(content), width)]
    filled = b"".join((*places, bytes(width * (-len(places) % MULTIPLE))))
    return np.frombuffer(filled, np.float32).reshape(-1, rows.shape[1]), same
