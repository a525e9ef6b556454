"""Training of the model that serves, from everything that a snapshot knows of outcomes and ratings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gnn.evaluation.fairness.audit import mitigated
from gnn.evaluation.fairness.groups import protected_groups
from gnn.evaluation.findings import Finding
from gnn.evaluation.selection_findings import selection_findings
from gnn.features.statements.ratings import ratings_of
from gnn.features.targets import LateParties, late_parties, outcomes_as_labels
from gnn.models.model import Model
from gnn.training.fit_trust import fit_trust
from gnn.training.point_in_time import TooFewObservations, train_point_in_time
from gnn.training.splits import labelled
from gnn.training.train import TrainingConfig, TrainingResult, train
from graph.snapshots.snapshot import Snapshot
from service.history import NO_STORE, History, NoHistory


@dataclass(frozen=True, slots=True)
class ServingModel:
    """A model to serve, on how many outcomes or observations it was trained, and its mitigation, if there is one.

    late: how many parties were late, and what that made of them. selection: how outcomes seem to have been selected.
    mitigated_for: the groups between which unequal opportunity was mitigated. strength: 0..1, of the mitigation.
    static_because: why it was trained on one snapshot, None where it was trained point in time.
    """

    model: Model
    n_train: int
    mitigated_for: str | None
    strength: float
    static_because: str | None
    late: LateParties
    selection: tuple[Finding, ...]


def train_serving_model(
    snapshot: Snapshot,
    seed: int,
    mitigate: str | None,
    progress: Callable[[str, float], None],
    history: History | NoHistory = NO_STORE,
    config: TrainingConfig | None = None,
) -> ServingModel:
    """The model of outcomes, mitigated for the column `mitigate` if one is named, with the model of trust between two.

    It is trained point in time where the snapshot has a history with enough outcomes, and else on the snapshot alone.
    `progress` is called with a step and the share of it that is done, 0..1. Raises TrainingError, UsageError for a
    column that is not protected.
    """
    config = config or TrainingConfig()
    groups = None if mitigate is None else protected_groups(snapshot, mitigate)
    mitigated_for, strength = None, 0.0
    trained, static_because = train_risk(snapshot, seed, progress, history, config)
    model = trained.model
    if groups is not None:
        model, mitigated_for, strength = mitigated(trained, groups, seed)
    model = replace(model, trust=fit_trust(ratings_of(snapshot), seed, progress))
    late, selection = late_parties(snapshot, config.bad), _selection(model, snapshot, config)
    return ServingModel(model, trained.n_train, mitigated_for, strength, static_because, late, selection)


def _selection(model: Model, snapshot: Snapshot, config: TrainingConfig) -> tuple[Finding, ...]:
    y = outcomes_as_labels(snapshot, config.bad)
    good, bad = (int((y == outcome).sum()) for outcome in (0, 1))
    return () if model.support is None else selection_findings(model.support, good, bad, config.population_rate)


def train_risk(
    snapshot: Snapshot,
    seed: int,
    progress: Callable[[str, float], None],
    history: History | NoHistory,
    config: TrainingConfig,
) -> tuple[TrainingResult, str | None]:
    """The trained model of outcomes, and why it was trained on one snapshot, where it was. Raises TrainingError."""
    if isinstance(history, History):
        try:
            return train_point_in_time(snapshot, history.times, history.snapshots, seed, progress, config), None
        except TooFewObservations as error:
            history = NoHistory(str(error))
    y = outcomes_as_labels(snapshot, config.bad)
    return train(snapshot, y, labelled(y), seed, progress, config), history.reason
