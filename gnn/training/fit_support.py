"""Where the outcomes of the training parties lie: what a model keeps of them (`gnn.models.support`).

Strata are kept in which outcomes are missing beyond chance, by exact binomial probabilities (Bonferroni-corrected):

- none at all, though many parties without outcomes are in it: outcomes exist only elsewhere;
- hardly any of one side, and fewer outcomes than elsewhere: who has an outcome depends on what it is.

The limit of a distance is the conformal 99 % quantile of distances of held-out training parties (Vovk et al. 2005,
section 2.2), so that about one in a hundred of parties like them is called far.
"""

from __future__ import annotations

from collections.abc import Iterator
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


def fit_support(spec: FeatureSpec, values: F32, rows: I64, y: F32) -> TrainingSupport:
    """The support of the training parties `rows` among all parties, whose features are F32[n, spec.width].

    y F32[k] are the outcomes of `rows`, 1 bad and 0 good. Nothing depends on the order of rows.
    """
    kinds = _kind_columns(spec)
    assessed = has_evidence(values, spec, spec.categories) & (values[:, list(kinds.values())] > 0).any(axis=1)
    others = assessed.copy()
    others[rows] = False
    counts = {}
    for name, column in kinds.items():
        of_kind = values[rows, column] > 0
        counts[name] = KindCounts(
            column,
            int((of_kind & (y == 0)).sum()),
            int((of_kind & (y == 1)).sum()),
            int((others & (values[:, column] > 0)).sum()),
        )
    start = spec.slice(SELF).start
    attributes = tuple(range(start, start + len(spec.columns)))
    knows_any = (~np.isnan(values[rows, start : start + len(spec.columns)])).any(axis=1)
    usual = len(attributes) > 0 and float(knows_any.mean()) >= USUAL
    regions = {}
    for name, kind in counts.items():
        of_kind = rows[values[rows, kind.column] > 0]
        region = _region(spec, values, of_kind) if len(of_kind) >= MIN_PARTIES else None
        if region is not None:
            regions[name] = region
    known_kinds = [kind.column for kind in counts.values() if kind.good + kind.bad]
    others &= (values[:, known_kinds] > 0).any(axis=1)  # other kinds are told as such
    strata = _strata(spec, values, rows, y, np.flatnonzero(others))
    return TrainingSupport(counts, attributes if usual else (), strata, regions)


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


def _strata(spec: FeatureSpec, values: F32, rows: I64, y: F32, others: I64) -> tuple[Stratum, ...]:
    """The strata in which outcomes y F32[k] of `rows` are missing, `others` being parties without one."""
    presences = list(_presences(spec))
    chance = CHANCE / (2 * max(len(presences), 1))
    found = []
    for presence in presences:
        has, other_has = (presence.shown_by(values[some, presence.column]) for some in (rows, others))
        for present in (True, False):
            inside, others_inside = has == present, int((other_has == present).sum())
            good, bad = int((inside & (y == 0)).sum()), int((inside & (y == 1)).sum())
            stratum = Stratum(presence, present, good, bad, others_inside)
            if _is_selected(stratum, y, len(others), chance):
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
