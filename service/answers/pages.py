"""Cursors of answers that come in pages: each belongs to one snapshot and one question."""

from __future__ import annotations

import hashlib
from typing import Final

from graph.explore.neighbours import position
from graph.snapshots.snapshot import Snapshot

BOUND: Final = "snapshot or question"  # what a cursor belongs to, in the words of its error


class Pages:
    """The cursors of one question about one snapshot."""

    def __init__(self, snapshot: Snapshot, question: str) -> None:
        self._prefix = f"{snapshot.id[:16]}-{hashlib.sha256(question.encode()).hexdigest()[:8]}-"

    def start(self, cursor: str | None) -> int:
        """How many items the pages before this cursor held. Raises StaleCursor for another question's."""
        return position(self._prefix, cursor, BOUND)

    def cursor(self, end: int) -> str:
        """The cursor of the page after the first `end` items."""
        return f"{self._prefix}{end}"
