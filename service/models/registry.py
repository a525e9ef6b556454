"""What can be done with the models of a workspace. A model is named by its id or by how the id begins.

Before anything is decided the artifact is read whole, and refused where it is damaged, of another version, or not
allowed on the newest snapshot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from gnn.features.compatibility import refuse_unfit
from gnn.models import artifact
from gnn.models.model import Model
from graph.errors import KithError, ModelError, UsageError
from graph.snapshots.snapshot import Snapshot
from service.model_state import Act, ModelAct, ModelState, change_state, read_state
from service.workspace import SHOWN, Workspace

Role = Literal["live", "shadow", ""]


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model of the workspace. described: its manifest's part on the model, None where `fault` says what is wrong."""

    id: str
    folder: Path
    role: Role
    described: dict[str, Any] | None
    fault: str | None


class ModelRegistry:
    """The models of a workspace. now: the clock, in seconds since 1970."""

    def __init__(self, workspace: Workspace, now: Callable[[], float]) -> None:
        self._workspace, self._now = workspace, now

    @property
    def folder(self) -> Path:
        """Where the models lie."""
        return self._workspace.folder / "models"

    def state(self) -> ModelState:
        """Which model serves, and what was done before. Raises ModelError."""
        return read_state(self.folder)

    def live(self) -> str | None:
        """The id of the model that serves, the newest where none was promoted; None where there is none."""
        state = self.state()
        if state.live is not None:
            return state.live
        newest = self._workspace.newest_model()
        return None if newest is None else artifact.model_id(newest)

    def all(self) -> list[RegisteredModel]:
        """Every model of the workspace, by id."""
        state, live = self.state(), self.live()
        roles: dict[str | None, Role] = {state.shadow: "shadow", live: "live"}
        found = []
        for folder in sorted(self.folder.glob("[!.]*/")):
            try:
                id, described, fault = artifact.model_id(folder), artifact.described(folder), None
            except ModelError as error:
                id, described, fault = folder.name, None, str(error)
            found.append(RegisteredModel(id, folder, roles.get(id, ""), described, fault))
        return found

    def opened(self, name: str) -> tuple[str, Model]:
        """The id of a model and the model. Raises UsageError for a name of none or of several, ModelError."""
        fitting = [one for one in self.all() if one.id.startswith(name)] if name else []
        if len(fitting) != 1:
            many = f"{len(fitting)} models begin" if fitting else "no model begins"
            raise UsageError(f"{many} with {name!r}; `kith models list` names them")
        return fitting[0].id, artifact.load(fitting[0].folder)

    def register(self, source: Path, by: str) -> str:
        """Copy an artifact into the workspace, where it serves nobody yet; returns its id. Raises ModelError."""
        id, model = artifact.model_id(source), artifact.load(source)
        self._refuse_unfit(model)
        self._workspace.put_model(model)
        self._change("register", id, by, lambda state: state)
        return id

    def run_in_shadow(self, name: str | None, by: str) -> str | None:
        """Score with a model beside the one that serves, without telling anybody; None to end that."""
        if name is None:
            was = self.state().shadow
            if was is not None:
                self._change("unshadow", was, by, lambda state: replace(state, shadow=None))
            return was
        id = self._fitting(name)
        if id == self.live():
            raise UsageError(f"model {id[:SHOWN]} serves already; run another one in shadow")
        self._change("shadow", id, by, lambda state: replace(state, shadow=id))
        return id

    def promote(self, name: str, by: str) -> str:
        """Let a model serve from now on. Raises UsageError, ModelError."""
        id, was = self._fitting(name), self.live()
        if id == was and self.state().live is not None:
            raise UsageError(f"model {id[:SHOWN]} serves already")

        def promoted(state: ModelState) -> ModelState:
            before = state.before if was in (None, id) else (*state.before, str(was))
            return replace(state, live=id, before=before, shadow=None if state.shadow == id else state.shadow)

        self._change("promote", id, by, promoted)
        return id

    def roll_back(self, by: str) -> str:
        """Let the model serve again that served before. Raises UsageError where none did, ModelError."""
        before = self.state().before
        if not before:
            raise UsageError("no model served before this one; promote one with `kith models promote`")
        id = self._fitting(before[-1])
        self._change("rollback", id, by, lambda state: replace(state, live=id, before=before[:-1]))
        return id

    def _fitting(self, name: str) -> str:
        id, model = self.opened(name)
        self._refuse_unfit(model)
        return id

    def _refuse_unfit(self, model: Model) -> None:
        newest = self._workspace.newest_snapshot()
        if newest is not None:
            refuse_unfit(model.spec, Snapshot.open(newest))

    def _change(self, act: Act, model: str, by: str, change: Callable[[ModelState], ModelState]) -> None:
        done = ModelAct(act, model, by, self._now())

        def changed(state: ModelState) -> ModelState:
            state = change(state)
            return replace(state, acts=(*state.acts, done))

        self._workspace.made().folder.joinpath("models").mkdir(exist_ok=True)
        try:
            change_state(self.folder, changed)
        except OSError as error:
            raise KithError(f"{self.folder}: cannot be written ({error.strerror})") from error
