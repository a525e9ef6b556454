"""A supposed change of the network as of any time, seen by anybody, is that of a snapshot of the changed facts."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnn.scoring.incremental import changed_inputs
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from graph.csr import edge_index
from graph.purposes import PURPOSES
from graph.snapshots.overlay import AddLinks, Change, Cure, RemoveLinks
from graph.snapshots.snapshot import Snapshot
from tests.gnn.changes import carried_out
from tests.gnn.networks import Facts, Trained

DAY = 86_400.0
BEGIN, DAYS = 1e9, 100


def dated(facts: Facts, random: np.random.Generator) -> Facts:
    """The facts with times within DAYS: links of which some go on for a while, outcomes of which some have closed."""

    def day() -> float:
        return BEGIN + float(random.integers(0, DAYS)) * DAY

    links = []
    for link in facts.relationships:
        first = day()
        lasts = random.integers(0, 30) * DAY if random.random() < 0.4 else 0.0
        links.append(replace(link, first=first, last=first + lasts) if link.kind != "USES_PHONE" else link)
    outcomes = []
    for outcome in facts.outcomes:
        opened = day()
        closed = opened + float(random.integers(1, 40)) * DAY if random.random() < 0.5 else None
        outcomes.append(replace(outcome, opened=opened, closed=closed))
    return replace(facts, relationships=links, outcomes=outcomes)


def some_changes(snapshot: Snapshot, random: np.random.Generator, number: int) -> list[Change]:
    """Removals of relationships that there are, links that come, cures of anybody."""
    found: list[Change] = []
    people = [row for row in range(snapshot.n_parties) if snapshot.kind_of(row) == "Person"]
    for _ in range(number):
        what, (a, b) = random.integers(3), random.choice(people, 2, replace=False).tolist()
        if what == 0:
            kind = str(random.choice([kind for kind in snapshot.kinds if kind != "USES_PHONE"]))
            links = snapshot.links(kind)
            source, target = edge_index(links.out_indptr, links.out_target)
            entry = int(random.integers(len(source)))
            removed = RemoveLinks(kind, int(source[entry]), int(target[entry]))
            found += [removed] if removed not in found else []
        elif what == 1:
            kind, now = str(random.choice(["PAYS", "GUARANTEES", "FRIEND_OF"])), snapshot.as_of or BEGIN
            found.append(AddLinks(kind, a, b, int(random.integers(1, 4)), now, now, amount=float(random.integers(9))))
        else:
            found.append(Cure(a))
    return sorted(found, key=lambda change: not isinstance(change, RemoveLinks))


def answers(scorer: Scorer, rows: Sequence[int], changes: Sequence[Change]) -> list[list[object]]:
    """What every purpose is told of these parties after the changes."""
    inputs = changed_inputs(scorer.table, np.array(rows), changes)
    found = []
    for purpose in PURPOSES.values():
        told = scorer.assess_inputs(rows, inputs, Terms(purpose.categories, purpose.cap))
        found.append([(one.probability, one.score, one.level, one.warnings, one.interval) for one in told])
    return found


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.integers(20, DAYS + 10), st.integers(1, 6), st.sampled_from([None, 1, 20, 60]))
def test_any_changes_as_of_any_time_answer_as_a_snapshot_of_the_changed_facts(
    hamlet: Trained, seed: int, day: int, number: int, retention: int | None
) -> None:
    random = np.random.default_rng(seed)
    facts, as_of = dated(hamlet.facts, random), BEGIN + day * DAY
    closed_after = None if retention is None else as_of - retention * DAY
    with tempfile.TemporaryDirectory() as folder:
        snapshot = facts.snapshot(Path(folder) / "before", as_of)
        changes = some_changes(snapshot, random, number)
        after = carried_out(facts, changes, snapshot).snapshot(Path(folder) / "after", as_of)
        rows = list(range(snapshot.n_parties))
        before, rebuilt = (Scorer.of(hamlet.model, one, closed_after) for one in (snapshot, after))
        assert answers(before, rows, changes) == answers(rebuilt, rows, [])
