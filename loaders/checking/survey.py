"""What whole columns show before their rows are read: how numbers and times are written, which attributes are texts.

One value that allows a single reading settles how the others are read, wherever it stands. So a load reads its files
twice; a file is not held in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from loaders.values.numbers import NumberNotation
from loaders.values.times import TimeEvidence

# Words that mean missing among numbers, and which of them do so among texts too.
MISSING_ATTRIBUTE: Final = ("", "NA", "NaN", "nan", "null", "NULL", "None", "N/A", "n/a")
MISSING_TEXT: Final = ("", "NaN", "nan", "null", "NULL", "N/A", "n/a")
AMBIGUOUS_TEXT: Final = ("NA", "None")  # a country, a name: missing among numbers, texts among texts


@dataclass(frozen=True, slots=True)
class FileSurvey:
    """What the columns of a file show.

    numbers: by field or attribute, how numbers are written where they are not written plainly.
    plain: fields and attributes in which `1.234` is taken for 1.234, because nothing says otherwise.
    times: by field. dated: the fields with times that are not within a year of 1970.
    texts: the attributes that hold something other than numbers.
    currencies: of fields and attributes whose amounts have some, sorted.
    """

    numbers: Mapping[str, NumberNotation] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()
    times: Mapping[str, TimeEvidence] = field(default_factory=dict)
    dated: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    currencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOTHING_KNOWN: Final = FileSurvey()


def missing_attributes(given: tuple[str, ...] | None, is_text: bool) -> tuple[str, ...]:
    """The texts that mean missing in an attribute: those of the mapping, or the usual ones among texts or numbers."""
    if given is not None:
        return given
    return MISSING_TEXT if is_text else MISSING_ATTRIBUTE
