"""Does conduct in one context predict outcomes through another: what a model learns online, asked offline.

Two networks of the same parties are compared, each with the links of one context only; links without a context are in
neither. A party takes part where it has a link of the context in question. On the same judged parties, by their links
of the test context:

- across: the model that learnt from links of the training context;
- within: the model that learnt from links of the test context itself, which is what there is to know;
- alone: the model of the own record, without any link.

Conduct carries over where across is better than alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from gnn.judged import Difference, judge
from gnn.metrics import Doubles, auroc, auroc_difference
from gnn.neighbourhood import Floats
from gnn.splits import Rows, Split
from gnn.training import Recipe, train
from graph.errors import TrainingError
from graph.snapshot import Snapshot

FEWEST: Final = 8  # parties of each outcome that teach, choose and judge


@dataclass(frozen=True, slots=True)
class Transfer:
    """AUROC of the three models on the same `parties`; differences are against `alone`, with 95 % intervals."""

    train_context: str
    test_context: str
    parties: int
    across: float
    within: float
    alone: float
    carried: Difference
    possible: Difference
    words: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def transfer(
    here: Snapshot, there: Snapshot, contexts: tuple[str, str], y: Floats, splits: Sequence[Split], seed: int
) -> Transfer:
    """Train on the network `here`, judge on the network `there`; `contexts` are their names.

    Both have the same parties in the same rows. The judged parties of several splits, such as folds, are taken
    together. Raises TrainingError where too few take part.
    """
    told = [_told(here, there, contexts, y, split, seed) for split in splits]
    across, within, alone, target = (np.concatenate(part) for part in zip(*told, strict=True))
    carried, possible = (auroc_difference(p, alone, target, seed) for p in (across, within))
    figures = (auroc(across, target), auroc(within, target), auroc(alone, target))
    return Transfer(*contexts, len(target), *figures, carried, possible, _words(contexts, carried, possible))


def _told(
    here: Snapshot, there: Snapshot, contexts: tuple[str, str], y: Floats, split: Split, seed: int
) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """(across, within, alone, outcome) of one split's judged parties."""
    learnt = _taking_part(split, here, there, y, contexts)
    native = _taking_part(split, there, there, y, contexts)
    models = (
        train(here, y, learnt.train, learnt.val, seed),
        train(there, y, native.train, native.val, seed),
        train(there, y, native.train, native.val, seed, None, Recipe(categories=frozenset())),
    )
    across, within, alone = (judge(model, there, y, native, None).probability["model"] for model in models)
    return across, within, alone, np.asarray(y[native.test], np.float64)


def _taking_part(split: Split, taught: Snapshot, judged: Snapshot, y: Floats, contexts: tuple[str, str]) -> Split:
    """The split without parties that have no link where they are needed."""
    teaches, is_judged = linked(taught), linked(judged)
    found = replace(
        split,
        train=split.train[teaches[split.train]],
        val=split.val[teaches[split.val]],
        test=split.test[is_judged[split.test]],
    )
    for rows in (found.train, found.val, found.test):
        if _rarer(y, rows) < FEWEST:
            raise TrainingError(
                f"fewer than {FEWEST} parties of each outcome have links that are {' or '.join(contexts)}: too few to "
                "say whether conduct carries over"
            )
    return found


def _rarer(y: Floats, rows: Rows) -> int:
    bad = int(y[rows].sum())
    return min(bad, len(rows) - bad)


def linked(snapshot: Snapshot) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """bool[n]: parties with any link."""
    found = np.zeros(snapshot.n_parties, np.bool_)
    for kind in snapshot.kinds:
        links = snapshot.links(kind)
        found |= (np.diff(links.out_indptr) > 0) | (np.diff(links.in_indptr) > 0)
    return found


def _words(contexts: tuple[str, str], carried: Difference, possible: Difference) -> tuple[str, ...]:
    here, there = contexts
    gain, low, high = carried
    interval = f"{gain:+.4f} AUROC over the own record, 95 % interval {low:+.4f} to {high:+.4f}"
    best = f"what is learnt from {there} links themselves brings {possible[0]:+.4f}"
    if low > 0:
        return (f"Conduct carries over: what is learnt {here} brings {interval} when asked {there}; {best}.",)
    if high < 0:
        return (f"Conduct misleads: what is learnt {here} costs {interval} when asked {there}; {best}.",)
    return (f"That conduct carries over cannot be told from chance: {here} to {there} {interval}; {best}.",)
