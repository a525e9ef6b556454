"""After any history of loads and undos a store has the facts of a plain rule, and both stores give equal snapshots.

The rule: of each key, what the newest load stated that is not undone is live, whether that changed anything or not. A
party that a live link or outcome of its source needs, and that no load states, is live too, implied and with its kind
alone.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.schema import Consent, Outcome, Party, Relationship, RelationshipKind
from graph.snapshots.build import build_snapshot
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from tests.graph.loading import expected, facts, loaded
from tests.graph.networks import Fact

PEOPLE = ("ann", "bo", "cy")
# A history is a list of steps: (source, facts) is a load, a number undoes the load of that step.
Step = tuple[str, list[Fact]] | int


def key(fact: Fact) -> tuple[object, ...]:
    if isinstance(fact, Party):
        return (fact.id,)
    if isinstance(fact, Outcome):
        return (fact.party, fact.key)
    if isinstance(fact, Consent):
        return (fact.party, fact.source, fact.purpose, fact.given)
    return (fact.kind, fact.source, fact.target, fact.key)


def parties_of(fact: Fact) -> set[str]:
    if isinstance(fact, Party | Consent):
        return set()
    return {fact.party} if isinstance(fact, Outcome) else {fact.source, fact.target}


def bare(id: str) -> Party:
    return Party(id, "Person", implied=True)


def states_by_rule(history: list[Step]) -> list[list[tuple[object, ...]]]:
    """The live facts after each step."""
    statements: dict[int, dict[tuple[object, ...], tuple[str, Fact]]] = {}
    states = []
    for at, step in enumerate(history):
        if isinstance(step, int):
            del statements[step]
        else:
            source, loaded_facts = step
            statements[at] = {(source, *key(fact)): (source, fact) for fact in loaded_facts}
        live = {place: one for load in sorted(statements) for place, one in statements[load].items()}
        ends = {(source, (id,)) for source, fact in live.values() for id in parties_of(fact)}
        live |= {(source, *id): (source, bare(*id)) for source, id in ends if (source, *id) not in live}
        rows = [row for source, fact in live.values() for row in expected(fact, source=source)]
        states.append(sorted(rows, key=repr))
    return states


def replay(store: GraphStore, history: list[Step]) -> list[int]:
    """The store's revision after each step of the history."""
    loads: list[int] = []
    revisions = []
    for at, step in enumerate(history):
        if isinstance(step, int):
            store.undo(loads[step])
            loads.append(-1)
        else:
            loads.append(loaded(store, *step[1], source=step[0], fingerprint=str(at)).id)
        revisions.append(store.revision())
    return revisions


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    history: list[Step] = []
    for at in range(draw(st.integers(1, 7))):
        known = [n for n in range(at) if not isinstance(history[n], int) and n not in history]
        if known and draw(st.booleans()):
            history.append(draw(st.sampled_from(known)))
            continue
        tie = st.builds(
            lambda ends, count: Relationship(*ends, "PAYS", "1", count=count),
            st.sampled_from([("ann", "bo"), ("bo", "ann"), ("cy", "cy")]),
            st.integers(1, 2),
        )
        outcome = st.builds(lambda name: Outcome("ann", name, "1"), st.sampled_from(["late", "default"]))
        consent = st.builds(
            lambda given, withdrawn: Consent("bo", "a", "lending", given, withdrawn),
            st.sampled_from([1.0, 2.0]),
            st.sampled_from([None, 3.0]),
        )
        ties = draw(st.lists(st.one_of(tie, outcome, consent), max_size=5))
        # A load describes some of its people, with its own number in their name, and implies the others.
        named = draw(st.sets(st.sampled_from(PEOPLE), max_size=1))
        people: list[Fact] = [Party(id, "Person", f"named by load {at}") if id in named else bare(id) for id in PEOPLE]
        # A party that no other load has, so that each load changes something and has a revision.
        people.append(Party(f"new in load {at}", "Person"))
        history.append((draw(st.sampled_from(["a", "b"])), [*people, *ties]))
    return history


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(histories())
def test_sqlite_has_the_facts_of_the_rule_at_every_revision(history: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/kith.db")
        revisions = replay(store, history)
        for revision, state in zip(revisions, states_by_rule(history), strict=True):
            assert facts(store, revision) == state
        store.close()


def person(id: str, at: int) -> Party:
    return Party(id, "Person", f"{id} {at}", {"income": at / 3, "job": "baker", "städtisch": None})


PAYS = [Relationship("ann", "bo", "PAYS", str(n), weight=n / 7, first=n, last=n + 0.5, count=n) for n in range(1, 4)]
STAKE = Relationship("cy", "ann", "STAKEHOLDER", "1", weight=-0.5, context="offline", amount=0.1)
CONSENT = Consent("ann", "a", "lending", 5.0)
HISTORY: list[Step] = [
    (
        "a",
        [person("ann", 0), person("bo", 0), person("cy", 0), *PAYS, STAKE, Outcome("bo", "late", "1", 30.0), CONSENT],
    ),
    ("b", [Party("ann", "Company", implied=True), Party("bo", "Person"), Relationship("bo", "ann", "CALLS", "1")]),
    (
        "a",
        [
            person("cy", 2),
            Relationship("ann", "bo", "PAYS", "1", weight=9.0),
            Outcome("bo", "default", "1", 30.0, 40.0),
            replace(CONSENT, withdrawn=9.0),
        ],
    ),
    (
        "a",
        [person("cy", 3), Relationship("ann", "bo", "PAYS", "1", weight=8.0), Relationship("ann", "ann", "OWES", "1")],
    ),
    2,
    3,
    ("b", [Party("bo", "Person", "Bo")]),
    1,
]


@pytest.mark.neo4j
def test_sqlite_and_neo4j_have_equal_facts_and_snapshots_after_one_history(tmp_path: Path, neo4j_url: str) -> None:
    snapshots = []
    for url in (f"sqlite:///{tmp_path / 'kith.db'}", neo4j_url):
        store = open_store(url)
        store.define_kinds([RelationshipKind("STAKEHOLDER", "ownership")])
        revisions = replay(store, HISTORY)
        for revision, state in zip(revisions, states_by_rule(HISTORY), strict=True):
            assert facts(store, revision) == state
        for revision in (revisions[0], revisions[3], revisions[-1]):
            for as_of in (None, 2.0):
                name = f"{len(snapshots)}"
                snapshots.append(build_snapshot(store, tmp_path / name, as_of, revision))
        store.close()
    half = len(snapshots) // 2
    for one, other in zip(snapshots[:half], snapshots[half:], strict=True):
        assert contents(one.folder) == contents(other.folder)
    assert len({snapshot.id for snapshot in snapshots}) == half


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
