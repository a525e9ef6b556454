"""Where the outcomes of the training parties lie: what a model keeps of them (`gnn.models.support`).

Strata are kept in which outcomes are missing beyond chance, by exact binomial probabilities (Bonferroni-corrected):

- none at all, though many parties without outcomes are in it: outcomes exist only elsewhere;
- hardly any of one side, and fewer outcomes than elsewhere: who has an outcome depends on what it is.

The limit of a distance is the conformal 99 % quantile of distances of held-out training parties (Vovk et al. 2005,
section 2.2), so that about one in a hundred of parties like them is called far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import binom

from gnn.arrays import F32, F64, I64
from gnn.features.coverage import has_evidence
from gnn.features.spec import SELF, FeatureSpec
from gnn.models.support import KindCounts, Presence, Region, Stratum, TrainingSupport, standardised
from graph.schema import IDENTIFIER_KINDS

CHANCE: Final = 1e-3  # probability, over all strata, of calling one selected that is not
ONE_SIDED: Final = 0.01  # the largest share of outcomes of the other side in a one-sided stratum
MIN_OTHERS: Final = 20  # parties without outcomes in a stratum, for selection to matter
USUAL: Final = 0.99  # share of training parties that know an attribute, from which knowing none is unusual
FALSE_ALARMS: Final = 0.01
MIN_PARTIES: Final = 50  # of a kind, with outcomes, to have a region
MAX_COLUMNS: Final = 24  # of a region
MOST_ALIKE: Final = 0.95  # share of equal values in a column that is compared
FOLDS: Final = 5
SHRINKAGE: Final = 0.1  # of correlations, towards none
QUARTILES: Final = (0.25, 0.5, 0.75)
IQR_OF_NORMAL: Final = 1.349


def fit_support(spec: FeatureSpec, values: F32, y: F32, others: Iterable[F32]) -> TrainingSupport:
    """The support of training parties with features F32[k, spec.width] and outcomes F32[k], 1 bad and 0 good.

    others: features of all other parties, a block of them F32[., spec.width] at a time; only own records, kinds and
    links are read. Nothing depends on the order of rows.
    """
    of_kind = {name: values[:, column] > 0 for name, column in _kind_columns(spec).items()}
    elsewhere = _counted(spec, others, [name for name, there in of_kind.items() if there.any()])
    counts = {}
    for (name, column), others_there in zip(_kind_columns(spec).items(), elsewhere.by_kind.tolist(), strict=True):
        good, bad = (int((of_kind[name] & (y == outcome)).sum()) for outcome in (0, 1))
        counts[name] = KindCounts(column, good, bad, others_there)
    start = spec.slice(SELF).start
    attributes = tuple(range(start, start + len(spec.columns)))
    knows_any = (~np.isnan(values[:, start : start + len(spec.columns)])).any(axis=1)
    usual = len(attributes) > 0 and float(knows_any.mean()) >= USUAL
    regions = {}
    for name, there in of_kind.items():
        rows = np.flatnonzero(there)
        region = _region(spec, values, rows) if len(rows) >= MIN_PARTIES else None
        if region is not None:
            regions[name] = region
    return TrainingSupport(counts, attributes if usual else (), _strata(spec, values, y, elsewhere), regions)


@dataclass(frozen=True, slots=True)
class _Others:
    """Numbers of parties without an outcome that can be assessed.

    by_kind: by the place of their kind. n: those of kinds with outcomes. having: of these, by the place of a presence.
    """

    by_kind: I64
    n: int
    having: I64


def _counted(spec: FeatureSpec, blocks: Iterable[F32], known_kinds: Sequence[str]) -> _Others:
    kinds, presences, n = _kind_columns(spec), list(_presences(spec)), 0
    by_kind, having = np.zeros(len(kinds), np.int64), np.zeros(len(presences), np.int64)
    for values in blocks:
        assessed = values[has_evidence(values, spec, spec.categories)]
        by_kind += (assessed[:, list(kinds.values())] > 0).sum(axis=0)
        alike = assessed[(assessed[:, [kinds[name] for name in known_kinds]] > 0).any(axis=1)]  # others: told as such
        having += np.array([presence.shown_by(alike[:, presence.column]).sum() for presence in presences], np.int64)
        n += len(alike)
    return _Others(by_kind, n, having)


def _kind_columns(spec: FeatureSpec) -> dict[str, int]:
    """The column of each kind of party that can be assessed."""
    start = spec.slice(SELF).start + len(spec.columns)
    return {name: start + i for i, name in enumerate(spec.party_kinds) if name not in IDENTIFIER_KINDS}


def _presences(spec: FeatureSpec) -> Iterator[Presence]:
    """All that a party may have or lack."""
    start = spec.slice(SELF).start
    first_column = {one.attribute: start + i for i, one in reversed([*enumerate(spec.columns)])}
    for attribute, place in sorted(first_column.items()):
        yield Presence("attribute", attribute, place)
    for category, kinds in sorted(spec.kinds.items()):
        block = next(block for block in spec.blocks if block.name == category)
        first = spec.slice(category).start
        for kind in kinds:
            for side in kind.sides:
                column = first + block.columns.index(f"{category}.{side}.links")
                yield Presence("links", kind.kind, column, side.removeprefix(kind.kind).lstrip("."), category)
    for name, column in _kind_columns(spec).items():
        yield Presence("kind", name, column)


def _strata(spec: FeatureSpec, values: F32, y: F32, others: _Others) -> tuple[Stratum, ...]:
    presences = list(_presences(spec))
    chance = CHANCE / (2 * max(len(presences), 1))
    found = []
    for presence, having in zip(presences, others.having.tolist(), strict=True):
        has = presence.shown_by(values[:, presence.column])
        for present, others_inside in ((True, having), (False, others.n - having)):
            good, bad = (int(((has == present) & (y == outcome)).sum()) for outcome in (0, 1))
            stratum = Stratum(presence, present, good, bad, others_inside)
            if _is_selected(stratum, y, others.n, chance):
                found.append(stratum)
    return tuple(found)


def _is_selected(stratum: Stratum, y: F32, n_others: int, chance: float) -> bool:
    """Whether outcomes are missing in a stratum beyond chance, and rarer than outside it."""
    known, all_known = stratum.good + stratum.bad, len(y)
    share = (known + stratum.others) / (all_known + n_others)  # of all parties that are in it
    if stratum.others < MIN_OTHERS or binom.cdf(known, all_known, share) >= chance:
        return False
    if stratum.is_empty:
        return True
    bad_rate = float((y == 1).mean())
    fewer, rate = min((stratum.good, 1 - bad_rate), (stratum.bad, bad_rate))
    return bool(fewer <= ONE_SIDED * known and binom.cdf(fewer, known, rate) < chance)


def _region(spec: FeatureSpec, values: F32, rows: I64) -> Region | None:
    """The region of the training parties of one kind; None where no column varies among them."""
    columns = _compared(spec, values, rows)
    if not columns:
        return None
    ordered = values[rows[:, None], np.array(columns)]
    ordered = ordered[np.lexsort(np.nan_to_num(ordered, nan=-99.0).T[::-1])]  # by content, so that no order shows
    fold = np.arange(len(ordered)) % FOLDS
    held_out = np.empty(len(ordered))
    for k in range(FOLDS):
        held_out[fold == k] = _fitted(ordered[fold != k], np.inf).distance(ordered[fold == k])
    place = int(np.ceil((1 - FALSE_ALARMS) * (len(held_out) + 1)))
    limit = float(np.sort(held_out)[min(place, len(held_out)) - 1])
    whole = _fitted(ordered, limit)
    return Region(tuple(columns), whole.center, whole.scale, whole.precision, limit)


def _compared(spec: FeatureSpec, values: F32, rows: I64) -> list[int]:
    """The columns to compare: numbers of the own record and of neighbours by category, those known most often first."""
    start = spec.slice(SELF).start
    wanted = [start + i for i, column in enumerate(spec.columns) if column.word is None]
    wanted += [spec.slice(category).start for category in spec.categories]
    varying = [column for column in wanted if _varies(values[rows, column])]
    known = {column: int((~np.isnan(values[rows, column])).sum()) for column in varying}
    return sorted(sorted(varying, key=lambda column: (-known[column], column))[:MAX_COLUMNS])


def _varies(column: F32) -> bool:
    """Whether at most MOST_ALIKE of the known values are the same one; else nothing shows how far is far."""
    _, count = np.unique(column[~np.isnan(column)], return_counts=True)
    return len(count) > 1 and bool(count.max() <= MOST_ALIKE * count.sum())


def _fitted(values: F32, limit: float) -> Region:
    """The region of these rows over all their columns, by medians, quartiles and shrunk correlations."""
    center, scale = np.zeros(values.shape[1]), np.ones(values.shape[1])
    for i in range(values.shape[1]):
        known = np.sort(values[~np.isnan(values[:, i]), i].astype(np.float64))
        if len(known):
            low, center[i], high = (known[int(q * (len(known) - 1))] for q in QUARTILES)
            scale[i] = (high - low) / IQR_OF_NORMAL or float(known.std()) or 1.0
    z = standardised(values, center, scale)
    precision = np.linalg.inv(_shrunk_covariance(z))
    columns = tuple(range(values.shape[1]))
    rows = tuple(tuple(row) for row in precision.tolist())
    return Region(columns, tuple(center.tolist()), tuple(scale.tolist()), rows, limit)


def _shrunk_covariance(z: F64) -> F64:
    """Covariances about 0, those of two columns shrunk by SHRINKAGE; a column that is always central varies by 1."""
    covariance = np.einsum("nk,nl->kl", z, z) / len(z)  # no BLAS: its threads change bits
    diagonal = np.diag(covariance).copy()
    diagonal[diagonal == 0] = 1.0
    covariance = (1 - SHRINKAGE) * covariance
    np.fill_diagonal(covariance, diagonal)
    return np.asarray(covariance, np.float64)
