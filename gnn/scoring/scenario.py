"""What a supposed change of the network does to the scores of those whom it can reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from gnn.arrays import F64, I64
from gnn.features.coverage import has_evidence
from gnn.scoring.incremental import NOBODY, Changes, changed_values, ends_by_category
from gnn.scoring.reach import reached_by
from gnn.scoring.scorer import RowsLike, Scorer
from gnn.scoring.terms import Terms
from graph.snapshots.overlay import Cure


@dataclass(frozen=True, slots=True)
class Scenario:
    """Probabilities of a bad outcome F64[k] of the parties `rows` I64[k], before and after what is supposed.

    rows are the parties that it can reach, and that are scored before or after; NaN where too little is known for a
    score. left_out and links_left_out: see `Reached`.
    """

    rows: I64
    before: F64
    after: F64
    left_out: int
    links_left_out: int


def scenario(
    scorer: Scorer, defaulted: RowsLike, terms: Terms, most: int | None = None, changes: Changes = ()
) -> Scenario:
    """What the default of all of `defaulted`, with some changes, does to the others that it reaches, at most `most`.

    The parties at the ends of changed links and those that are cured are among them. A cure and a default of one party
    is its default.
    """
    table, spec = scorer.table, scorer.model.spec
    failed = np.unique(np.asarray(defaulted, np.int64))
    touched = _touched(scorer, changes)
    sources = np.union1d(failed, touched)
    if not len(sources):
        return Scenario(NOBODY, np.empty(0), np.empty(0), 0, 0)
    reached = reached_by(table.state, spec, terms.categories, sources, most)
    rows = np.union1d(reached.rows, np.setdiff1d(touched, failed))
    rows = rows[~table.is_identifier[rows]]
    before, after = table.rows(rows), changed_values(table, rows, changes, failed)
    was_known, is_known = (has_evidence(values, spec, terms.categories) for values in (before, after))
    either = was_known | is_known
    was = _probabilities(scorer, before[either], was_known[either], terms)
    becomes = _probabilities(scorer, after[either], is_known[either], terms)
    return Scenario(rows[either], was, becomes, reached.left_out, reached.links_left_out)


def _touched(scorer: Scorer, changes: Changes) -> I64:
    """The parties whose own links or outcomes change, ascending."""
    ends = ends_by_category(scorer.snapshot, changes).values()
    cured = [change.party for change in changes if isinstance(change, Cure)]
    return np.unique(np.concatenate([np.array(cured, np.int64), *ends]))


def _probabilities(scorer: Scorer, values: npt.NDArray[np.float32], known: npt.NDArray[np.bool_], terms: Terms) -> F64:
    return np.where(known, expit(scorer.log_odds(values, terms)), np.nan)
