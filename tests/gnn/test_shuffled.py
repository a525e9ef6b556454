"""Outcomes that belong to others teach nothing: on every network the whole way from features to judging gives 0.50.

A leak shows here and nowhere else. Features that take out only the own outcome still hold it, as (S - r) / (n - 1):
shuffled outcomes were then told with AUROC 0.9. The repeats are as many as make 0.02 two and a half standard errors of
their mean. Shuffled ratings are in test_pairs.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from gnn.evaluation.predictions import predict
from gnn.features.featurizer import compute, compute_label_free, with_positions
from gnn.features.label_features import LabelVector
from gnn.features.spec import fit_spec
from gnn.features.targets import outcomes_as_labels
from gnn.metrics import auroc
from gnn.training.splits import Split
from gnn.training.train import train
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store
from loaders.ingest import load
from loaders.synthetic.town import write_town
from tests.gnn.networks import Facts, published, town

TOLERANCE = 0.02
MOST_TAUGHT = 1500


def drawn(known: np.ndarray, random: np.random.Generator) -> Split:
    """A quarter of the parties teaches, an eighth chooses, the rest judges: judging many is cheaper than repeating."""
    mixed = random.permutation(known)
    taught = min(len(mixed) // 4, MOST_TAUGHT)
    parts = np.split(mixed, [taught, taught + taught // 2])
    return Split("shuffled", *(np.sort(part) for part in parts))


def by_chance(y: np.ndarray) -> float:
    """Standard error of an AUROC without any information (Mann and Whitney's variance)."""
    bad = float(y.sum())
    return float(np.sqrt((len(y) + 1) / (12 * bad * (len(y) - bad))))


def told_when_shuffled(snapshot: Snapshot, tolerance: float = TOLERANCE) -> float:
    """Mean AUROC over shuffles of the outcomes among the parties that have one."""
    y = outcomes_as_labels(snapshot)
    spec = with_positions(fit_spec(snapshot), snapshot)
    static = compute_label_free(spec, snapshot)  # what no outcome goes into, once for all shuffles
    known, random = np.flatnonzero(~np.isnan(y)), np.random.default_rng(1)
    repeats = int(np.ceil((2.5 * by_chance(y[drawn(known, random).test]) / tolerance) ** 2))
    found = []
    for seed in range(repeats):
        y[known] = random.permutation(y[known])
        split = drawn(known, random)
        model = train(snapshot, y, split.fit_rows, seed, label_free=static, spec=spec)
        judged = predict(model, snapshot, y, split, static)
        found.append(auroc(judged.probability["model"], judged.y))
    return float(np.mean(found))


def of_the_town(scratch: Path) -> Snapshot:
    """The built-in town."""
    write_town(scratch / "town", 5000, seed=0)
    store = open_store(f"sqlite:///{scratch}/kith.db")
    load([scratch / "town"], store)
    snapshot = build_snapshot(store, scratch / "snapshot")
    store.close()
    return snapshot


def circles(sizes: Sequence[int]) -> Facts:
    """Circles in which everybody knows everybody; the outcomes are drawn by nothing but a coin."""
    members = [[f"p{size}-{i}" for i in range(size)] for size in sizes]
    people = [Party(id, "Person") for circle in members for id in circle]
    links = [Relationship(a, b, "KNOWS", "1") for circle in members for a, b in combinations(circle, 2)]
    fates = np.random.default_rng(0).random(len(people)) < 0.4
    outcomes = [Outcome(one.id, "default" if bad else "good", "1") for one, bad in zip(people, fates, strict=True)]
    return Facts(people, links, outcomes)


def test_the_trap_is_real(tmp_path: Path) -> None:
    """Where parties that judge are known to each other and only the own outcome is taken out, trees read it back.

    In a circle the sum of all others is one less for the bad than for the good.
    """
    snapshot = circles(range(20, 44, 2)).snapshot(tmp_path / "s")
    y = outcomes_as_labels(snapshot)
    values = compute(fit_spec(snapshot), snapshot, LabelVector.all(y))
    mixed = np.random.default_rng(0).permutation(len(y))
    taught, judged = mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]
    parameters = {"objective": "binary", "verbosity": -1, "min_data_in_leaf": 2, "num_threads": 1}
    trees = lightgbm.train(parameters, lightgbm.Dataset(values[taught], y[taught]), 200)
    assert auroc(np.asarray(trees.predict(values[judged])), y[judged]) > 0.9


@pytest.mark.slow
def test_a_coin_in_tight_circles_cannot_be_told(tmp_path: Path) -> None:
    assert told_when_shuffled(circles(range(20, 44, 2)).snapshot(tmp_path / "s"), 0.05) == pytest.approx(0.5, abs=0.05)


@pytest.mark.slow
def test_shuffled_outcomes_of_a_small_town_cannot_be_told(tmp_path: Path) -> None:
    assert told_when_shuffled(town(900, 2).snapshot(tmp_path / "s"), 0.04) == pytest.approx(0.5, abs=0.04)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    "network",
    [
        pytest.param(published("tolokers"), id="tolokers"),
        pytest.param(published("sme_china"), id="sme_china"),
        pytest.param(published("credit_defaulter"), id="credit_defaulter"),
        pytest.param(published("german_credit", "german-credit"), id="german_credit"),
        pytest.param(published("bitcoin_otc", "bitcoin-otc"), id="bitcoin_otc"),
        pytest.param(of_the_town, id="town"),
    ],
)
def test_shuffled_outcomes_cannot_be_told(network: Callable[[Path], Snapshot], tmp_path: Path) -> None:
    assert told_when_shuffled(network(tmp_path)) == pytest.approx(0.5, abs=TOLERANCE)
