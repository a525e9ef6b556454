"""Cursors of answers that come in pages: each belongs to one question, and one about the network to its snapshot."""

from __future__ import annotations

import hashlib
from typing import Final

from graph.explore.neighbours import behind_the_last, position
from graph.snapshots.snapshot import Snapshot

BOUND: Final = "snapshot or question"  # what a cursor belongs to, in the words of its error


class Pages:
    """The cursors of one question about one snapshot (None: about the records)."""

    def __init__(self, snapshot: Snapshot | None, question: str) -> None:
        about = "records" if snapshot is None else snapshot.id[:16]
        self._prefix = f"{about}-{hashlib.sha256(question.encode()).hexdigest()[:8]}-"

    def start(self, cursor: str | None) -> int:
        """How many items the pages before this cursor held. Raises StaleCursor for another question's."""
        return position(self._prefix, cursor, BOUND)

    def start_within(self, cursor: str | None, total: int) -> int:
        """How many items the pages before this cursor held, of so many. Raises StaleCursor, behind the last too."""
        start = self.start(cursor)
        if start > total:
            raise behind_the_last()
        return start

    def cursor(self, end: int) -> str:
        """The cursor of the page after the first `end` items."""
        return f"{self._prefix}{end}"
