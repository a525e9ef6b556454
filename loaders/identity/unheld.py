"""Accounts and phones that are ends of money, calls and the like, and that nobody holds: their links tie no person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import RelationshipKind
from graph.stores.base import GraphStore
from loaders.notices import Notices

HELD_KINDS: Final = frozenset({"Account", "Phone"})


class UnheldIdentifiers:
    """The accounts and phones of a load that are ends of links of other categories than identifier.

    kinds: of relationships, those that rows bring among them once they are known.
    """

    def __init__(self, kinds: Mapping[str, RelationshipKind]) -> None:
        self._kinds = kinds
        self._identifiers: set[str] = set()
        self._used: set[str] = set()
        self._used_elsewhere: set[str] = set()  # of parties that this load does not describe

    def know(self, ids: Iterable[str], kinds: Iterable[str]) -> None:
        """These parties are of these kinds."""
        self._identifiers.update(id for id, kind in zip(ids, kinds, strict=True) if kind in HELD_KINDS)

    def use(self, links: pa.RecordBatch, described_elsewhere: set[str]) -> None:
        """Links that the load records; `described_elsewhere` are ends of them that only earlier loads describe."""
        if not self._identifiers and not described_elsewhere:
            return
        identifier = [name for name, kind in self._kinds.items() if kind.category == "identifier"]
        others = links.filter(pc.invert(pc.is_in(links.column("kind"), value_set=pa.array(identifier, pa.string()))))
        for end in ("source", "target"):
            ids = set(pc.unique(others.column(end)).to_pylist())
            self._used |= ids & self._identifiers
            self._used_elsewhere |= ids & described_elsewhere

    def note(self, notices: Notices, stores: Sequence[GraphStore], source: str) -> None:
        """Note those that nobody holds, in any of the stores; facts of this load count."""
        unheld = set(self._used)
        for store in stores:
            unheld |= store.of_kinds(self._used_elsewhere, HELD_KINDS)
        for store in stores:
            unheld -= store.held(unheld)
        if unheld:
            notices.add(source, "unheld", repr(min(unheld)), "", len(unheld))
