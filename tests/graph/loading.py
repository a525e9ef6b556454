"""Loading a few facts into a store, and reading back everything that is live."""

from __future__ import annotations

from graph.schema import Consent, Outcome, Party, Relationship
from graph.stores.base import GraphStore, Load
from tests.graph.networks import Fact, batch

ANN, BO, CY = (Party(id, "Person") for id in ("ann", "bo", "cy"))
PAYS = Relationship("ann", "bo", "PAYS", "1", weight=1.0, first=10.0, last=20.0, count=2, amount=5.5, context="online")
CALLS = Relationship("bo", "cy", "CALLS", "1")


def record(load: Load, *facts: Fact) -> tuple[int, int]:
    """The numbers of facts that a load recorded, and of those that were stored already."""
    recorded = unchanged = 0
    for kind, record_batch in (
        (Party, load.parties),
        (Relationship, load.relationships),
        (Outcome, load.outcomes),
        (Consent, load.consents),
    ):
        rows = batch(facts, kind)
        if rows.num_rows:
            result = record_batch(rows)
            recorded, unchanged = recorded + result.recorded, unchanged + result.unchanged
    return recorded, unchanged


def begun(store: GraphStore, *facts: Fact, source: str = "file", fingerprint: str = "1") -> Load:
    """A load that has recorded these facts and is not finished."""
    load = store.begin_load(source, fingerprint)
    record(load, *facts)
    return load


def loaded(store: GraphStore, *facts: Fact, source: str = "file", fingerprint: str = "1") -> Load:
    load = begun(store, *facts, source=source, fingerprint=fingerprint)
    load.finish()
    return load


def facts(store: GraphStore, revision: int | None = None) -> list[tuple[object, ...]]:
    """Every live fact as a tuple with its origin, sorted; a fact that the store has twice is in it twice."""
    found: list[tuple[object, ...]] = []
    for read in (store.read_parties, store.read_relationships, store.read_outcomes, store.read_consents):
        for piece in read(revision):
            for row in piece.to_pylist():
                recorded = row.pop("recorded")
                assert 1 <= recorded <= (store.revision() if revision is None else revision)
                found.append(tuple(row.values()))
    return sorted(found, key=repr)


def expected(*live: Fact, source: str = "file") -> list[tuple[object, ...]]:
    """The result of `facts` when exactly these facts are live."""
    rows = [row for kind in (Party, Relationship, Outcome, Consent) for row in batch(live, kind).to_pylist()]
    return sorted(((*row.values(), source) for row in rows), key=repr)
