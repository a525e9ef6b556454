"""What a serving process holds: one snapshot, one model, and a scorer for each retention that was asked for."""

from __future__ import annotations

import math
import os
import threading
from functools import cached_property
from pathlib import Path

import numpy as np

from gnn.explain.explainer import Explainer
from gnn.features.compatibility import refuse_unfit
from gnn.models import artifact
from gnn.models.model import Model
from gnn.models.score_scale import ODDS0
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from gnn.scoring.trust_scorer import TrustScorer
from graph.errors import NoModel, UsageError
from graph.explore.neighbours import neighbours
from graph.explore.paths import paths
from graph.purposes import PURPOSES, Purpose
from graph.snapshots.snapshot import Snapshot
from service.workspace import Workspace

DAY = 86_400.0


class ServingContext:
    """Opened once, then only read. `odds0` is the installation's: the scale stays when the model changes.

    Without a model the network can be explored; whatever needs one raises NoModel. Raises ModelError for a model that
    the snapshot does not allow, before anything is answered.
    """

    def __init__(self, snapshot: Snapshot, model: Model | None, model_id: str = "", odds0: float = ODDS0) -> None:
        if model is not None:
            refuse_unfit(model.spec, snapshot)
        self.snapshot = snapshot
        self._model = model
        self._model_id = model_id
        self.odds0 = odds0
        self._explainers: dict[int, Explainer] = {}
        self._lock = threading.Lock()

    @staticmethod
    def open(home: Workspace, snapshot: Path | None = None, model: Path | None = None) -> ServingContext:
        """Open the named or the newest snapshot and model, on the installation's scale."""
        opened, folder = home.snapshot(snapshot), home.model_folder(model)
        return ServingContext(opened, artifact.load(folder), artifact.model_id(folder), _odds0())

    @property
    def model(self) -> Model:
        """The trained model. Raises NoModel."""
        if self._model is None:
            raise NoModel("use here")
        return self._model

    @property
    def model_id(self) -> str:
        """Its id. Raises NoModel."""
        if self._model is None:
            raise NoModel("use here")
        return self._model_id

    @property
    def can_score(self) -> bool:
        """Whether there is a model."""
        return self._model is not None

    @cached_property
    def trust_scorer(self) -> TrustScorer:
        """What parties may think of each other, by the pair model where there is one."""
        return TrustScorer(self.snapshot, self.model.trust)

    @cached_property
    def now(self) -> float:
        """The time at which answers are given: the snapshot's, or that of the newest of its facts (-inf: no times).

        Never a clock's, so that the same question has the same answer tomorrow.
        """
        snapshot = self.snapshot
        if snapshot.as_of is not None:
            return snapshot.as_of
        times = [snapshot.outcomes.opened, snapshot.outcomes.closed]
        times += [snapshot.links(kind).last for kind in snapshot.kinds]
        return float(max((np.fmax.reduce(column, initial=-np.inf) for column in times), default=-np.inf))

    def terms(self, purpose: Purpose) -> Terms:
        """What may count in an answer for this purpose, on the installation's scale."""
        return Terms(purpose.categories, purpose.cap, self.odds0)

    def scorer(self, purpose: Purpose) -> Scorer:
        """The scorer in which only outcomes count that the purpose still may use."""
        return self.explainer(purpose).scorer

    def explainer(self, purpose: Purpose) -> Explainer:
        """The explainer of that scorer. Scorers of all purposes share what does not depend on outcomes."""
        closed_after = self.now - purpose.retention_days * DAY
        expired = int(np.count_nonzero(self.snapshot.outcomes.closed < closed_after))
        with self._lock:  # a longer retention keeps more of the same outcomes, so their number tells scorers apart
            if expired not in self._explainers:
                others = next(iter(self._explainers.values()), None)
                label_free = None if others is None else others.scorer.table.label_free
                self._explainers[expired] = Explainer(Scorer.of(self.model, self.snapshot, closed_after, label_free))
            return self._explainers[expired]

    def warm(self) -> None:
        """Make every scorer and compile what walks the snapshot, so that no first question waits."""
        for purpose in PURPOSES.values() if self.can_score else ():
            self.scorer(purpose)
        if self.snapshot.n_parties:
            neighbours(self.snapshot, 0, limit=1)
            paths(self.snapshot, 0, self.snapshot.n_parties - 1, 1, 1)


def _odds0() -> float:
    """The odds of a bad outcome at which the score is 650: KITH_ODDS0, or 1 to 19. Raises UsageError."""
    told = os.environ.get("KITH_ODDS0")
    if told is None:
        return ODDS0
    try:
        odds = float(told)
    except ValueError:
        odds = math.nan
    if not 0 < odds < math.inf:
        raise UsageError(f"KITH_ODDS0 is {told!r}; it is the odds at which the score is 650, such as 0.0526 (1 to 19)")
    return odds
