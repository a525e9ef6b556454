"""The facts of a store that count for a purpose which needs consent.

A fact of a source counts where every party that it is about has consented to that source for the purpose, as of a time.
Of the consents and withdrawals of a party, source and purpose the latest counts, whoever recorded it; a withdrawal wins
over a consent of the same moment.

- A fact of a party is about it, an outcome about its party, a link about both ends. Companies consent like persons.
- An identifier (a phone, an account) is nobody: facts of it count. A link of one is about those who hold it, whenever
  they did, so that a payment between two accounts needs the consent of their holders. The link by which a party holds
  or uses an identifier is about that party alone.
- A party without consent stays, as an id and a kind that are known from nowhere: it can be asked about, and nothing is
  known of it. So what has no consent counts for nothing, as if its source had never said it.

What is an identifier is read from all facts, and a party is one only where every source that lists it says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from math import inf

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import IDENTIFIER_KINDS, KIND_OF_TARGET, PARTIES, RelationshipKind
from graph.stores.base import ConsentReader


class ConsentedFacts:
    """A FactReader of the facts of a store that count for a purpose as of a time.

    as_of: seconds since 1970, None for all consents and withdrawals. It reads one revision, the newest by default.
    """

    def __init__(
        self, facts: ConsentReader, purpose: str, as_of: float | None = None, revision: int | None = None
    ) -> None:
        self._facts, self._purpose, self._as_of = facts, purpose, inf if as_of is None else as_of
        self._at = facts.revision() if revision is None else revision
        self._barred: dict[str, pa.Array] = {}  # by source

    @property
    def name(self) -> str:
        return f"{self._facts.name}, with consent for {self._purpose}"

    def revision(self) -> int:
        return self._at

    def kinds(self) -> dict[str, RelationshipKind]:
        return self._facts.kinds()

    def protected(self) -> frozenset[str]:
        return self._facts.protected()

    def read_parties(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        """The facts of parties; of those without consent the id and the kind alone."""
        for batch in self._facts.read_parties(self._revision(revision)):
            counts = self._are_about_consenting(batch, "id", with_holders=False)
            yield batch.filter(counts)
            bare = batch.filter(pc.invert(counts))
            if bare.num_rows:
                yield _bare(bare)

    def read_relationships(
        self, revision: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The links that count."""
        alone = pa.array(sorted(self._naming))
        for batch in self._facts.read_relationships(self._revision(revision)):
            names_one = pc.is_in(batch.column("kind"), value_set=alone)
            source, target = (self._are_about_consenting(batch, end) for end in ("source", "target"))
            names_one = pc.and_(names_one, pc.is_in(batch.column("target"), value_set=self._identifiers))
            counting = batch.filter(pc.and_(source, pc.or_(target, names_one)))
            yield counting if columns is None else counting.select(columns)

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        """The outcomes that count."""
        for batch in self._facts.read_outcomes(self._revision(revision)):
            yield batch.filter(self._are_about_consenting(batch, "party"))

    def _revision(self, revision: int | None) -> int:
        return self._at if revision is None else revision

    def _are_about_consenting(self, batch: pa.RecordBatch, column: str, with_holders: bool = True) -> pa.Array:
        """Whether the party in a column of each fact has consented to its source, or is nobody, bool[rows]."""
        ids, origins = batch.column(column), batch.column("origin")
        found = pa.array(np.zeros(batch.num_rows, np.bool_))
        for origin in pc.unique(origins).to_pylist():
            barred = self._held_by_others(origin) if with_holders else _NOBODY
            nobody = pc.and_(pc.is_in(ids, value_set=self._identifiers), pc.invert(pc.is_in(ids, value_set=barred)))
            counts = pc.or_(pc.is_in(ids, value_set=self._consenting.get(origin, _NOBODY)), nobody)
            found = pc.or_(found, pc.and_(pc.equal(origins, origin), counts))
        return found

    def consenting(self, source: str) -> set[str]:
        """The parties that consent to a source."""
        return set(self._consenting.get(source, _NOBODY).to_pylist())

    @cached_property
    def _naming(self) -> set[str]:
        """The kinds of links by which a party holds or uses an identifier."""
        return {name for name, kind in self.kinds().items() if kind.holding} | set(KIND_OF_TARGET)

    @cached_property
    def _consenting(self) -> dict[str, pa.Array]:
        """By source, the parties that consent to it."""
        latest: dict[tuple[str, str], tuple[float, float]] = {}
        for batch in self._facts.read_consents(self._at):
            some = batch.filter(pc.equal(batch.column("purpose"), self._purpose))
            columns = (some.column(name).to_pylist() for name in ("party", "source", "given", "withdrawn"))
            for party, source, given, withdrawn in zip(*columns, strict=True):
                was = latest.get((source, party), (-inf, -inf))
                ended = -inf if withdrawn is None else withdrawn
                latest[source, party] = (
                    max(was[0], given) if given <= self._as_of else was[0],
                    max(was[1], ended) if ended <= self._as_of else was[1],
                )
        found: dict[str, list[str]] = {}
        for (source, party), (given, withdrawn) in latest.items():
            if given > withdrawn:
                found.setdefault(source, []).append(party)
        return {source: pa.array(sorted(parties), pa.string()) for source, parties in found.items()}

    @cached_property
    def _identifiers(self) -> pa.Array:
        """The ids that every source which lists them calls an identifier, or that only links know, as one."""
        listed, implied = _Kinds(), _Kinds()
        kinds = pa.array(sorted(IDENTIFIER_KINDS))
        for batch in self._facts.read_parties(self._at):
            is_one, is_implied = pc.is_in(batch.column("kind"), value_set=kinds), batch.column("implied")
            listed.add(batch.column("id"), is_one, pc.invert(is_implied))
            implied.add(batch.column("id"), is_one, is_implied)
        named = set[str]()
        for batch in self._facts.read_relationships(self._at):
            naming = pc.is_in(batch.column("kind"), value_set=pa.array(sorted(KIND_OF_TARGET)))
            named.update(pc.unique(batch.column("target").filter(naming)).to_pylist())
        by_links = (implied.identifiers - implied.others) | named
        by_lists = listed.identifiers - listed.others
        return pa.array(sorted(by_lists | (by_links - listed.identifiers - listed.others)), pa.string())

    @cached_property
    def _holders(self) -> tuple[pa.Array, pa.Array]:
        """(identifier, who holds it) of each link of holding."""
        kinds = pa.array(sorted(name for name, kind in self.kinds().items() if kind.holding))
        held, holders = [], []
        for batch in self._facts.read_relationships(self._at):
            links = batch.filter(pc.is_in(batch.column("kind"), value_set=kinds))
            held.append(links.column("target"))
            holders.append(links.column("source"))
        return pa.concat_arrays([_NOBODY, *held]), pa.concat_arrays([_NOBODY, *holders])

    def _held_by_others(self, source: str) -> pa.Array:
        """The identifiers that somebody holds who has not consented to a source."""
        if source not in self._barred:
            held, holders = self._holders
            known = pc.or_(
                pc.is_in(holders, value_set=self._consenting.get(source, _NOBODY)),
                pc.is_in(holders, value_set=self._identifiers),
            )
            self._barred[source] = pc.unique(held.filter(pc.invert(known)))
        return self._barred[source]


_NOBODY = pa.nulls(0, pa.string())  # pa.array would import pandas where it is installed


class _Kinds:
    """Ids by whether facts call them identifiers."""

    def __init__(self) -> None:
        self.identifiers, self.others = set[str](), set[str]()

    def add(self, ids: pa.Array, are_identifiers: pa.Array, among: pa.Array) -> None:
        """Add what the facts of a condition call these ids."""
        self.identifiers.update(ids.filter(pc.and_(are_identifiers, among)).to_pylist())
        self.others.update(ids.filter(pc.and_(pc.invert(are_identifiers), among)).to_pylist())


def _bare(parties: pa.RecordBatch) -> pa.RecordBatch:
    """These facts without anything that they say but an id and its kind."""
    n = parties.num_rows
    nothing = {
        "name": pa.nulls(n, pa.string()),
        "attributes": pa.repeat(pa.scalar("{}"), n),
        "implied": pa.repeat(pa.scalar(True), n),
        "valid_from": pa.nulls(n, pa.float64()),
        "valid_to": pa.nulls(n, pa.float64()),
    }
    assert nothing.keys() < set(PARTIES.names)
    columns = [nothing.get(name, parties.column(name)) for name in parties.schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=parties.schema)
