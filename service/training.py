"""Training of the model that serves, from everything that a snapshot knows of outcomes and ratings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gnn.arrays import F32
from gnn.evaluation.fairness.audit import mitigated
from gnn.evaluation.fairness.groups import protected_groups
from gnn.evaluation.findings import Finding
from gnn.evaluation.selection_findings import selection_findings
from gnn.features.ratings import ratings_of
from gnn.features.targets import LateParties, late_parties, outcomes_as_labels
from gnn.models.model import Model
from gnn.training.fit_trust import fit_trust
from gnn.training.splits import labelled
from gnn.training.train import TrainingConfig, train
from graph.snapshots.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ServingModel:
    """A model to serve, how many outcomes it was trained on, and its mitigation, if there is one.

    late: how many parties were late, and what that made of them. selection: how outcomes seem to have been selected.
    mitigated_for: the groups between which unequal opportunity was mitigated. strength: 0..1, of the mitigation.
    """

    model: Model
    n_train: int
    mitigated_for: str | None
    strength: float
    late: LateParties
    selection: tuple[Finding, ...]


def train_serving_model(
    snapshot: Snapshot,
    seed: int,
    mitigate: str | None,
    progress: Callable[[str, float], None],
    config: TrainingConfig | None = None,
) -> ServingModel:
    """The model of outcomes, mitigated for the column `mitigate` if one is named, with the model of trust between two.

    `progress` is called with a step and the share of it that is done, 0..1. Raises TrainingError, UsageError for a
    column that is not protected.
    """
    config = config or TrainingConfig()
    y = outcomes_as_labels(snapshot, config.bad)
    known = labelled(y)
    groups = None if mitigate is None else protected_groups(snapshot, mitigate)
    mitigated_for, strength = None, 0.0
    trained = train(snapshot, y, known, seed, progress, config)
    model = trained.model
    if groups is not None:
        model, mitigated_for, strength = mitigated(trained, y, groups, seed)
    model = replace(model, trust=fit_trust(ratings_of(snapshot), seed, progress))
    late, selection = late_parties(snapshot, config.bad), _selection(model, y, config)
    return ServingModel(model, len(known), mitigated_for, strength, late, selection)


def _selection(model: Model, y: F32, config: TrainingConfig) -> tuple[Finding, ...]:
    good, bad = (int((y == outcome).sum()) for outcome in (0, 1))
    return () if model.support is None else selection_findings(model.support, good, bad, config.population_rate)
