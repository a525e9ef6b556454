"""What a serving process holds: one snapshot, one model, the installation's scale and purposes.

What is made from them on the first question (a scorer for each retention, the rings) is kept for the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from gnn.explain.explainer import Explainer
from gnn.features.compatibility import refuse_unfit
from gnn.models import artifact
from gnn.models.model import Model
from gnn.models.score_scale import ODDS0
from gnn.scoring.feature_table import FeatureTable, feature_table
from gnn.scoring.published_table import published_table
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from gnn.scoring.trust_scorer import TrustScorer
from graph.errors import NoModel
from graph.explore.neighbours import neighbours
from graph.explore.paths import paths
from graph.explore.search import search
from graph.purposes import PURPOSES, Purpose, purpose_named
from graph.snapshots.snapshot import Snapshot
from service.engine import engine
from service.settings import Settings
from service.workspace import Workspace

if TYPE_CHECKING:
    from graph.rings.find import Ring

DAY: Final = 86_400.0  # seconds


class ServingContext:
    """Opened once, then only read. `odds0` and `purposes` are the installation's, whatever the model.

    tables: the folder of feature tables that all processes share; without one they are made in memory. Without a model
    the network can be explored; whatever needs one raises NoModel. Raises ModelError for a model that
    the snapshot does not allow, before anything is answered.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        model: Model | None,
        model_id: str = "",
        odds0: float = ODDS0,
        purposes: Mapping[str, Purpose] = PURPOSES,
        tables: Path | None = None,
    ) -> None:
        if model is not None:
            refuse_unfit(model.spec, snapshot)
        self.snapshot = snapshot
        self._model = model
        self._model_id = model_id
        self.odds0 = odds0
        self.purposes = purposes
        self._tables = tables
        self._explainers: dict[int, Explainer] = {}
        self._explainers_lock = threading.Lock()
        self._rings: tuple[Ring, ...] | None = None
        self._rings_lock = threading.Lock()

    @staticmethod
    def open(settings: Settings, snapshot: Path | None = None, model: Path | None = None) -> ServingContext:
        """The named or the newest snapshot and model, on the installation's scale and for its purposes."""
        workspace = Workspace(settings.home)
        opened, folder = workspace.snapshot(snapshot), workspace.model_folder(model)
        return ServingContext(
            opened,
            artifact.load(folder),
            artifact.model_id(folder),
            settings.odds0 or ODDS0,
            settings.purposes,
            workspace.tables,
        )

    @property
    def model(self) -> Model:
        """The trained model. Raises NoModel."""
        if self._model is None:
            raise NoModel("use here")
        return self._model

    @property
    def model_id(self) -> str:
        """The id of the model. Raises NoModel."""
        if self._model is None:
            raise NoModel("use here")
        return self._model_id

    @property
    def can_score(self) -> bool:
        """Whether there is a model."""
        return self._model is not None

    @property
    def engine(self) -> str:
        """The version of the code that answers."""
        return engine()

    @cached_property
    def trust_scorer(self) -> TrustScorer:
        """The scorer of trust between two parties, by the pair model where there is one. Raises NoModel."""
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

    def purpose(self, name: str) -> Purpose:
        """The purpose of that name. Raises UnknownPurpose."""
        return purpose_named(name, self.purposes)

    def terms(self, purpose: Purpose) -> Terms:
        """What may count in an answer for this purpose, on the installation's scale."""
        return Terms(purpose.categories, purpose.cap, self.odds0)

    def scorer(self, purpose: Purpose) -> Scorer:
        """The scorer in which only outcomes count that the purpose still may use. Raises NoModel."""
        return self.explainer(purpose).scorer

    def explainer(self, purpose: Purpose) -> Explainer:
        """The explainer of that scorer; scorers share the features that do not read outcomes. Raises NoModel."""
        closed_after = self.now - purpose.retention_days * DAY
        expired = int(np.count_nonzero(self.snapshot.outcomes.closed < closed_after))
        # A longer retention keeps more of the same outcomes, so their number tells scorers apart.
        with self._explainers_lock:
            if expired not in self._explainers:
                self._explainers[expired] = Explainer(Scorer(self.model, self._table(closed_after)))
            return self._explainers[expired]

    def _table(self, closed_after: float) -> FeatureTable:
        """The feature table that all processes of this workspace share, or one in memory where there is none."""
        if self._tables is not None:
            return published_table(self._tables, self.model.spec, self.snapshot, closed_after)
        other = next(iter(self._explainers.values()), None)
        shared = None if other is None else other.scorer.table
        return feature_table(self.model.spec, self.snapshot, closed_after, shared)

    def rings(self) -> tuple[Ring, ...]:
        """The rings of the snapshot, the strongest first; the first to ask waits for the search, others for its end."""
        from graph.rings.find import find_rings  # networkx, which a score does not need

        with self._rings_lock:
            if self._rings is None:
                self._rings = tuple(find_rings(self.snapshot))
            return self._rings

    def warm(self) -> None:
        """Make every scorer and compile what walks the snapshot, so that no first question waits."""
        for purpose in self.purposes.values() if self.can_score else ():
            self.scorer(purpose)
        if self.snapshot.n_parties:
            neighbours(self.snapshot, 0, limit=1)
            paths(self.snapshot, 0, self.snapshot.n_parties - 1, 1, 1)
            search(self.snapshot, "a word", 1)
