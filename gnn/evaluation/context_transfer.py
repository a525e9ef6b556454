"""Transfer between contexts: does a model trained on online links predict outcomes from offline links, or the reverse?

Two snapshots of the same parties are compared, each with the links of one context only; links without a context are in
neither. A party is trained on or tested on where it has a link of that context. Three models are tested on the same
parties, with their links of the test context:

- transferred: trained on links of the training context;
- in context: trained on links of the test context itself, the best that can be expected;
- own record: trained without any link.

What is learnt transfers where the first is better than the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from gnn.arrays import F32, F64
from gnn.evaluation.findings import Code, Finding
from gnn.evaluation.predictions import predict
from gnn.metrics import Estimate, auroc, auroc_difference
from gnn.training.splits import Split, minority_count
from gnn.training.train import TrainingConfig, train
from graph.errors import TrainingError
from graph.snapshots.snapshot import Snapshot

MIN_PER_CLASS: Final = 8  # good and bad parties, in train and in test


@dataclass(frozen=True, slots=True)
class ContextTransfer:
    """AUROC of the three models on the same test parties; gains are over the own record, with 95 % intervals."""

    train_context: str
    test_context: str
    n_test: int
    transferred_auroc: float
    in_context_auroc: float
    own_record_auroc: float
    transferred_gain: Estimate
    in_context_gain: Estimate

    def finding(self) -> Finding:
        """Whether what is learnt in one context helps in the other, by the interval of its gain."""
        gain = self.transferred_gain
        code = (
            Code.TRANSFER_HELPS
            if gain.low > 0
            else Code.TRANSFER_HURTS
            if gain.high < 0
            else Code.TRANSFER_INCONCLUSIVE
        )
        contexts = {"train_context": self.train_context, "test_context": self.test_context}
        return Finding(code, {**contexts, **gain._asdict(), "in_context_gain": self.in_context_gain.value})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class ContextPair:
    """The snapshots of the training and of the test context, the contexts' names, and the splits.

    Both snapshots have the same parties in the same rows. The test parties of several splits, such as folds, are
    pooled.
    """

    train_snapshot: Snapshot
    test_snapshot: Snapshot
    contexts: tuple[str, str]
    splits: Sequence[Split]

    def check(self, y: F32) -> None:
        """Raises TrainingError where too few parties have links of the contexts; to be called before training."""
        for split in self.splits:
            self.linked_split(split, self.train_snapshot, y)
            self.linked_split(split, self.test_snapshot, y)

    def linked_split(self, split: Split, train_snapshot: Snapshot, y: F32) -> Split:
        """The split without parties that have no link where they are trained on or tested on.

        Raises TrainingError where fewer than MIN_PER_CLASS of either outcome are left.
        """
        in_train, in_test = has_links(train_snapshot), has_links(self.test_snapshot)
        linked = replace(
            split,
            train=split.train[in_train[split.train]],
            val=split.val[in_train[split.val]],
            test=split.test[in_test[split.test]],
        )
        if min(minority_count(linked.fit_rows, y), minority_count(linked.test, y)) < MIN_PER_CLASS:
            raise TrainingError(
                f"fewer than {MIN_PER_CLASS} good and {MIN_PER_CLASS} bad parties have links that are "
                f"{' or '.join(self.contexts)}: too few to evaluate transfer between the contexts"
            )
        return linked


def evaluate_context_transfer(pair: ContextPair, y: F32, seed: int) -> ContextTransfer:
    """Train on one context and test on the other. Raises TrainingError where too few parties have links."""
    by_split = [_probabilities(pair, y, split, seed) for split in pair.splits]
    transferred, in_context, own_record, outcomes = (np.concatenate(part) for part in zip(*by_split, strict=True))
    return ContextTransfer(
        *pair.contexts,
        n_test=len(outcomes),
        transferred_auroc=auroc(transferred, outcomes),
        in_context_auroc=auroc(in_context, outcomes),
        own_record_auroc=auroc(own_record, outcomes),
        transferred_gain=auroc_difference(transferred, own_record, outcomes, seed),
        in_context_gain=auroc_difference(in_context, own_record, outcomes, seed),
    )


def _probabilities(pair: ContextPair, y: F32, split: Split, seed: int) -> tuple[F64, F64, F64, F64]:
    """(transferred, in context, own record, outcome) of the test parties of one split, each float64[k]."""
    train_snapshot, test_snapshot = pair.train_snapshot, pair.test_snapshot
    across, within = pair.linked_split(split, train_snapshot, y), pair.linked_split(split, test_snapshot, y)
    models = (
        train(train_snapshot, y, across.fit_rows, seed),
        train(test_snapshot, y, within.fit_rows, seed),
        train(test_snapshot, y, within.fit_rows, seed, None, TrainingConfig(categories=frozenset())),
    )
    transferred, in_context, own_record = (
        predict(model, test_snapshot, y, within, None).probability["model"] for model in models
    )
    return transferred, in_context, own_record, np.asarray(y[within.test], np.float64)


def has_links(snapshot: Snapshot) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """bool[n]: whether a party has any link."""
    linked = np.zeros(snapshot.n_parties, np.bool_)
    for kind in snapshot.kinds:
        links = snapshot.links(kind)
        linked |= (np.diff(links.out_indptr) > 0) | (np.diff(links.in_indptr) > 0)
    return linked
