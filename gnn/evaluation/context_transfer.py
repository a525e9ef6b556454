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

from gnn.arrays import F32 as Floats
from gnn.arrays import I64 as Rows
from gnn.evaluation.predictions import Difference, predict
from gnn.metrics import Doubles, auroc, auroc_difference
from gnn.training.splits import Split
from gnn.training.train import TrainingConfig, train
from graph.errors import TrainingError
from graph.snapshots.snapshot import Snapshot

FEWEST: Final = 8  # parties of each outcome that teach and judge


@dataclass(frozen=True, slots=True)
class ContextTransfer:
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


@dataclass(frozen=True)
class ContextPair:
    """What is to be compared: the networks of the training and the test context, the contexts' names, and splits.

    Both networks have the same parties in the same rows. The judged parties of several splits, such as folds, are
    taken together.
    """

    here: Snapshot
    there: Snapshot
    contexts: tuple[str, str]
    splits: Sequence[Split]

    def check(self, y: Floats) -> None:
        """Raises TrainingError where too few take part; to be asked before anything is trained."""
        for split in self.splits:
            self.taking_part(split, self.here, y)
            self.taking_part(split, self.there, y)

    def taking_part(self, split: Split, taught: Snapshot, y: Floats) -> Split:
        """The split without parties that have no link where they are taught or judged."""
        teaches, is_judged = linked(taught), linked(self.there)
        found = replace(
            split,
            train=split.train[teaches[split.train]],
            val=split.val[teaches[split.val]],
            test=split.test[is_judged[split.test]],
        )
        if min(_rarer(y, rows) for rows in (found.fit_rows, found.test)) < FEWEST:
            raise TrainingError(
                f"fewer than {FEWEST} parties of each outcome have links that are {' or '.join(self.contexts)}: too "
                "few to say whether conduct carries over"
            )
        return found


def evaluate_context_transfer(crossing: ContextPair, y: Floats, seed: int) -> ContextTransfer:
    """Train on one network and judge on the other. Raises TrainingError where too few take part."""
    told = [_told(crossing, y, split, seed) for split in crossing.splits]
    across, within, alone, target = (np.concatenate(part) for part in zip(*told, strict=True))
    carried, possible = (auroc_difference(p, alone, target, seed) for p in (across, within))
    figures = (auroc(across, target), auroc(within, target), auroc(alone, target))
    words = _words(crossing.contexts, carried, possible)
    return ContextTransfer(*crossing.contexts, len(target), *figures, carried, possible, words)


def _told(crossing: ContextPair, y: Floats, split: Split, seed: int) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """(across, within, alone, outcome) of one split's judged parties."""
    here, there = crossing.here, crossing.there
    learnt, native = crossing.taking_part(split, here, y), crossing.taking_part(split, there, y)
    models = (
        train(here, y, learnt.fit_rows, seed),
        train(there, y, native.fit_rows, seed),
        train(there, y, native.fit_rows, seed, None, TrainingConfig(categories=frozenset())),
    )
    across, within, alone = (predict(model, there, y, native, None).probability["model"] for model in models)
    return across, within, alone, np.asarray(y[native.test], np.float64)


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
