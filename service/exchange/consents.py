"""Of whom facts may be exchanged: parties that consented to a source, or all where the purpose says so."""

from __future__ import annotations

from graph.purposes import Purpose
from graph.stores.base import ConsentReader, FactReader
from graph.stores.consented import ConsentedFacts


class Exchangeable:
    """The facts of a store that may be exchanged for a purpose at a time."""

    def __init__(self, store: ConsentReader, purpose: Purpose, now: float) -> None:
        consented = ConsentedFacts(store, purpose.name, now)
        self._consented = None if purpose.shares else consented
        self._known: dict[str, set[str]] = {}
        self.facts: FactReader = store if purpose.shares else consented

    def of(self, party: str, source: str) -> bool:
        """Whether facts of a source about a party may be exchanged."""
        return self._consented is None or party in self._consenting(source)

    def _consenting(self, source: str) -> set[str]:
        assert self._consented is not None
        if source not in self._known:
            self._known[source] = self._consented.consenting(source)
        return self._known[source]
