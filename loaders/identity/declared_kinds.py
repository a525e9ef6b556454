"""Ids that a file uses as ends of one kind and that are parties of another: a number that is a phone and a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from graph.stores.base import GraphStore
from loaders.notices import Notices


class DeclaredKinds:
    """The kinds that the files of a load declare of their ends, and those that these ids have.

    needed: whether any file declares kinds; where none does, no account is kept.
    """

    def __init__(self, needed: bool) -> None:
        self._needed = needed
        self._declared: dict[str, set[str]] = {}  # kind -> ids
        self._kinds: dict[str, str] = {}  # id -> kind

    def declare(self, ids: pa.Array, kind: str | None) -> None:
        """A file uses these ids as ends of a kind; None where it declares none."""
        if kind is not None:
            self._declared.setdefault(kind, set()).update(pc.unique(ids).to_pylist())

    def know(self, ids: Iterable[str], kinds: Iterable[str]) -> None:
        """These parties are of these kinds."""
        if self._needed:
            self._kinds.update(zip(ids, kinds, strict=True))

    def note(self, notices: Notices, store: GraphStore, source: str) -> None:
        """Note the ids that are of another kind, among the parties of this load and of the store."""
        for kind, ids in sorted(self._declared.items()):
            found = {id: self._kinds[id] for id in sorted(ids) if self._kinds.get(id, kind) != kind}
            for batch in store.read_parties():
                unlike = pc.and_(pc.not_equal(batch.column("kind"), kind), pc.invert(batch.column("implied")))
                others = (batch.column(name).filter(unlike).to_pylist() for name in ("id", "kind"))
                for id, other in zip(*others, strict=True):
                    if id in ids:
                        found.setdefault(id, other)
            for other, count in sorted(Counter(found.values()).items()):
                example = next(id for id, of in found.items() if of == other)
                notices.add(source, "other_kind", f"{example!r} is a {other}", kind, count)
