"""What a serving process holds: one snapshot, one model, the installation's scale and purposes.

What is made from them on the first question (a scorer for each retention, the rings, the order of those around a
party) is kept for the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from gnn.explain.explainer import Explainer
from gnn.features.compatibility import refuse_unfit
from gnn.features.network_state import NetworkState
from gnn.models import artifact
from gnn.models.model import Model
from gnn.models.score_scale import ODDS0
from gnn.scoring.feature_table import FeatureTable, feature_table
from gnn.scoring.live_table import live_table
from gnn.scoring.published_table import published_table
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from gnn.scoring.trust_scorer import TrustScorer
from graph.errors import NoModel, StoreUnavailable, UsageError
from graph.explore.neighbours import neighbours
from graph.explore.paths import paths
from graph.explore.search import search
from graph.purposes import DEFAULT_PURPOSE, PURPOSES, Purpose, purpose_named
from graph.snapshots.snapshot import Snapshot
from service.consented import ConsentedSnapshots
from service.engine import engine
from service.last_asked import LastAsked
from service.settings import Settings
from service.workspace import Workspace

if TYPE_CHECKING:
    from graph.rings.find import Ring

DAY: Final = 86_400.0  # seconds
ORDERS_KEPT: Final = 64  # of the parties around one, of up to 2,000 each: pages of a list are of one order


class ServingContext:
    """Opened once, then only read. `odds0` and `purposes` are the installation's, whatever the model.

    tables: the folder of feature tables that all processes share; without one they are made in memory. consented: of
    purposes that need consent; without it nothing can be asked for these. consenting_for: the purpose for which all
    facts of the snapshot have consent. Without a model
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
        consented: ConsentedSnapshots | None = None,
        consenting_for: str | None = None,
    ) -> None:
        if model is not None:
            refuse_unfit(model.spec, snapshot)
        self.snapshot = snapshot
        self._model = model
        self._model_id = model_id
        self.odds0 = odds0
        self.purposes = purposes
        self._tables = tables
        self._consented = consented
        self._consenting_for = consenting_for
        self._views: dict[str, ServingContext] = {}  # of facts with consent, by purpose
        self._explainers: dict[int, Explainer] = {}
        self._explainers_lock = threading.Lock()
        self._rings: tuple[Ring, ...] | None = None
        self._rings_lock = threading.Lock()
        self._base: ServingContext | None = None
        self._state: NetworkState | None = None
        self.orders: LastAsked[tuple[str, bytes], npt.NDArray[np.int64]] = LastAsked(ORDERS_KEPT)

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
            ConsentedSnapshots(workspace, settings.store),
        )

    @staticmethod
    def following(base: ServingContext, snapshot: Snapshot, state: NetworkState | None) -> ServingContext:
        """The context of a snapshot that is that of `base` after changes, with its model and all its settings.

        state: what features of the changed network are computed from, None without a model.
        """
        model, id = (base.model, base.model_id) if base.can_score else (None, "")
        context = ServingContext(snapshot, model, id, base.odds0, base.purposes)
        context._base, context._state, context._consented = base, state, base._consented
        return context

    @property
    def base(self) -> ServingContext:
        """The context of the snapshot as it was built, this one where nothing came after it."""
        return self._base or self

    def state(self) -> NetworkState:
        """What features of the network are computed from. Raises NoModel."""
        freely = (purpose for purpose in self.purposes.values() if not purpose.consent)
        return self.explainer(next(freely, PURPOSES[DEFAULT_PURPOSE])).scorer.table.state

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
        outcomes = [snapshot.outcomes.opened, snapshot.outcomes.closed]
        newest = [float(np.fmax.reduce(column, initial=-np.inf)) for column in outcomes]
        return max(*newest, *(snapshot.links(kind).newest for kind in snapshot.kinds))

    def purpose(self, name: str) -> Purpose:
        """The purpose of that name. Raises UnknownPurpose."""
        return purpose_named(name, self.purposes)

    def of(self, purpose: Purpose) -> ServingContext:
        """The context that answers for a purpose: this one, or for one that needs consent that of the facts with it.

        Raises ConsentPending, StoreUnavailable, and UsageError where nobody looks up consents.
        """
        if not purpose.consent or self._consenting_for == purpose.name:
            return self
        return self._view(purpose, self._consented_snapshots(purpose).current(purpose.name, self.snapshot))

    def ready_for(self, purpose: Purpose) -> ServingContext:
        """The same, with the facts read again first where consents have changed."""
        if not purpose.consent or self._consenting_for == purpose.name:
            return self
        return self._view(purpose, self._consented_snapshots(purpose).refreshed(purpose.name, self.snapshot))

    def with_model(self, model: Model, model_id: str) -> ServingContext:
        """The same context with another model. Raises ModelError where the snapshot does not allow it."""
        given = self.odds0, self.purposes, self._tables, self._consented, self._consenting_for
        return ServingContext(self.snapshot, model, model_id, *given)

    def _consented_snapshots(self, purpose: Purpose) -> ConsentedSnapshots:
        if self._consented is None:
            raise UsageError(f"{purpose.name} needs consent, which cannot be looked up here; name another purpose")
        return self._consented

    def _view(self, purpose: Purpose, snapshot: Snapshot) -> ServingContext:
        with self._explainers_lock:
            view = self._views.get(purpose.name)
            if view is None or view.snapshot.id != snapshot.id:
                view = ServingContext(
                    snapshot,
                    self._model,
                    self._model_id,
                    self.odds0,
                    self.purposes,
                    self._tables,
                    consenting_for=purpose.name,
                )
                self._views[purpose.name] = view
            return view

    def terms(self, purpose: Purpose) -> Terms:
        """What may count in an answer for this purpose, on the installation's scale."""
        return Terms(purpose.categories, purpose.cap, self.odds0)

    def scorer(self, purpose: Purpose) -> Scorer:
        """The scorer in which only outcomes count that the purpose still may use. Raises NoModel."""
        return self.explainer(purpose).scorer

    def explainer(self, purpose: Purpose) -> Explainer:
        """The explainer of that scorer; scorers share the features that do not read outcomes. Raises NoModel."""
        if purpose.consent and self._consenting_for != purpose.name:
            raise UsageError(f"{purpose.name} needs consent, and this cannot be answered for it; name another purpose")
        closed_after = self.now - purpose.retention_days * DAY
        expired = int(np.count_nonzero(self.snapshot.outcomes.closed < closed_after))
        # A longer retention keeps more of the same outcomes, so their number tells scorers apart.
        with self._explainers_lock:
            if expired not in self._explainers:
                self._explainers[expired] = Explainer(Scorer(self.model, self._table(purpose, closed_after)))
            return self._explainers[expired]

    def _table(self, purpose: Purpose, closed_after: float) -> FeatureTable:
        """The feature table that all processes of this workspace share, or one in memory where there is none."""
        if self._base is not None and self._state is not None:
            before = self._base.scorer(purpose).table
            return live_table(before, self._state, self.snapshot, closed_after)
        if self._tables is not None:
            return published_table(self._tables, self.model.spec, self.snapshot, closed_after)
        other = next(iter(self._explainers.values()), None)
        shared = None if other is None else other.scorer.table
        return feature_table(self.model.spec, self.snapshot, closed_after, shared)

    def rings(self) -> tuple[Ring, ...]:
        """The rings of the snapshot, the strongest first; the first to ask waits for the search, others for its end.

        They are those of the snapshot as it was built: what came after it is searched with the next one.
        """
        if self._base is not None:
            return self._base.rings()
        from graph.rings.find import find_rings  # networkx, which a score does not need

        with self._rings_lock:
            if self._rings is None:
                self._rings = tuple(find_rings(self.snapshot))
            return self._rings

    def warm(self) -> None:
        """Make every scorer and compile what walks the snapshot, so that no first question waits."""
        for purpose in self.purposes.values() if self.can_score else ():
            if not purpose.consent:
                self.scorer(purpose)
            elif self._consented is not None:
                with suppress(StoreUnavailable):  # it may be back when somebody asks
                    self.ready_for(purpose).scorer(purpose)
        if self.snapshot.n_parties:
            neighbours(self.snapshot, 0, limit=1)
            paths(self.snapshot, 0, self.snapshot.n_parties - 1, 1, 1)
            search(self.snapshot, "a word", 1)
