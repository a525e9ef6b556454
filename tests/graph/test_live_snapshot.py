"""A live snapshot takes changes in, and says which ones only a new snapshot can."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graph.errors import RebuildNeeded, UnknownParty
from graph.schema import Outcome, Party, Relationship, RelationshipKind
from graph.snapshots.build import build_snapshot
from graph.snapshots.live.advance import advance
from graph.snapshots.live.changes import joined, read_changes
from graph.snapshots.live.snapshot import LiveSnapshot
from tests.graph.networks import Fact, MemoryStore, load_facts

ANN, BO, CY = (Party(id, "Person", id.title(), {"income": 1.0, "trade": "baker"}) for id in ("ann", "bo", "cy"))
ACCOUNT, PHONE = Party("acc", "Account"), Party("+49", "Phone")
HOLDS = Relationship("ann", "acc", "HOLDS_ACCOUNT", "1")
CALLS = Relationship("bo", "cy", "CALLS", "1", first=5.0, last=5.0)
PAID = Relationship("bo", "acc", "PAYS", "1", first=5.0, last=5.0, amount=7.0)
LATE = Outcome("bo", "late", "1", 5.0)
BASE: list[Fact] = [ANN, BO, CY, ACCOUNT, PHONE, HOLDS, CALLS, PAID, LATE]


class Following:
    """A store, and a live snapshot that follows it."""

    def __init__(self, folder: Path) -> None:
        self.store = MemoryStore()
        load_facts(self.store, BASE)
        self.live = LiveSnapshot.of(build_snapshot(self.store, folder / "base"))

    def after(self, *facts: Fact, source: str = "events") -> LiveSnapshot:
        load_facts(self.store, facts, source)
        self.live, _ = advance(self.live, read_changes(self.store, self.live.revision, self.store.revision()))
        return self.live

    def ended(self, fact: Relationship | Outcome, source: str = "test") -> LiveSnapshot:
        keys = ("kind", "source", "target", "key") if isinstance(fact, Relationship) else ("party", "key")
        self.store.end(source, type(fact), [tuple(getattr(fact, name) for name in keys)])
        self.live, _ = advance(self.live, read_changes(self.store, self.live.revision, self.store.revision()))
        return self.live


@pytest.fixture
def following(tmp_path: Path) -> Following:
    return Following(tmp_path)


def links(snapshot: LiveSnapshot, kind: str) -> list[tuple[str, str, float]]:
    """The links of a kind, as source, target and amount, by way of every array and by way of some rows."""
    if kind not in snapshot.kinds:
        return []
    found = snapshot.links(kind)
    source = np.repeat(np.arange(snapshot.n_parties), np.diff(found.out_indptr))
    every = sorted(
        (snapshot.id_of(a), snapshot.id_of(b), amount)
        for a, b, amount in zip(source.tolist(), found.out_target.tolist(), found.amount.tolist(), strict=True)
    )
    rows = np.arange(snapshot.n_parties)
    leaving, reaching = found.leaving(rows), found.reaching(rows)
    ends = sorted((snapshot.id_of(a), snapshot.id_of(b)) for a, b in zip(leaving.position, leaving.party, strict=True))
    back = sorted(
        (snapshot.id_of(b), snapshot.id_of(a)) for a, b in zip(reaching.position, reaching.party, strict=True)
    )
    assert [(a, b) for a, b, _ in every] == ends == back
    assert len(every) == snapshot.kinds[kind].links
    into = np.repeat(rows, np.diff(found.in_indptr))
    assert sorted(zip(found.in_source.tolist(), into.tolist(), strict=True)) == sorted(
        zip(source.tolist(), found.out_target.tolist(), strict=True)
    )
    return every


def test_new_parties_have_ids_names_kinds_and_attributes(following: Following) -> None:
    before = following.live
    now = following.after(Party("dan", "Robot", "Dan", {"income": 3.0, "trade": "welder", "shoe": 43.0}))
    row = now.row_of("dan")
    assert (now.n_parties, now.id_of(row), now.name_of(row), now.kind_of(row)) == (6, "dan", "Dan", "Robot")
    assert (now.numeric["income"][row], now.numeric["shoe"][row], np.isnan(now.numeric["shoe"][0])) == (3.0, 43.0, True)
    codes, words = now.categorical["trade"]
    assert words == ("baker", "welder") and words[codes[row]] == "welder" and words[codes[now.row_of("bo")]] == "baker"
    assert now.id_array().to_pylist()[row] == "dan" and now.name_array().to_pylist()[row] == "Dan"
    assert not before.has("dan") and before.n_parties == 5
    with pytest.raises(UnknownParty):
        before.row_of("dan")


def test_links_come_and_go_and_come_again(following: Following) -> None:
    assert links(following.live, "CALLS")[0][:2] == ("bo", "cy")
    assert links(following.ended(CALLS), "CALLS") == []
    assert "CALLS" not in following.live.kinds
    again = Relationship("cy", "dan", "CALLS", "2", amount=4.0)
    assert links(following.after(Party("dan", "Person"), again, CALLS), "CALLS")[1] == ("cy", "dan", 4.0)
    assert [one[:2] for one in links(following.ended(again, "events"), "CALLS")] == [("bo", "cy")]
    lent = Relationship("ann", "bo", "LENDS_TO", "1", amount=1.0)
    assert links(following.after(lent), "LENDS_TO") == [("ann", "bo", 1.0)]
    assert links(following.after(replace(lent, amount=2.0)), "LENDS_TO") == [("ann", "bo", 2.0)]


def test_what_is_paid_into_an_account_ties_its_holder_and_can_be_taken_back(following: Following) -> None:
    assert links(following.live, "PAYS") == [("bo", "ann", 7.0)]
    more = Relationship("cy", "acc", "PAYS", "2", first=6.0, last=6.0, amount=9.0)
    assert links(following.after(more), "PAYS") == [("bo", "ann", 7.0), ("cy", "ann", 9.0)]
    now = following.live.links("PAYS")
    assert [following.live.id_of(row) for row in now.via_target.tolist()] == ["acc", "acc"]
    assert following.live.kinds["PAYS"].carried == 2
    assert links(following.ended(PAID), "PAYS") == [("cy", "ann", 9.0)]
    assert links(following.ended(more, "events"), "PAYS") == []


def test_a_phone_that_nobody_called_can_get_a_holder_and_its_calls_tie_them(following: Following) -> None:
    following.after(Relationship("cy", "+49", "USES_PHONE", "1"))
    call = Relationship("bo", "+49", "CALLS", "2", first=9.0, last=9.0)
    assert [one[:2] for one in links(following.after(call), "CALLS")] == [("bo", "cy"), ("bo", "cy")]


def test_outcomes_come_are_corrected_and_go(following: Following) -> None:
    def known(snapshot: LiveSnapshot) -> list[tuple[str, int, int]]:
        of = snapshot.outcomes
        return [
            (snapshot.id_of(row), outcome, state)
            for row, outcome, state in zip(of.party.tolist(), of.outcome.tolist(), of.state.tolist(), strict=True)
        ]

    default = Outcome("ann", "default", "1", 6.0)
    assert known(following.after(default)) == [("ann", 1, 0), ("bo", 2, 0)]
    assert known(following.after(replace(default, state="corrected"))) == [("ann", 1, 2), ("bo", 2, 0)]
    assert known(following.ended(LATE)) == [("ann", 1, 2)]


def test_several_changes_can_be_taken_in_at_once(following: Following) -> None:
    store, start = following.store, following.live
    for facts in ([Party("dan", "Person")], [Relationship("ann", "dan", "PAYS", "3")], [replace(ANN, name="Anna")]):
        load_facts(store, facts, "events")
    store.end("events", Relationship, [("PAYS", "ann", "dan", "3")])
    changes = [read_changes(store, revision, revision + 1) for revision in range(1, 5)]
    one_by_one = start
    for change in changes:
        one_by_one, _ = advance(one_by_one, change)
    at_once, _ = advance(start, joined(changes))
    for now in (one_by_one, at_once):
        assert (now.revision, now.name_of(now.row_of("ann")), now.row_of("dan")) == (5, "Anna", 5)
        assert links(now, "PAYS") == [("bo", "ann", 7.0)]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ([Relationship("bo", "acc", "HOLDS_ACCOUNT", "2")], "who holds an identifier changed"),
        ([Relationship("ann", "bo", "SAME_AS", "1")], "two ids are one party"),
        ([replace(ANN, attributes={"income": "much"})], "a number so far, became a text"),
        ([Party("acc", "Person")], "became an identifier or is none any more"),
        ([replace(one, attributes={"trade": "7"}) for one in (ANN, BO, CY)], "no text is left among the values"),
    ],
    ids=["another holder", "two ids", "a text", "no account", "numbers alone"],
)
def test_what_only_a_new_snapshot_takes_in_is_refused(following: Following, facts: list[Fact], why: str) -> None:
    before = following.live
    with pytest.raises(RebuildNeeded, match=why):
        following.after(*facts)
    assert before.n_parties == 5 and links(before, "PAYS") == [("bo", "ann", 7.0)]


def test_a_column_that_becomes_protected_is_refused(following: Following) -> None:
    following.store.add_protected(["income"])
    with pytest.raises(RebuildNeeded, match="became a protected one"):
        following.after(replace(ANN, name="Anna"))


def test_a_kind_that_a_mapping_defined_can_come_in(following: Following) -> None:
    following.store.define_kinds([RelationshipKind("SHARES_FLAT", "social", True)])
    now = following.after(Relationship("ann", "bo", "SHARES_FLAT", "1"))
    assert now.kinds["SHARES_FLAT"].symmetric and "social" in now.categories
