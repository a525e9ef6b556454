"""The numpy arrays that loaders compute with, and Arrow conditions as boolean masks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]


def to_mask(condition: pa.Array) -> Bools:
    """A boolean Arrow array as a numpy mask of the same length; null is False."""
    return np.asarray(pc.fill_null(condition, False).to_numpy(zero_copy_only=False), bool)
