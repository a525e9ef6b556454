"""The invariants of a score on a carried network: calls and payments between phones, some of them shared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnn.features.link_features import compute, fit_link_columns
from gnn.scoring.incremental import updated_input
from gnn.scoring.scorer import Scorer
from graph.schema import Party, Relationship
from graph.snapshots.overlay import RemoveLinks
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts, Trained

CATEGORIES = frozenset({"contact", "guarantee", "money", "social"})  # without identifier
CHANGED = 1.05e9  # when a phone goes from one to another; all links begin at 1.0e9 or end at 1.1e9


def with_own_phones(facts: Facts) -> Facts:
    """Everybody has a phone more, and pays and calls from it."""
    people = [party.id for party in facts.parties if party.kind == "Person"]
    phones = [Party(f"own-{id}", "Phone") for id in people]
    uses = [Relationship(id, f"own-{id}", "USES_PHONE", "own") for id in people]
    links = [
        replace(link, source=f"own-{link.source}", target=f"own-{link.target}")
        if link.kind in {"PAYS", "CALLS"}
        else link
        for link in facts.relationships
    ]
    return Facts([*facts.parties, *phones], [*links, *uses], facts.outcomes)


def with_joint_phones(facts: Facts) -> Facts:
    """Of every ten people the first two share the phone of the first, from which payments and calls go."""
    carried = with_own_phones(facts)
    people = sorted(party.id for party in facts.parties if party.kind == "Person")
    joint = [Relationship(people[i + 1], f"own-{people[i]}", "USES_PHONE", "joint") for i in range(0, len(people), 10)]
    return replace(carried, relationships=[*carried.relationships, *joint])


def people_of(snapshot: Snapshot) -> dict[str, int]:
    rows = np.flatnonzero(snapshot.party_kind == snapshot.party_kinds.index("Person"))
    return {snapshot.id_of(row): row for row in rows.tolist()}


def scores(trained: Trained, snapshot: Snapshot, present: frozenset[str] | None = None) -> dict[str, float]:
    people = people_of(snapshot)
    found = Scorer.of(trained.model, snapshot).probability(np.array(list(people.values())), present)
    return dict(zip(people, found.tolist(), strict=True))


def test_payments_between_accounts_say_what_payments_between_their_holders_say(
    trained: Trained, tmp_path: Path
) -> None:
    direct = scores(trained, trained.snapshot, CATEGORIES)
    carried = with_own_phones(trained.facts).snapshot(tmp_path / "carried")
    assert carried.kinds["PAYS"].carried == carried.kinds["PAYS"].facts > 0
    assert scores(trained, carried, CATEGORIES) == direct


def test_a_barred_identifier_equals_identifiers_of_one_s_own_that_carry_the_same_links(
    trained: Trained, tmp_path: Path
) -> None:
    """Each phone goes from one person to another in the middle, or is one phone of each of them."""
    people = sorted(people_of(trained.snapshot))
    earlier = dict(zip(people[0::2], people[1::2], strict=True))
    later = {b: a for a, b in earlier.items()}
    kept = [link for link in trained.facts.relationships if link.kind not in {"PAYS", "CALLS"}]
    calls = [link for link in trained.facts.relationships if link.kind == "CALLS"]

    def called(phone_of: dict[str, str], uses: list[Relationship]) -> Facts:
        links = [
            replace(
                link,
                source=phone_of[link.source],
                target=phone_of[link.target],
                key=str(number),
                first=1.01e9 if link.source in earlier else 1.08e9,
                last=1.02e9 if link.source in earlier else 1.09e9,
            )
            for number, link in enumerate(calls)
            if (link.source in earlier) == (link.target in earlier)
        ]
        phones = [Party(phone, "Phone") for phone in sorted({*phone_of.values()})]
        return Facts([*trained.facts.parties, *phones], [*kept, *links, *uses], trained.facts.outcomes)

    shared = {id: f"shared-{min(id, earlier.get(id) or later[id])}" for id in people}
    own = {id: f"own-{id}" for id in people}
    holdings = [
        Relationship(id, shared[id], "USES_PHONE", "s", *(None, None, CHANGED) if id in earlier else (None, CHANGED))
        for id in people
    ]
    one = called(shared, holdings).snapshot(tmp_path / "shared")
    other = called(own, [Relationship(id, own[id], "USES_PHONE", "o") for id in people]).snapshot(tmp_path / "own")
    assert one.kinds["CALLS"].carried == other.kinds["CALLS"].carried > 100
    assert scores(trained, one, CATEGORIES) == scores(trained, other, CATEGORIES)
    assert scores(trained, one) != scores(trained, other)  # what sharing says


def test_a_payment_of_joint_accounts_counts_once_for_each_holder(tmp_path: Path) -> None:
    """ann and bo hold x, cy and di hold y: one payment from x to y, and one from ann to y."""
    links = [Relationship(a, b, "HOLDS_ACCOUNT", "1") for a, b in (("ann", "x"), ("bo", "x"), ("cy", "y"), ("di", "y"))]
    links += [Relationship("x", "y", "PAYS", "1", amount=99.0), Relationship("ann", "y", "PAYS", "1", amount=9.0)]
    people = [Party(id, "Person") for id in ("ann", "bo", "cy", "di")]
    snapshot = Facts([*people, Party("x", "Account"), Party("y", "Account")], links).snapshot(tmp_path / "s")
    assert snapshot.kinds["PAYS"].links == 6
    columns = fit_link_columns(snapshot, snapshot.kinds["PAYS"])
    found = dict(zip(columns.names, compute(columns, snapshot, np.arange(6)).T.tolist(), strict=True))
    expected = {"PAYS.out.links": [2, 1, 0, 0, 0, 0], "PAYS.in.links": [0, 0, 2, 2, 0, 0]}
    for name, counts in expected.items():
        np.testing.assert_allclose(np.expm1(found[name]), counts, atol=1e-6)
    mean = np.log1p([99.0, 9.0]).mean()
    np.testing.assert_allclose(found["PAYS.out.amount"][:2], [mean, np.log1p(99.0)], atol=1e-5)
    np.testing.assert_allclose(found["PAYS.in.amount"][2:4], [mean, mean], atol=1e-5)


def test_renaming_and_shuffling_change_no_score(trained: Trained, tmp_path: Path) -> None:
    facts = with_joint_phones(trained.facts)
    found = scores(trained, facts.snapshot(tmp_path / "s"))
    assert scores(trained, facts.shuffled(1).snapshot(tmp_path / "shuffled")) == found
    renamed = scores(trained, facts.renamed(lambda id: id[::-1]).snapshot(tmp_path / "renamed"))
    assert {id[::-1]: p for id, p in renamed.items()} == found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PAYS", "CALLS"])
def test_what_a_change_gives_equals_what_the_changed_facts_give(trained: Trained, kind: str, tmp_path: Path) -> None:
    """The relationship of a joint holder ends, and with it that of the other holder of the phone."""
    facts = with_joint_phones(trained.facts)
    snapshot = facts.snapshot(tmp_path / "before")
    scorer = Scorer.of(trained.model, snapshot)
    links = snapshot.links(kind)
    entry = int(np.flatnonzero(~np.asarray(links.counts_for_target))[0])  # the second holder of a source
    source = int(np.searchsorted(links.out_indptr, entry, side="right") - 1)
    target, phone = int(links.out_target[entry]), snapshot.id_of(int(links.via_source[entry]))
    payers = [phone, f"own-{snapshot.id_of(source)}"]
    payees = [snapshot.id_of(row) for row in links.via_target[links.between(source, target)].tolist()]
    ended = {(payer, payee) for payer in payers for payee in payees}
    kept = [link for link in facts.relationships if link.kind != kind or (link.source, link.target) not in ended]
    assert len(kept) < len(facts.relationships)
    after = replace(facts, relationships=kept).snapshot(tmp_path / "after")
    table = Scorer.of(trained.model, after).table
    for row in people_of(snapshot).values():
        found = updated_input(scorer.table, row, [RemoveLinks(kind, source, target)])
        assert found.values.tobytes() == table.row(row).tobytes(), snapshot.id_of(row)
