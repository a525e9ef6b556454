"""Which model of a workspace serves and which runs in shadow, with who decided it and when: `models/state.json`.

The file is replaced as a whole, so that whoever reads it reads one decision or the next. Without it the newest model
serves.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from graph.errors import ModelError
from graph.locks import locked

FILE: Final = "state.json"
VERSION: Final = 1
MOST_ACTS: Final = 1000  # that are kept

Act = Literal["register", "shadow", "unshadow", "promote", "rollback"]


@dataclass(frozen=True, slots=True)
class ModelAct:
    """What somebody did with a model, and when, in seconds since 1970."""

    act: Act
    model: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class ModelState:
    """live: the id of the model that serves, None for the newest. shadow: of the one in shadow. before: of those that
    served before it, the last one last. acts: the oldest first.
    """

    live: str | None = None
    shadow: str | None = None
    before: tuple[str, ...] = ()
    acts: tuple[ModelAct, ...] = ()


def read_state(models: Path) -> ModelState:
    """The state in the folder of models. Raises ModelError for a file that is damaged or of another version."""
    file = models / FILE
    try:
        value = json.loads(file.read_text("utf-8"))
        if value["version"] != VERSION:
            raise ModelError(f"{file}: version {value['version']!r}, this Kith reads {VERSION}")
        acts = tuple(ModelAct(**act) for act in value["acts"])
        return ModelState(value["live"], value["shadow"], tuple(value["before"]), acts)
    except FileNotFoundError:
        return ModelState()
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{file}: damaged; put back a copy of it, or remove it and promote a model again") from error


def change_state(models: Path, change: Callable[[ModelState], ModelState]) -> ModelState:
    """The state after a change, written; of two that change it at once one comes after the other. Raises ModelError."""
    with locked(models):
        state = change(read_state(models))
        _write(models / FILE, _json(state))
        return state


def _json(state: ModelState) -> dict[str, Any]:
    value = asdict(state)
    return {"version": VERSION, **value, "acts": value["acts"][-MOST_ACTS:]}


def _write(file: Path, value: dict[str, Any]) -> None:
    beside = file.with_name(f".{secrets.token_hex(6)}.{FILE}")
    try:
        with beside.open("w", encoding="utf-8") as written:
            json.dump(value, written, indent=2)
            written.flush()
            os.fsync(written.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
