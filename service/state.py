"""What a serving process holds: one snapshot, one model, and a scorer for each retention that was asked for."""

from __future__ import annotations

import threading
from pathlib import Path

from gnn import artifact
from gnn.calibration import ODDS0
from gnn.model import Model
from gnn.scorer import Scorer
from graph.purposes import Purpose
from graph.snapshot import Snapshot
from service.home import Home

DAY = 86_400.0


class State:
    """Opened once, then only read. `odds0` is the installation's: the scale stays when the model changes."""

    def __init__(self, snapshot: Snapshot, model: Model, model_id: str, odds0: float = ODDS0) -> None:
        self.snapshot = snapshot
        self.model = model
        self.model_id = model_id
        self.odds0 = odds0
        self._scorers: dict[float | None, Scorer] = {}
        self._lock = threading.Lock()

    @staticmethod
    def open(home: Home, snapshot: Path | None = None, model: Path | None = None, verify: bool = False) -> State:
        """Open the named or the newest snapshot and model; `verify` hashes every byte of the snapshot first."""
        opened = home.snapshot(snapshot)
        if verify:
            Snapshot.open(opened.folder, verify=True)
        folder = home.model_folder(model)
        return State(opened, artifact.load(folder), artifact.model_id(folder))

    def scorer(self, purpose: Purpose) -> Scorer:
        """The scorer in which only outcomes count that the purpose still may use."""
        as_of = self.snapshot.as_of
        closed_after = None if as_of is None else as_of - purpose.retention_days * DAY
        with self._lock:
            if closed_after not in self._scorers:
                self._scorers[closed_after] = Scorer(self.model, self.snapshot, closed_after)
            return self._scorers[closed_after]
