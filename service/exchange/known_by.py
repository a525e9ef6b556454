"""What a party is known by to others: hashes of its id, or of identifiers that it alone holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from graph.errors import UsageError
from graph.schema import IDENTIFIER_KINDS
from graph.stores.base import FactReader
from service.exchange.partners import Partner

ID: Final = "id"
WAYS: Final = (ID, *sorted(IDENTIFIER_KINDS))
Hashes = dict[str, str]  # the party by the hash


def check_ways(by: Iterable[str]) -> tuple[str, ...]:
    """The ways, sorted, each once. Raises UsageError for an unknown one or none."""
    ways = tuple(sorted(set(by)))
    unknown = [way for way in ways if way not in WAYS]
    if unknown or not ways:
        raise UsageError(f"parties are known by {', '.join(WAYS)}" + (f", not by {unknown[0]!r}" if unknown else ""))
    return ways


def hashes(store: FactReader, partner: Partner, by: Iterable[str]) -> Hashes:
    """Who is meant by a hash: one party alone, since an identifier that several hold is none of a person.

    A hash that would mean two parties means nobody.
    """
    ways, kinds = set(by), dict[str, str]()
    for batch in store.read_parties():
        for row in batch.select(["id", "kind", "implied"]).to_pylist():
            if not row["implied"] or row["id"] not in kinds:
                kinds[row["id"]] = row["kind"]
    found: dict[str, set[str]] = {}
    for id, kind in kinds.items() if ID in ways else ():
        if kind not in IDENTIFIER_KINDS:
            found.setdefault(partner.hashed(ID, id), set()).add(id)
    if ways & IDENTIFIER_KINDS:
        for batch in store.read_relationships(columns=["source", "target"]):
            for link in batch.to_pylist():
                kind = kinds.get(link["target"], "")
                if kind in ways and kinds.get(link["source"]) not in IDENTIFIER_KINDS:
                    found.setdefault(partner.hashed(kind, link["target"]), set()).add(link["source"])
    return {digest: next(iter(parties)) for digest, parties in found.items() if len(parties) == 1}
