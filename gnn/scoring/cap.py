"""The cap on others' share: how far relationships may move an answer away from the own record."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def capped(own: npt.NDArray[np.float64], whole: npt.NDArray[np.float64], cap: float | None) -> npt.NDArray[np.float64]:
    """Log-odds with others' share held within +-cap of the own part; None is no cap."""
    if cap is None:
        return whole
    shift = whole - own
    return np.where(np.abs(shift) > cap, own + np.clip(shift, -cap, cap), whole)
