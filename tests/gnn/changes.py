"""Changes of a snapshot carried out on the facts it was built from, as a person would write them anew."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from graph.schema import RELATIONSHIP_KINDS, Outcome, Relationship
from graph.snapshots.overlay import AddLinks, Change, Cure
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts


def carried_out(facts: Facts, changes: Iterable[Change], snapshot: Snapshot) -> Facts:
    for number, change in enumerate(changes):
        facts = _one(facts, change, snapshot, f"change{number}")
    return facts


def _one(facts: Facts, change: Change, snapshot: Snapshot, key: str) -> Facts:
    if isinstance(change, Cure):
        cured = Outcome(snapshot.id_of(change.party), "cured", key, opened=snapshot.as_of)
        return replace(facts, outcomes=[*facts.outcomes, cured])
    source, target = snapshot.id_of(change.source), snapshot.id_of(change.target)
    if isinstance(change, AddLinks):
        said = {name: getattr(change, name) for name in ("weight", "first", "last", "amount")}
        values = {name: None if math.isnan(value) else value for name, value in said.items()}
        more = [
            Relationship(source, target, change.kind, f"{key}.{i}", count=change.count, **values)
            for i in range(change.times)
        ]
        return replace(facts, relationships=[*facts.relationships, *more])
    ended = {(source, target)} | ({(target, source)} if RELATIONSHIP_KINDS[change.kind].symmetric else set())
    kept = [k for k in facts.relationships if k.kind != change.kind or (k.source, k.target) not in ended]
    return replace(facts, relationships=kept)
