"""Times in strptime formats whose parts are digits alone, such as `%d.%m.%Y %H:%M`, parsed as whole columns."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.values.arrays import F64, to_mask

# The values that strptime takes for each directive; a leap second is left to it.
_PARTS: Final = {
    "d": "3[01]|[12][0-9]|0[1-9]|[1-9]", "m": "1[0-2]|0[1-9]|[1-9]", "Y": "[0-9]{4}", "H": "2[0-3]|[01][0-9]|[0-9]",
    "M": "[0-5][0-9]|[0-9]", "S": "[0-5][0-9]|[0-9]",
}  # fmt: skip
_SECONDS: Final = {"H": 3600.0, "M": 60.0, "S": 1.0}


def digit_times(texts: pa.Array, form: str) -> F64 | None:
    """The times of a column as seconds since 1970 of the clock they are read on; None where the format needs strptime.

    NaN where the value is missing, infinite where it is no such time or strptime must tell.
    """
    pattern = _pattern(form)
    if pattern is None:
        return None
    found = pc.extract_regex(pc.utf8_trim_whitespace(texts), pattern)
    parts = {name: _numbers(found, name) for name in _PARTS if f"(?P<{name}>" in pattern}
    is_time = np.nan_to_num(parts["Y"]) > 0.0
    year, month, day = (np.where(is_time, parts[name], 1.0).astype(np.int64) for name in ("Y", "m", "d"))
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    is_time &= days.astype("datetime64[M]") == months
    seconds = days.astype(np.int64) * 86_400.0
    for name, length in _SECONDS.items():
        if name in parts:
            seconds += np.where(is_time, parts[name], 0.0) * length
    return np.where(is_time, seconds, np.where(to_mask(pc.is_null(texts)), np.nan, np.inf))


def _pattern(form: str) -> str | None:
    """The regular expression of a format; None where it has other directives, or one twice, or no whole date."""
    pieces = re.split(r"%(.)", form)
    directives = pieces[1::2]
    if (
        not set(directives) <= set(_PARTS)
        or len(set(directives)) < len(directives)
        or not set("dmY") <= set(directives)
    ):
        return None
    pattern = "^"
    for index, piece in enumerate(pieces):
        pattern += f"(?P<{piece}>{_PARTS[piece]})" if index % 2 else re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(piece))
    return pattern + "$"


def _numbers(found: pa.Array, name: str) -> F64:
    """One group as numbers, NaN where the text did not match."""
    return np.array(pc.cast(pc.struct_field(found, name), pa.float64()).to_numpy(zero_copy_only=False), np.float64)
