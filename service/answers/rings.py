"""Rings as they are asked for: found once for each snapshot, and under the names that an earlier answer gave them."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from graph.errors import InputError
from graph.rings.find import Ring, find_rings, match
from graph.snapshots.snapshot import Snapshot

_found: WeakKeyDictionary[Snapshot, tuple[Ring, ...]] = WeakKeyDictionary()
_lock = threading.Lock()


def rings_of(snapshot: Snapshot) -> tuple[Ring, ...]:
    """The rings of an opened snapshot, the strongest first; the first to ask waits for the search, the rest do not."""
    with _lock:
        if snapshot not in _found:
            _found[snapshot] = tuple(find_rings(snapshot))
        return _found[snapshot]


def rings_with(rings: Sequence[Ring], party: str) -> tuple[Ring, ...]:
    """Those of the rings that a party is a member of."""
    return tuple(ring for ring in rings if party in ring.parties)


def renamed_after(rings: Sequence[Ring], file: Path) -> list[Ring]:
    """The rings under the names of the likest ones in `file`, an earlier answer of `kith rings --json`.

    Raises InputError where the file is none.
    """
    try:
        value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        before = [Ring.of_json(one) for one in value["rings"]]
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} is no answer of `kith rings --json`; name a file that it wrote") from error
    return match(before, rings)
