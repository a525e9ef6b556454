"""Where the outcomes lie that a model was trained on, and which parties are unlike those with outcomes.

A model answers about any party. Its answer rests on outcomes of parties that may be another kind of party: outcomes may
exist only for some kinds, good ones only where a loan exists, or nowhere near the party. What is kept of the training
parties is small: counts of good and bad by what is present, and for each kind a Mahalanobis distance over some columns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np

from gnn.arrays import F32, F64, I64, Bools

KIND_WITHOUT_OUTCOMES: Final = "KIND_WITHOUT_OUTCOMES"
ATTRIBUTES_MISSING: Final = "ATTRIBUTES_MISSING"
ONE_SIDED_OUTCOMES: Final = "ONE_SIDED_OUTCOMES"
UNLIKE_TRAINING: Final = "UNLIKE_TRAINING"
SUPPORT_CODES: Final = (KIND_WITHOUT_OUTCOMES, ATTRIBUTES_MISSING, ONE_SIDED_OUTCOMES, UNLIKE_TRAINING)
MAX_DEVIATION: Final = 20.0  # standard deviations; a column farther out counts as much

What = Literal["kind", "attribute", "links"]


@dataclass(frozen=True, slots=True)
class Presence:
    """Something that a party has or lacks: being of a kind, a known attribute, or links of a kind in a direction.

    column: the feature that shows it. side: `out` or `in`, empty for links that have no direction. category: of links.
    """

    what: What
    name: str
    column: int
    side: str = ""
    category: str | None = None

    def shown_by(self, column: F32) -> Bools:
        """Bools[k]: which of these parties have it, by their values in the column."""
        if self.what == "attribute":
            return np.asarray(~np.isnan(column))
        return np.asarray(np.nan_to_num(column) > 0)


@dataclass(frozen=True, slots=True)
class Stratum:
    """The parties that have something, or lack it: how many had a good and a bad outcome, and how many neither."""

    presence: Presence
    present: bool
    good: int
    bad: int
    others: int

    @property
    def is_empty(self) -> bool:
        """Whether no outcome is known in it."""
        return not self.good + self.bad

    def of(self, values: F32) -> Bools:
        """Bools[k]: which of these parties are in it, by their features F32[k, width]."""
        return np.asarray(self.presence.shown_by(values[:, self.presence.column]) == self.present)


@dataclass(frozen=True)
class Region:
    """Where the training parties of one kind lie: squared Mahalanobis distances above `limit` are far from them.

    columns are those of the features that are compared, each centred and scaled; what is missing counts as central.
    """

    columns: tuple[int, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]
    precision: tuple[tuple[float, ...], ...]
    limit: float

    def distance(self, values: F32) -> F64:
        """Squared distances F64[k] of these parties; each is computed by itself, whoever else is asked about."""
        columns, center, scale, precision = self._arrays
        z = standardised(values[:, columns], center, scale)
        return np.asarray((np.einsum("nk,kl->nl", z, precision) * z).sum(axis=1), np.float64)

    @cached_property
    def _arrays(self) -> tuple[I64, F64, F64, F64]:
        return np.array(self.columns), np.array(self.center), np.array(self.scale), np.array(self.precision)


def standardised(values: F32, center: F64, scale: F64) -> F64:
    """(values - center) / scale within MAX_DEVIATION, 0 where missing: F64[k, columns]."""
    z = ((values.astype(np.float64) - center) / scale).clip(-MAX_DEVIATION, MAX_DEVIATION)
    z[np.isnan(z)] = 0.0
    return z


@dataclass(frozen=True, slots=True)
class KindCounts:
    """How many parties of a kind had a good and a bad outcome, and how many neither; `column` is that of the kind."""

    column: int
    good: int
    bad: int
    others: int


@dataclass(frozen=True, slots=True)
class TrainingSupport:
    """Where the outcomes of the training parties lie.

    kinds: counts by kind, of all kinds that can be assessed. attributes: the columns of attributes, where nearly every
    training party had one. strata: those in which outcomes of one side, or all, are missing beyond chance. regions: by
    kind, of kinds with enough outcomes.
    """

    kinds: Mapping[str, KindCounts]
    attributes: tuple[int, ...]
    strata: tuple[Stratum, ...]
    regions: Mapping[str, Region]

    @property
    def good(self) -> int:
        return sum(kind.good for kind in self.kinds.values())

    @property
    def bad(self) -> int:
        return sum(kind.bad for kind in self.kinds.values())

    def codes(self, values: F32, categories: Collection[str]) -> list[tuple[str, ...]]:
        """The SUPPORT_CODES of each of these parties, from features F32[k, width] in which only `categories` count."""
        unlike: dict[str, Bools] = dict.fromkeys(SUPPORT_CODES, np.zeros(len(values), np.bool_))
        columns = [kind.column for kind in self.kinds.values() if kind.good + kind.bad]
        known_kind: Bools = np.asarray((values[:, columns] > 0).any(axis=1))
        unlike[KIND_WITHOUT_OUTCOMES] = ~known_kind
        if self.attributes:
            unlike[ATTRIBUTES_MISSING] = np.asarray(np.isnan(values[:, list(self.attributes)]).all(axis=1))
        for stratum in self.strata:
            if stratum.presence.category is None or stratum.presence.category in categories:
                code = UNLIKE_TRAINING if stratum.is_empty else ONE_SIDED_OUTCOMES
                unlike[code] = unlike[code] | stratum.of(values)
        for name, region in self.regions.items():
            rows = np.flatnonzero(values[:, self.kinds[name].column] > 0)
            far = np.zeros(len(values), np.bool_)
            far[rows] = region.distance(values[rows]) > region.limit
            unlike[UNLIKE_TRAINING] = unlike[UNLIKE_TRAINING] | far
        for code in (ONE_SIDED_OUTCOMES, UNLIKE_TRAINING):  # of other kinds there is nothing to compare with
            unlike[code] = unlike[code] & known_kind
        return [tuple(code for code in SUPPORT_CODES if unlike[code][row]) for row in range(len(values))]

    def to_json(self) -> dict[str, Any]:
        return {
            "kinds": {name: asdict(kind) for name, kind in sorted(self.kinds.items())},
            "attributes": list(self.attributes),
            "strata": [asdict(stratum) for stratum in self.strata],
            "regions": {name: asdict(region) for name, region in sorted(self.regions.items())},
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> TrainingSupport:
        """The reverse of `to_json`. Raises KeyError, TypeError or ValueError for anything else."""
        return TrainingSupport(
            {name: KindCounts(**kind) for name, kind in value["kinds"].items()},
            tuple(value["attributes"]),
            tuple(Stratum(**{**one, "presence": Presence(**one["presence"])}) for one in value["strata"]),
            {name: _region(one) for name, one in value["regions"].items()},
        )


def _region(value: Mapping[str, Any]) -> Region:
    precision = tuple(tuple(float(x) for x in row) for row in value["precision"])
    columns, center, scale = (tuple(value[name]) for name in ("columns", "center", "scale"))
    return Region(columns, center, scale, precision, float(value["limit"]))
