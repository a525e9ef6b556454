"""The contract of `GraphStore`, checked on SQLite and on a real Neo4j."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from graph.errors import StoreError, UnfinishedLoad, UnknownKind, Unsupported, UsageError
from graph.schema import EVENTS, Consent, Outcome, Party, Relationship, RelationshipKind
from graph.stores.base import GraphStore, LoadDetails
from tests.graph.loading import ANN, BO, CALLS, CY, PAYS, begun, expected, facts, loaded, record
from tests.graph.networks import batch

FAILED = Outcome("bo", "default", "1", 30.0, 40.0, "active", 95, 1_250.5)


def bare(id: str) -> Party:
    """A party that only links imply."""
    return Party(id, "Person", implied=True)


def test_an_empty_store_has_revision_0_and_no_facts(store: GraphStore) -> None:
    assert store.revision() == 0
    assert store.loads() == []
    assert facts(store) == []
    assert store.party("ann") is None
    assert store.neighbours("ann", 10) == []
    assert store.missing(["ann"]) == {"ann"}


def test_facts_are_read_back_as_they_were_recorded(store: GraphStore) -> None:
    ann = Party("ann", "Person", "Änn", {"income": 3.5, "job": "baker", "note": None}, valid_from=1.0, valid_to=2.0)
    phone = Party("+86138", "Phone", implied=True)
    recorded = (ann, BO, CY, phone, PAYS, CALLS, Relationship("ann", "+86138", "USES_PHONE", "1", weight=-0.25), FAILED)
    loaded(store, *recorded)
    assert store.revision() == 1
    assert facts(store) == expected(*recorded)


def test_of_links_only_some_columns_can_be_read(store: GraphStore) -> None:
    loaded(store, ANN, BO, CY, PAYS, CALLS)
    loaded(store, replace(PAYS, amount=7.0), fingerprint="2")
    rows = [row for piece in store.read_relationships(1, ("amount", "source")) for row in piece.to_pylist()]
    assert sorted(rows, key=repr) == [{"amount": 5.5, "source": "ann"}, {"amount": None, "source": "bo"}]


def test_loading_twice_changes_nothing(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS, FAILED)
    before = facts(store)
    again = store.begin_load("file", "2")
    assert record(again, ANN, BO, PAYS, FAILED) == (0, 4)
    assert again.finish() == store.revision() == 1
    assert facts(store) == before
    assert [one.revision for one in store.loads()] == [1, 1]  # other files that state the same


def test_other_content_is_a_correction_and_earlier_revisions_stay(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS, Outcome("bo", "late", "1"))
    before = facts(store)
    now = (replace(ANN, name="Ann"), BO, replace(PAYS, amount=None, count=3), replace(PAYS, key="2"), FAILED)
    load = store.begin_load("file", "2")
    assert record(load, *now) == (4, 1)
    assert load.finish() == 2
    assert facts(store) == expected(*now)
    assert facts(store, 1) == before
    assert [n.relationship.count for n in store.neighbours("ann", 10)] == [3, 2]
    assert [n.relationship.count for n in store.neighbours("ann", 10, revision=1)] == [2]
    assert [store.party("ann", at) for at in (0, 1, 2)] == [None, ANN, replace(ANN, name="Ann")]


@pytest.mark.parametrize(
    "other",
    [
        replace(PAYS, weight=None),
        replace(PAYS, first=None),
        replace(PAYS, last=21.0),
        replace(PAYS, count=None),
        replace(PAYS, amount=-5.5),
        replace(PAYS, context="offline"),
    ],
    ids=lambda link: str(link),
)
def test_each_value_of_a_link_can_be_corrected_and_corrected_back(store: GraphStore, other: Relationship) -> None:
    loaded(store, ANN, BO, PAYS)
    loaded(store, other, fingerprint="2")
    assert facts(store) == expected(ANN, BO, other)
    loaded(store, PAYS, fingerprint="3")
    assert facts(store) == expected(ANN, BO, PAYS)


def test_an_empty_name_is_not_a_missing_name(store: GraphStore) -> None:
    loaded(store, ANN)
    loaded(store, replace(ANN, name=""), fingerprint="2")
    assert facts(store) == expected(replace(ANN, name=""))


def test_of_a_key_that_comes_several_times_in_a_load_the_last_row_counts(store: GraphStore) -> None:
    load = begun(store, ANN, BO)
    assert record(load, PAYS, replace(PAYS, count=7), PAYS, CALLS, CY) == (5, 0)
    assert record(load, replace(PAYS, count=9)) == (1, 0)
    load.finish()
    assert facts(store) == expected(ANN, BO, CY, CALLS, replace(PAYS, count=9))
    later = begun(store, replace(PAYS, count=5), replace(PAYS, count=6), fingerprint="2")
    assert record(later, CALLS, CALLS) == (0, 2)
    later.finish()
    assert facts(store) == expected(ANN, BO, CY, CALLS, replace(PAYS, count=6))


def test_a_load_ends_facts_that_earlier_loads_of_its_source_recorded(store: GraphStore) -> None:
    other = replace(PAYS, kind="CALLS", key="1")
    loaded(store, ANN, BO, CY, PAYS, CALLS, other, FAILED)
    loaded(store, ANN, BO, PAYS, source="another")
    before = facts(store)
    new = replace(PAYS, key="new")
    load = begun(store, new, fingerprint="2")
    assert load.end(batch([PAYS, CALLS, new, replace(PAYS, key="unknown")], Relationship)) == 2
    assert load.end(batch([FAILED], Outcome)) == load.end(batch([CY], Party)) == 1
    assert load.end(batch([FAILED], Outcome)) == 0
    assert facts(store) == before
    load.finish()
    live = [*expected(ANN, BO, other, new), *expected(ANN, BO, PAYS, source="another")]
    assert facts(store) == sorted(live, key=repr)
    assert facts(store, 2) == before
    store.undo(load.id)
    assert facts(store) == before


def test_facts_of_different_sources_are_independent(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS, source="a")
    loaded(store, ANN, BO, PAYS, source="b")
    assert facts(store) == sorted(expected(ANN, BO, PAYS, source="a") + expected(ANN, BO, PAYS, source="b"), key=repr)
    store.undo(store.loads()[0].id)
    assert facts(store) == expected(ANN, BO, PAYS, source="b")


def test_undo_retracts_the_facts_of_a_load_and_restores_those_it_corrected(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS, FAILED)
    first = facts(store)
    now = (replace(BO, name="Bo"), CY, replace(PAYS, count=7), CALLS, Outcome("bo", "cured", "1"))
    second = loaded(store, *now, fingerprint="2")
    changed = facts(store)
    assert store.undo(second.id) == 3
    assert facts(store) == first
    assert facts(store, 2) == changed
    assert facts(store, 1) == first
    with pytest.raises(UsageError, match="already taken back"):
        store.undo(second.id)
    with pytest.raises(UsageError, match="does not exist"):
        store.undo(99)
    with pytest.raises(UsageError, match=f"took load {second.id} back; load those files again"):
        store.undo(store.loads()[-1].id)


@pytest.mark.parametrize("order", [(3, 2), (2, 3)])
def test_undoing_two_loads_in_any_order_restores_the_facts_before_both(
    store: GraphStore, order: tuple[int, int]
) -> None:
    loads = {n: loaded(store, ANN, BO, replace(PAYS, count=n), fingerprint=str(n)) for n in (1, 2, 3)}
    for n in order:
        store.undo(loads[n].id)
    assert facts(store) == expected(ANN, BO, replace(PAYS, count=1))
    store.undo(loads[1].id)
    assert facts(store) == []
    assert facts(store, 2) == expected(ANN, BO, replace(PAYS, count=2))


def test_undoing_a_load_leaves_later_corrections_of_it_live(store: GraphStore) -> None:
    first = loaded(store, ANN, BO, PAYS)
    loaded(store, ANN, BO, replace(PAYS, count=9), fingerprint="2")
    store.undo(first.id)
    assert facts(store) == expected(ANN, BO, replace(PAYS, count=9))


def test_an_undo_keeps_what_a_later_load_stated_again(store: GraphStore) -> None:
    first = loaded(store, ANN, BO, PAYS, CY, CALLS, FAILED)
    second = loaded(store, ANN, BO, PAYS, FAILED, fingerprint="2")
    assert [(one.id, one.revision) for one in store.loads()] == [(first.id, 1), (second.id, 1)]
    counts = store.undo_counts(first.id)
    assert counts.taken == {"parties": 1, "relationships": 1, "outcomes": 0}
    assert counts.kept == {"parties": 2, "relationships": 1, "outcomes": 1}
    store.undo(first.id)
    assert facts(store) == expected(ANN, BO, PAYS, FAILED)
    assert facts(store, 1) == expected(ANN, BO, PAYS, CY, CALLS, FAILED)
    store.undo(second.id)
    assert facts(store) == []


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 1, 3), (1, 3, 2)])
def test_a_fact_stays_until_the_last_load_that_stated_it_is_undone(store: GraphStore, order: tuple[int, ...]) -> None:
    stated = (ANN, BO, PAYS)
    loads = {n: loaded(store, *stated, fingerprint=str(n)) for n in (1, 2, 3)}
    for n in order:
        assert facts(store) == expected(*stated)
        store.undo(loads[n].id)
    assert facts(store) == []


def test_a_load_that_is_taken_back_or_never_finished_keeps_nothing(store: GraphStore) -> None:
    first = loaded(store, ANN, BO, PAYS)
    store.undo(loaded(store, ANN, BO, PAYS, fingerprint="2").id)
    store.undo(begun(store, ANN, BO, PAYS, fingerprint="3").id)
    assert store.undo_counts(first.id).kept == {"parties": 0, "relationships": 0, "outcomes": 0}
    store.undo(first.id)
    assert facts(store) == []


def test_the_same_files_again_state_nothing_more(store: GraphStore) -> None:
    first = loaded(store, ANN, BO, PAYS)
    loaded(store, ANN, BO, PAYS)
    assert [one.id for one in store.loads()] == [first.id]
    store.undo(first.id)
    assert facts(store) == []


def test_a_load_says_what_it_is_of(store: GraphStore) -> None:
    details = LoadDetails(("a.csv", "b.csv"), 1.5, {"parties": 1})
    load = begun(store, ANN)
    load.describe(details)
    assert [(one.details, one.state) for one in store.loads()] == [(details, "interrupted")]
    load.finish()
    store.undo(load.id, LoadDetails(time=2.5))
    first, undo = store.loads()
    assert (first.details, first.state) == (details, "taken back")
    assert (undo.details, undo.state) == (LoadDetails(time=2.5), f"took load {load.id} back")


def test_undo_keeps_parties_that_links_of_other_loads_need(store: GraphStore) -> None:
    ann, bo, cy = bare("ann"), bare("bo"), bare("cy")
    first = loaded(store, ann, bo, PAYS, replace(PAYS, source="bo", target="ann"))
    later = (ann, bo, cy, replace(PAYS, target="cy"), CALLS)
    second = loaded(store, *later, fingerprint="2")
    both = facts(store)
    store.undo(first.id)
    assert facts(store) == expected(*later)
    assert facts(store, 2) == both
    store.undo(second.id)
    assert facts(store) == []


def test_a_party_that_links_need_is_kept_with_its_kind_alone(store: GraphStore) -> None:
    described = (
        Party("ann", "Merchant", "Ann", {"income": 3.5}, valid_from=1.0, valid_to=2.0),
        replace(BO, name="Bo"),
        replace(CY, name="Cy"),
    )
    first = loaded(store, *described)
    loaded(store, replace(PAYS, target="ann"), FAILED, fingerprint="2")
    store.undo(first.id)
    left = (Party("ann", "Merchant", implied=True), bare("bo"), replace(PAYS, target="ann"), FAILED)
    assert facts(store) == expected(*left)
    again = loaded(store, *described)
    assert facts(store) == expected(*described, replace(PAYS, target="ann"), FAILED)
    store.undo(again.id)
    assert facts(store) == expected(*left)


@pytest.mark.parametrize("order", [(1, 2, 3), (2, 1, 3), (1, 3, 2), (3, 2, 1)])
def test_a_kept_party_is_retracted_with_the_last_link_that_needs_it(store: GraphStore, order: tuple[int, ...]) -> None:
    loads = {
        n: loaded(store, bare("ann"), bare("bo"), replace(PAYS, key=str(n)), fingerprint=str(n)) for n in (1, 2, 3)
    }
    standing = [1, 2, 3]
    for n in order:
        assert facts(store) == expected(bare("ann"), bare("bo"), *(replace(PAYS, key=str(key)) for key in standing))
        store.undo(loads[n].id)
        standing.remove(n)
    assert facts(store) == []


def test_parties_are_not_kept_for_links_of_another_source(store: GraphStore) -> None:
    first = loaded(store, ANN, BO, source="a")
    loaded(store, PAYS, source="b")
    store.undo(first.id)
    assert facts(store) == expected(PAYS, source="b")


def test_undone_facts_can_be_loaded_again(store: GraphStore) -> None:
    load = loaded(store, ANN, BO, PAYS)
    store.undo(load.id)
    assert facts(store) == []
    loaded(store, ANN, BO, PAYS)
    assert facts(store) == expected(ANN, BO, PAYS)


def test_an_unfinished_load_is_invisible_and_can_be_removed(store: GraphStore) -> None:
    first = loaded(store, ANN, BO, PAYS)
    before = facts(store)
    load = begun(store, CY, CALLS, replace(PAYS, count=5), fingerprint="2")
    assert facts(store) == facts(store, 1) == before
    assert store.party("cy") is None
    assert [n.relationship.count for n in store.neighbours("ann", 9)] == [2]
    assert store.missing(["cy"]) == set()
    with pytest.raises(UnfinishedLoad):
        store.undo(first.id)
    assert store.undo(load.id) == 1
    assert facts(store) == before
    assert store.missing(["cy"]) == {"cy"}
    assert [one.id for one in store.loads()] == [first.id]


def test_an_unfinished_load_is_continued_by_its_fingerprint_and_blocks_others(store: GraphStore) -> None:
    stopped = begun(store, ANN, BO)
    with pytest.raises(UnfinishedLoad, match=f"kith load --undo {stopped.id}"):
        store.begin_load("file", "other")
    resumed = store.begin_load("file", "1")
    assert resumed.id == stopped.id
    assert record(resumed, ANN, BO, CY) == (3, 0)
    assert resumed.finish() == 1
    assert facts(store) == expected(ANN, BO, CY)


def test_a_load_that_another_process_finished_records_no_more(store: GraphStore) -> None:
    slow, quick = begun(store, ANN, BO), begun(store, ANN, BO, PAYS)
    assert slow.id == quick.id
    assert quick.finish() == 1
    with pytest.raises(StoreError, match=f"load {quick.id} was finished or taken back by another .* files again"):
        record(slow, CY, CALLS)
    assert slow.finish() == 1
    assert [(one.id, one.revision) for one in store.loads()] == [(quick.id, 1)]
    assert facts(store, 1) == facts(store) == expected(ANN, BO, PAYS)


@pytest.mark.parametrize("finished", [False, True])
def test_a_load_that_was_undone_records_no_more(store: GraphStore, finished: bool) -> None:
    load = begun(store, ANN, BO)
    if finished:
        loaded(store, ANN, BO)
    store.undo(load.id)
    for fact in (CY, PAYS, FAILED):
        with pytest.raises(StoreError, match=f"load {load.id} was finished or taken back by another process"):
            record(load, fact)
    with pytest.raises(StoreError, match="load the same files again"):
        load.finish()
    again = store.begin_load("file", "1")
    assert record(again, ANN, BO, CY, PAYS) == (4, 0)
    again.finish()
    assert facts(store) == expected(ANN, BO, CY, PAYS)


def test_the_history_lists_every_load(store: GraphStore) -> None:
    first = loaded(store, ANN, source="a", fingerprint="x")
    second = begun(store, BO, source="b", fingerprint="y")
    store.undo(first.id)
    records = [(one.source, one.fingerprint, one.revision, one.undone) for one in store.loads()]
    assert records == [("a", "x", 1, True), ("b", "y", None, False), ("a", f"undo {first.id}", 2, False)]
    assert store.loads()[1].id == second.id


def test_parallel_links_are_listed_each_and_a_self_link_once(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS, replace(PAYS, key="2"), Relationship("ann", "ann", "PAYS", "1"))
    seen = [(n.party, n.relationship.key) for n in store.neighbours("ann", 10)]
    assert seen == [("ann", "1"), ("bo", "1"), ("bo", "2")]
    assert [(n.party, n.relationship.key) for n in store.neighbours("bo", 10)] == [("ann", "1"), ("ann", "2")]


def test_neighbours_are_sorted_by_bytes_and_paged(store: GraphStore) -> None:
    others = ["Z", "a", "é", "中", "～", "😀", "10", "9"]  # as UTF-16 the last but one would stand after the emoji
    people = [Party(id, "Person") for id in others]
    ties = [Relationship("ann", id, "PAYS", "1") for id in others]
    loaded(store, ANN, *people, *ties, Relationship("😀", "ann", "CALLS", "1"))
    whole = [n.party for n in store.neighbours("ann", 100)]
    assert whole == ["😀", *sorted(others, key=lambda id: id.encode())]
    assert [n.party for n in store.neighbours("ann", 3)] == whole[:3]
    assert [n.party for n in store.neighbours("ann", 3, after=2)] == whole[2:5]
    assert store.neighbours("ann", 3, after=99) == []
    assert store.neighbours("ann", 0) == []


@pytest.mark.parametrize(
    "id", ["007", 'o\'hara "x"', " spaced ", "مرحبا", "👩‍👩‍👧", "+8613800138000", "=cmd()", "a\\b{}$x", "a\nb"]
)
def test_ids_may_have_any_characters(store: GraphStore, id: str) -> None:
    loaded(store, Party(id, "Person", id), BO, Relationship(id, "bo", "PAYS", id))
    assert store.missing([id, "nobody"]) == {"nobody"}
    assert store.party(id) == Party(id, "Person", id)
    assert store.neighbours("bo", 9)[0].party == id


def test_explicit_facts_precede_implied_ones_and_newer_facts_older_ones(store: GraphStore) -> None:
    loaded(store, replace(ANN, name="Ann", attributes={"income": 1.0, "job": "baker"}), source="a")
    loaded(store, replace(ANN, name="Anna", attributes={"income": 2.0, "job": None}), source="b")
    loaded(store, replace(ANN, kind="Company", implied=True), source="c")
    assert store.party("ann") == Party("ann", "Person", "Anna", {"income": 2.0, "job": "baker"})


def test_defined_kinds_are_added_to_the_built_in_ones(store: GraphStore) -> None:
    store.define_kinds([RelationshipKind("STAKEHOLDER", "ownership"), RelationshipKind("STAKEHOLDER", "ownership")])
    assert store.kinds()["STAKEHOLDER"] == RelationshipKind("STAKEHOLDER", "ownership")
    assert store.kinds()["PAYS"].category == "money"
    with pytest.raises(UnknownKind, match="already of category money"):
        store.define_kinds([RelationshipKind("PAYS", "work")])
    with pytest.raises(UnknownKind, match=r"already of category ownership \(directed\)"):
        store.define_kinds([RelationshipKind("STAKEHOLDER", "ownership", symmetric=True)])
    loaded(store, ANN, BO, Relationship("ann", "bo", "STAKEHOLDER", "1"))
    assert store.neighbours("bo", 9)[0].relationship.kind == "STAKEHOLDER"


def test_a_kind_that_is_holding_stays_it(store: GraphStore) -> None:
    holding, plain = (RelationshipKind("SIGNS_FOR", "identifier", holding=held) for held in (True, False))
    store.define_kinds([plain])
    assert store.kinds()["SIGNS_FOR"] == plain
    store.define_kinds([holding])
    store.define_kinds([plain, RelationshipKind("USES_PHONE", "identifier")])  # whoever says less takes nothing away
    assert store.kinds()["SIGNS_FOR"] == holding
    assert store.kinds()["USES_PHONE"].holding and store.kinds()["HOLDS_ACCOUNT"].holding
    assert not store.kinds()["USES_DEVICE"].holding
    store.define_kinds([RelationshipKind("USES_DEVICE", "identifier", holding=True)])
    assert store.kinds()["USES_DEVICE"].holding


def test_accounts_and_who_is_held_are_found_among_ids_in_unfinished_loads_too(store: GraphStore) -> None:
    accounts = [Party("a1", "Account"), Party("a2", "Account", implied=True)]
    held = Relationship("ann", "a1", "HOLDS_ACCOUNT", "1")
    first = loaded(store, ANN, accounts[0], held, Relationship("ann", "a1", "PAYS", "1"), source="one")
    begun(store, ANN, accounts[1], Relationship("ann", "a2", "USES_DEVICE", "1"), source="two")
    ids = ["ann", "a1", "a2", "nobody"]
    assert store.of_kinds(ids, ["Account", "Phone"]) == {"a1", "a2"}
    assert store.held(ids) == {"a1"}
    assert store.held([]) == store.of_kinds([], ["Account"]) == set()
    store.define_kinds([RelationshipKind("USES_DEVICE", "identifier", holding=True)])
    assert store.held(ids) == {"a1", "a2"}
    store.undo(first.id)
    assert (store.held(ids), store.of_kinds(ids, ["Account"])) == ({"a2"}, {"a2"})


def test_protected_columns_are_stored(store: GraphStore) -> None:
    store.add_protected(["caste", "zodiac"])
    store.add_protected(["caste"])
    assert store.protected() == {"caste", "zodiac"}


def test_only_neo4j_answers_raw_cypher(store: GraphStore) -> None:
    loaded(store, ANN, BO, PAYS)
    question = "MATCH (:Person {id: $id})-[e:PAYS]->(b) RETURN b.id AS other, e.amount AS amount"
    if store.name.startswith("SQLite"):
        with pytest.raises(Unsupported, match="raw Cypher is not possible on SQLite store"):
            store.cypher(question, {"id": "ann"})
        return
    assert store.cypher(question, {"id": "ann"}) == [{"other": "bo", "amount": 5.5}]
    with pytest.raises(StoreError, match="refused"):
        store.cypher("CREATE (:Party {id: 'x'})", {})
    assert store.missing(["x"]) == {"x"}


def test_changes_between_revisions_are_what_came_and_what_went(store: GraphStore) -> None:
    late = Outcome("bo", "late", "1")
    loaded(store, ANN, BO, PAYS, late)
    loaded(store, replace(PAYS, amount=7.0), CY, CALLS, replace(late, outcome="default"), fingerprint="2")
    ending = store.begin_load("file", "3")
    ending.end(batch([CALLS], Relationship))
    ending.finish()

    first = store.changes(0, 1)
    assert first.parties == batch([ANN, BO], Party)
    assert first.ended_parties.num_rows == first.ended_relationships.num_rows == first.ended_outcomes.num_rows == 0
    second = store.changes(1, 2)
    assert second.parties == batch([CY], Party)
    assert sorted(second.relationships.to_pylist(), key=str) == sorted(
        batch([replace(PAYS, amount=7.0), CALLS], Relationship).to_pylist(), key=str
    )
    assert second.ended_relationships == batch([PAYS], Relationship)
    assert (second.outcomes, second.ended_outcomes) == tuple(
        batch([replace(late, outcome=name)], Outcome) for name in ("default", "late")
    )
    third = store.changes(2, 3)
    assert (third.relationships.num_rows, third.ended_relationships) == (0, batch([CALLS], Relationship))
    assert [store.count_changes(*between) for between in ((0, 1), (1, 2), (2, 3), (1, 1))] == [4, 6, 1, 0]
    both = store.changes(1, 3)  # what came and went again is in neither
    assert both.relationships == batch([replace(PAYS, amount=7.0)], Relationship)
    assert both.ended_relationships == batch([PAYS], Relationship)


def test_facts_of_an_unfinished_load_are_no_change(store: GraphStore) -> None:
    loaded(store, ANN)
    begun(store, BO, fingerprint="2")
    assert store.changes(0, 1).parties == batch([ANN], Party)


def test_the_facts_of_some_parties_are_those_that_are_live(store: GraphStore) -> None:
    loaded(store, ANN, BO)
    loaded(store, replace(ANN, name="Ann"), fingerprint="2")
    loaded(store, replace(ANN, name="Anna"), source="other")
    found = {(row["name"], row["origin"], row["recorded"]) for row in store.party_facts(["ann", "nobody"]).to_pylist()}
    assert found == {("Ann", "file", 2), ("Anna", "other", 3)}
    assert [row["recorded"] for row in store.party_facts(["ann"], 1).to_pylist()] == [1]
    assert store.party_facts(["nobody"]).num_rows == 0


def test_events_are_found_by_their_ids_once_their_load_has_finished(store: GraphStore) -> None:
    events = pa.RecordBatch.from_pylist([{"id": "e1", "type": "call", "time": 1.0, "body": "{}"}], schema=EVENTS)
    load = store.begin_load("events:shop", "1")
    assert load.events(events).recorded == 1
    assert store.events("events:shop", ["e1"]) == {}
    load.finish()
    assert store.events("events:shop", ["e1", "e2"]) == {"e1": "{}"}
    assert store.events("events:other", ["e1"]) == {}
    store.undo(load.id)
    assert store.events("events:shop", ["e1"]) == {}


def test_events_of_a_type_come_in_the_order_of_their_times_from_every_sender(store: GraphStore) -> None:
    bank = [("late", "draw", 9.0), ("b", "draw", 1.0), ("c", "call", 1.0)]
    sent = {"events:bank": bank, "events:a": [("z", "draw", 1.0)]}
    loads = []
    for source, events in sent.items():
        rows = [{"id": id, "type": type, "time": time, "body": "{}"} for id, type, time in events]
        loads.append(store.begin_load(source, "1"))
        loads[-1].events(pa.RecordBatch.from_pylist(rows, schema=EVENTS))
    assert store.events_of(["draw"]) == []
    for load in loads:
        load.finish()
    found = [(one.source, one.id, one.type, one.time, one.body) for one in store.events_of(["draw", "repayment"])]
    assert found == [
        ("events:a", "z", "draw", 1.0, "{}"), ("events:bank", "b", "draw", 1.0, "{}"),
        ("events:bank", "late", "draw", 9.0, "{}"),
    ]  # fmt: skip
    store.undo(loads[0].id)
    assert [one.id for one in store.events_of(["draw"])] == ["z"]


def test_consents_are_facts_that_are_corrected_ended_undone_and_read_as_of_a_revision(store: GraphStore) -> None:
    given = Consent("ann", "bank", "lending", 10.0)
    other = Consent("ann", "bank", "tenancy", 10.0)
    loaded(store, ANN, given, other)
    assert facts(store) == expected(ANN, given, other)
    withdrawn = replace(given, withdrawn=20.0)
    load = store.begin_load("file", "2")
    assert record(load, withdrawn, other) == (1, 1)
    load.finish()
    assert facts(store) == expected(ANN, withdrawn, other)
    assert facts(store, 1) == expected(ANN, given, other)
    again = replace(given, given=30.0)
    third = begun(store, again, fingerprint="3")
    assert third.end(batch([other, replace(other, given=11.0)], Consent)) == 1
    third.finish()
    assert facts(store) == expected(ANN, withdrawn, again)
    assert store.undo_counts(third.id).taken == {"parties": 0, "relationships": 0, "outcomes": 0, "consents": 1}
    store.undo(third.id)
    assert facts(store) == expected(ANN, withdrawn, other)
    store.undo(load.id)
    assert facts(store) == expected(ANN, given, other)


def test_a_store_tells_whether_consents_changed_after_a_revision(store: GraphStore) -> None:
    assert not store.consents_changed(0)
    load = loaded(store, ANN, Consent("ann", "bank", "lending", 10.0))
    loaded(store, BO, fingerprint="2")
    assert store.consents_changed(0) and not store.consents_changed(1) and not store.consents_changed(2)
    begun(store, Consent("bo", "bank", "lending", 10.0), fingerprint="3")
    assert not store.consents_changed(1)  # an unfinished load is not visible
    store.undo(max(one.id for one in store.loads()))
    store.undo(load.id)
    assert store.consents_changed(2) and not store.consents_changed(store.revision())


def test_erasing_a_party_deletes_its_retracted_facts_for_good_and_nothing_else(store: GraphStore) -> None:
    loaded(store, ANN, BO, CY, PAYS, CALLS, FAILED)
    told = ({"id": id, "type": "call", "time": 1.0, "body": f'{{"from":"{id}"}}'} for id in ("ann", "bo"))
    load = store.begin_load("events:shop", "1")
    load.events(pa.RecordBatch.from_pylist(list(told), schema=EVENTS))
    load.consents(batch([Consent("ann", "file", "lending", 1.0)], Consent))
    load.finish()
    ending = store.begin_load("file", "2")
    for table, ended in ((Relationship, PAYS), (Outcome, FAILED), (Party, ANN)):
        ending.end(batch([ended], table))
    ending.finish()
    assert store.erase("ann") == 4  # ann, what she paid bo, her consent and her event; bo's outcome is not about her
    assert store.events("events:shop", ["ann", "bo"]) == {"bo": '{"from":"bo"}'}
    assert facts(store, 1) == expected(BO, CY, CALLS, FAILED)
    assert facts(store) == expected(BO, CY, CALLS)
    assert store.erase("ann") == 0 and store.erase("cy") == 0  # cy is live
    assert store.missing(["ann", "bo", "cy"]) == {"ann"}
