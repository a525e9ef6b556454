"""What a serving process does about models: it takes over what was promoted, and runs in shadow what was said.

It looks at the state of the workspace every half second. A model that cannot be read, or that the snapshot does not
allow, changes nothing: the one that serves goes on, and the log says why.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Engine

from graph.errors import KithError
from service.context import ServingContext
from service.model_state import FILE, ModelState
from service.models.registry import ModelRegistry
from service.models.shadow import Shadow
from service.threads import daemon
from service.workspace import Workspace

EVERY: Final = 0.5  # seconds between two looks


class ModelWatch:
    """Looks after the models of one process. current: what it answers from; swap: lets it answer from another one."""

    def __init__(
        self,
        workspace: Workspace,
        records: Engine,
        current: Callable[[], ServingContext],
        swap: Callable[[ServingContext], None],
    ) -> None:
        self._registry = ModelRegistry(workspace, time.time)
        self._records, self._current, self._swap = records, current, swap
        self._seen: tuple[int, int] | None = None
        self.shadow: Shadow | None = None

    def start(self) -> None:
        """Begin to look, until the process ends."""
        daemon(self._run, "kith-models").start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(EVERY):
            self.look()

    def look(self) -> None:
        """Look once. The state is read where its file has changed."""
        seen = _mark(self._registry.folder / FILE)
        if seen is None or seen == self._seen:
            return
        self._seen = seen
        try:
            state = self._registry.state()
            self._take_over(state)
            self._run_in_shadow(state)
        except (KithError, OSError):
            structlog.get_logger().exception("models")

    def _take_over(self, state: ModelState) -> None:
        current = self._current()
        if state.live is None or (current.can_score and current.model_id == state.live):
            return
        id, model = self._registry.opened(state.live)
        context = current.with_model(model, id)
        context.warm()
        self._swap(context)
        structlog.get_logger().info("model", model=id)

    def _run_in_shadow(self, state: ModelState) -> None:
        if self.shadow is not None and self.shadow.id != state.shadow:
            self.shadow.stop()
            self.shadow = None
        if state.shadow is None or self.shadow is not None:
            return
        id, model = self._registry.opened(state.shadow)
        self.shadow = Shadow(self._records, id, lambda live: live.with_model(model, id))
        self.shadow.start()


def _mark(file: Path) -> tuple[int, int] | None:
    """What tells one state of a file from the next; None where it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
