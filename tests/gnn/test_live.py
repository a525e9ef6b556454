"""A network that follows what is recorded answers as one that is built anew from all the facts, to the bit."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnn.features.network_state import changed_state
from gnn.scoring.feature_table import feature_table
from gnn.scoring.live_table import live_table
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from graph.errors import RebuildNeeded
from graph.purposes import PURPOSES
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.live.advance import advance
from graph.snapshots.live.changes import read_changes
from graph.snapshots.live.snapshot import LiveSnapshot
from tests.gnn.networks import Trained
from tests.graph.networks import MemoryStore, load_facts

DAY = 86_400.0
RETENTION = 30 * DAY  # so that outcomes of the histories are forgotten, too


class History:
    """A store that goes on after a town was loaded, and a live scorer that follows it revision by revision.

    What only a new snapshot takes in, such as that two ids are one party, is taken in by one, and following goes on.
    """

    def __init__(self, town: Trained) -> None:
        facts = town.facts
        self.store = MemoryStore()
        load_facts(self.store, (*facts.parties, *facts.relationships, *facts.outcomes))
        self.town = town
        self.base = town.scorer.table
        self.live = LiveSnapshot.of(town.snapshot)
        self.state = self.base.state
        self.number = 0
        self.folder = tempfile.TemporaryDirectory()

    def record(self, *facts: Any) -> None:
        load_facts(self.store, facts, source="events")

    def follow(self) -> None:
        changes = read_changes(self.store, self.live.revision, self.store.revision())
        try:
            self.live, touched = advance(self.live, changes)
        except RebuildNeeded:
            snapshot = build_snapshot(self.store, Path(self.folder.name) / str(self.store.revision()))
            self.base = feature_table(self.town.model.spec, snapshot)
            self.live, self.state = LiveSnapshot.of(snapshot), self.base.state
        else:
            self.state = changed_state(self.state, self.live, touched.ends, touched.rows)

    def answers(self, ids: Iterable[str], closed_after: float | None) -> list[list[Any]]:
        scorer = Scorer(self.town.model, live_table(self.base, self.state, self.live, closed_after))
        return answers(scorer, self.live.rows_of(list(ids)))

    def rebuilt(self, ids: Iterable[str], closed_after: float | None) -> list[list[Any]]:
        with tempfile.TemporaryDirectory() as folder:
            snapshot = build_snapshot(self.store, Path(folder) / "snapshot")
            return answers(Scorer.of(self.town.model, snapshot, closed_after), snapshot.rows_of(list(ids)))


def answers(scorer: Scorer, rows: Any) -> list[list[Any]]:
    """The assessments of some parties for every purpose, without their rows."""
    found = []
    for purpose in PURPOSES.values():
        assessments = scorer.assess_rows(rows, Terms(purpose.categories, purpose.cap))
        found.append([(a.probability, a.score, a.level, a.warnings, a.interval) for a in assessments])
    return found


Step = Callable[[History, np.random.Generator], None]


def someone(history: History, random: np.random.Generator) -> str:
    people = [f"p{i:04}" for i in range(len(history.town.facts.parties) * 2 // 3)]
    people += [f"new{i}" for i in range(history.number)]
    return str(random.choice(people))


def new_party(history: History, random: np.random.Generator) -> None:
    id = f"new{history.number}"
    attributes = {"income": float(random.integers(800, 3000)), "trade": str(random.choice(["baker", "astronaut"]))}
    implied = bool(random.random() < 0.3)
    party = Party(id, "Person", None, {} if implied else attributes, implied)
    other = someone(history, random)
    history.number += 1
    history.record(party, Party(other, "Person", implied=True), Relationship(id, other, "FRIEND_OF", "with the party"))


def new_attributes(history: History, random: np.random.Generator) -> None:
    attributes: dict[str, float | str | None] = {"income": float(random.integers(800, 3000))}
    if random.random() < 0.5:
        attributes = {"trade": "astronaut", "shoe size": float(random.integers(36, 48))}
    history.record(Party(someone(history, random), "Person", None, attributes))


def new_link(history: History, random: np.random.Generator) -> None:
    kind = str(random.choice(["CALLS", "PAYS", "FRIEND_OF", "GUARANTEES", "RATES", "LENDS_TO", "TRUSTS"]))
    a, b = someone(history, random), someone(history, random)
    at = 1.1e9 + float(random.integers(0, 100)) * DAY
    weight = float(random.choice([-1.0, 0.5, 1.0])) if kind in {"RATES", "TRUSTS"} else None
    amount = float(random.integers(1, 999)) if kind in {"PAYS", "LENDS_TO"} else None
    known = [Party(id, "Person", implied=True) for id in {a, b}]
    key = f"e{history.store.revision()}"
    history.record(*known, Relationship(a, b, kind, key, weight, at, at, None, amount))


def new_phone(history: History, random: np.random.Generator) -> None:
    phone, a, b = f"+49{history.store.revision()}", someone(history, random), someone(history, random)
    parties = [Party(phone, "Phone", implied=True), *(Party(id, "Person", implied=True) for id in {a, b})]
    history.record(*parties, Relationship(a, phone, "USES_PHONE", "1"))
    history.record(Relationship(b, phone, "CALLS", "over the phone", first=1.2e9, last=1.2e9))


def ended_link(history: History, random: np.random.Generator) -> None:
    links = [key for key in history.store._live if key[1] is Relationship]
    chosen = links[int(random.integers(len(links)))]
    history.store.end(chosen[0], Relationship, [chosen[2:]])


def one_party(history: History, random: np.random.Generator) -> None:
    a, b = someone(history, random), someone(history, random)
    if a != b:
        known = [Party(id, "Person", implied=True) for id in (a, b)]
        history.record(*known, Relationship(a, b, "SAME_AS", "1"))


def two_parties_again(history: History, random: np.random.Generator) -> None:
    said = [key for key in history.store._live if key[1] is Relationship and key[2] == "SAME_AS"]
    if said:
        chosen = said[int(random.integers(len(said)))]
        history.store.end(chosen[0], Relationship, [chosen[2:]])


def new_holder(history: History, random: np.random.Generator) -> None:
    phones = [party.id for party in history.town.facts.parties if party.kind == "Phone"]
    who, phone = someone(history, random), str(random.choice(phones))
    known = [Party(who, "Person", implied=True), Party(phone, "Phone", implied=True)]
    history.record(*known, Relationship(who, phone, "USES_PHONE", f"e{history.store.revision()}"))


def outcome(history: History, random: np.random.Generator) -> None:
    party, name = someone(history, random), str(random.choice(["default", "good", "fraud", "cured", "late"]))
    opened = 1.1e9 + float(random.integers(0, 100)) * DAY
    closed = opened + DAY if random.random() < 0.3 else None
    known = Party(party, "Person", implied=True)
    history.record(known, Outcome(party, name, f"o{random.integers(3)}", opened, closed, days_late=90))


def corrected_outcome(history: History, random: np.random.Generator) -> None:
    outcomes = [(key, fact) for key, fact in history.store._live.items() if key[1] is Outcome]
    chosen, fact = outcomes[int(random.integers(len(outcomes)))]
    if random.random() < 0.5:
        history.store.end(chosen[0], Outcome, [chosen[2:]])
    else:
        load_facts(history.store, [Outcome(**{**fact["row"], "state": "corrected"})], source=chosen[0])


STEPS: list[Step] = [
    new_party, new_attributes, new_link, new_link, new_phone, ended_link, outcome, corrected_outcome,
    one_party, two_parties_again, new_holder,
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=12), st.integers(0, 10**6), st.integers(1, 4))
def test_any_history_answers_as_a_snapshot_of_all_its_facts(
    hamlet: Trained, steps: list[Step], seed: int, every: int
) -> None:
    random = np.random.default_rng(seed)
    history = History(hamlet)
    for number, step in enumerate(steps):
        step(history, random)
        if number % every == 0:
            history.follow()
    history.follow()
    everybody = [history.live.id_of(row) for row in range(history.live.n_parties)]
    times = [t for t in (float(np.fmax.reduce(history.live.outcomes.opened, initial=-np.inf)),) if np.isfinite(t)]
    closed_after = times[0] - RETENTION if times else None
    assert history.answers(everybody, closed_after) == history.rebuilt(everybody, closed_after)
    one_by_one = [history.answers([id], closed_after) for id in everybody[::7]]
    together = history.answers(everybody[::7], closed_after)
    assert [[purpose[0] for purpose in one] for one in one_by_one] == [list(of) for of in zip(*together, strict=True)]
