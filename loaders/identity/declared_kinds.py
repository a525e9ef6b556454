"""Ids that a file uses as ends of one kind and that are parties of another: a number that is a phone and a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import KIND_OF_TARGET
from graph.stores.base import GraphStore
from loaders.notices import Notices

MAX_IDS: Final = 1_000_000  # of parties of one load, of which account is kept


class DeclaredKinds:
    """The kinds that the files of a load declare of their ends, and those that these ids have.

    A link such as USES_PHONE declares the kind of its target, and contradicts the parties that files list alone.

    needed: whether any file declares kinds of ends that are implied.
    """

    def __init__(self, needed: bool) -> None:
        self._needed = needed
        self._declared: dict[str, set[str]] = {}  # kind -> ids
        self._identifiers: dict[str, set[str]] = {}  # kind -> ids, by the kinds of their links
        self._kinds: dict[str, str] = {}  # id -> kind
        self._implied: dict[str, str] = {}  # id -> kind

    def declare(self, ids: pa.Array, kind: str | None) -> None:
        """A file uses these ids as ends of a kind; None where it declares none."""
        if kind is not None:
            self._declared.setdefault(kind, set()).update(pc.unique(ids).to_pylist())

    def use(self, links: pa.RecordBatch) -> None:
        """Links that the load records: the target of a link to an identifier is one."""
        for name, kind in KIND_OF_TARGET.items():
            found = pc.equal(links.column("kind"), name)
            if pc.any(found).as_py():
                ids = pc.unique(links.column("target").filter(found)).to_pylist()
                self._identifiers.setdefault(kind, set()).update(ids)

    def know(self, ids: Iterable[str], kinds: Iterable[str]) -> None:
        """The files list these parties as of these kinds."""
        if len(self._kinds) < MAX_IDS:
            self._kinds.update(zip(ids, kinds, strict=True))

    def imply(self, ids: Iterable[str], kind: str) -> None:
        """These parties are known as ends of links alone, as of this kind."""
        if self._needed:
            self._implied.update(dict.fromkeys(ids, kind))

    def note(self, notices: Notices, store: GraphStore, source: str) -> None:
        """Note the ids that are of another kind, among the parties of this load and of the store."""
        told: set[str] = set()
        for kind in sorted(self._declared.keys() | self._identifiers.keys()):
            declared = self._declared.get(kind, set())
            ids = declared | self._identifiers.get(kind, set())
            known = {id: self._implied[id] for id in declared & self._implied.keys()}
            known |= {id: self._kinds[id] for id in ids & self._kinds.keys()}
            found = {id: known[id] for id in sorted(known) if known[id] != kind}
            for batch in store.read_parties():
                unlike = pc.and_(pc.not_equal(batch.column("kind"), kind), pc.invert(batch.column("implied")))
                others = (batch.column(name).filter(unlike).to_pylist() for name in ("id", "kind"))
                for id, other in zip(*others, strict=True):
                    if id in ids:
                        found.setdefault(id, other)
            for other, count in sorted(Counter(found.values()).items()):
                example = next(id for id, of in found.items() if of == other)
                notices.add(source, "other_kind", _is_of(example, other), kind, count)
            told |= found.keys()
        self._note_earlier_identifiers(notices, store, source, told)

    def _note_earlier_identifiers(self, notices: Notices, store: GraphStore, source: str, told: set[str]) -> None:
        """Note the parties of this load that are none of the identifiers as which earlier loads know them."""
        if not self._kinds or not store.revision():
            return
        identifiers = set(KIND_OF_TARGET.values())
        listed = {id for id, kind in self._kinds.items() if kind not in identifiers} - told
        for kind in sorted(identifiers):
            found = store.of_kinds(listed, [kind])
            if found:
                example = min(found)
                notices.add(source, "other_kind", _is_of(example, self._kinds[example]), kind, len(found))


def _is_of(id: str, kind: str) -> str:
    return f"{id!r} is {'an' if kind[:1] in 'AEIOU' else 'a'} {kind}"
