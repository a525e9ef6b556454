"""Statements count where somebody else stands behind their maker: bought praise moves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnn.features.featurizer import compute, compute_rows
from gnn.features.label_features import LabelVector
from gnn.features.label_state import label_state
from gnn.features.network_state import changed_state, network_state
from gnn.features.spec import fit_spec
from gnn.features.statements.backed_network import backed_network
from gnn.features.statements.backing import LEAST_CORE, MOST_KNOWN, is_backed, pairs_of
from gnn.scoring.trust_scorer import TrustScorer
from graph.schema import Party, Relationship
from graph.snapshots.overlay import RemoveLinks, SnapshotOverlay
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts

PEOPLE = [f"p{i}" for i in range(6)]
ALL = frozenset({"trust", "contact"})


def backed(known: Sequence[tuple[int, int]], *statements: tuple[int, int], n: int = 8) -> list[bool]:
    source, target = np.array(known).reshape(-1, 2).T
    return is_backed(*np.array(statements).T, pairs_of(source, target, n), n).tolist()


def test_somebody_else_must_know_the_maker() -> None:
    assert backed([(0, 1)], (1, 2)) == [True]  # 0 knows 1
    assert backed([], (1, 2)) == [False]
    assert backed([(1, 0)], (1, 2)) == [False]  # 1 knows 0, which anybody can say


def test_that_the_rated_party_knows_the_maker_is_not_enough() -> None:
    assert backed([(2, 1)], (1, 2), (1, 3)) == [False, True]


def test_one_party_backs_a_limited_number_of_others() -> None:
    n = MOST_KNOWN + 3
    few, many = [(0, i) for i in range(1, MOST_KNOWN + 1)], [(0, i) for i in range(1, MOST_KNOWN + 2)]
    assert backed(few, (1, n - 1), n=n) == [True]
    assert backed(many, (1, n - 1), n=n) == [False]


def test_accounts_that_only_know_one_another_are_not_backed_beside_a_core() -> None:
    """A circle of LEAST_CORE parties is a core; two accounts outside it know each other, one inside knows a third."""
    circle = [(i, (i + 1) % LEAST_CORE) for i in range(LEAST_CORE)]
    a, b, c, rated = range(LEAST_CORE, LEAST_CORE + 4)
    known = [*circle, (a, b), (b, a), (0, c)]
    assert backed(known, (a, rated), (b, rated), (c, rated), (1, rated), n=rated + 1) == [False, False, True, True]
    assert backed(known[1:], (a, rated), n=rated + 1) == [True]  # without a core nothing tells them from others


def praised(accounts: int, *more: Relationship) -> Facts:
    """p1 to p5 call and rate each other and rate a shop badly; new accounts praise it."""
    new = [f"new{i}" for i in range(accounts)]
    links = [
        Relationship(a, b, kind, "1", weight=0.5 if kind == "RATES" else None)
        for kind in ("CALLS", "RATES")
        for a, b in zip(PEOPLE, [*PEOPLE[1:], PEOPLE[0]], strict=True)
    ]
    links += [Relationship(id, "shop", "RATES", "1", weight=-0.5) for id in PEOPLE]
    links += [Relationship(id, "shop", "RATES", "1", weight=1.0) for id in new]
    parties = [Party(id, "Person", attributes={"age_of_account": 3.0 + i}) for i, id in enumerate(PEOPLE)]
    parties += [Party("shop", "Merchant", attributes={"age_of_account": 1.0}), *(Party(id, "Person") for id in new)]
    return Facts(parties, [*links, *more])


@pytest.mark.parametrize("accounts", [1, 30, 1000])
def test_bought_praise_moves_neither_trust_nor_any_feature(accounts: int, tmp_path: Path) -> None:
    before, after = praised(0).snapshot(tmp_path / "before"), praised(accounts).snapshot(tmp_path / "after")
    asked = [TrustScorer(one, None).predict(one.row_of("p0"), one.row_of("shop"), ALL) for one in (before, after)]
    assert asked[0].trust == asked[1].trust < 0
    assert [(one.code, one.count) for one in asked[1].evidence if one.code == "UNBACKED"] == [("UNBACKED", accounts)]
    spec = fit_spec(before)
    assert fit_spec(after) == spec
    features = [compute(spec, one, LabelVector.all(np.full(one.n_parties, np.nan))) for one in (before, after)]
    rows = [one.rows_of([*PEOPLE, "shop"]) for one in (before, after)]
    np.testing.assert_array_equal(features[0][rows[0]], features[1][rows[1]])


@pytest.mark.parametrize("accounts", [2, 40])
def test_praise_by_accounts_that_also_rate_one_another_moves_no_feature(accounts: int, tmp_path: Path) -> None:
    """Somebody outside rates p0, so its rating of the shop counts; nobody outside rates the circle of new accounts."""
    known = Relationship("p9", "p0", "RATES", "1", weight=0.5)
    new = [f"new{i}" for i in range(accounts)]
    circle = [Relationship(a, b, "RATES", "1", weight=1.0) for a, b in zip(new, [*new[1:], new[0]], strict=True)]
    before = with_p9(praised(0, known)).snapshot(tmp_path / "before")
    after = with_p9(praised(accounts, known, *circle)).snapshot(tmp_path / "after")
    spec = fit_spec(before)
    features = [compute(spec, one, LabelVector.all(np.full(one.n_parties, np.nan))) for one in (before, after)]
    rows = [one.rows_of([*PEOPLE, "shop", "p9"]) for one in (before, after)]
    np.testing.assert_array_equal(features[0][rows[0]], features[1][rows[1]])
    shop = before.row_of("shop")
    assert backed_network(before).links("RATES").reaching(np.array([shop])).party.tolist() == [before.row_of("p0")]


def with_p9(facts: Facts) -> Facts:
    return replace(facts, parties=[*facts.parties, Party("p9", "Person")])


def test_a_new_account_with_which_somebody_deals_counts_in_trust(tmp_path: Path) -> None:
    called = praised(1, Relationship("p3", "new0", "CALLS", "1")).snapshot(tmp_path / "called")
    alone = praised(1).snapshot(tmp_path / "alone")
    trust = [TrustScorer(one, None).predict(one.row_of("p0"), one.row_of("shop"), ALL).trust for one in (alone, called)]
    assert trust[0] is not None
    assert trust[1] is not None
    assert trust[0] < trust[1]
    barred = TrustScorer(called, None).predict(called.row_of("p0"), called.row_of("shop"), ALL - {"contact"})
    assert barred.trust == trust[0]  # with contacts barred the call backs nothing


def test_only_praise_is_nothing_known(tmp_path: Path) -> None:
    facts = Facts([Party(id, "Person") for id in ("a", "b", "x")], [Relationship("a", "b", "RATES", "1", weight=1.0)])
    snapshot = facts.snapshot(tmp_path / "s")
    told = TrustScorer(snapshot, None).predict(snapshot.row_of("x"), snapshot.row_of("b"), ALL)
    assert (told.trust, [one.code for one in told.evidence]) == (None, ["NOTHING_KNOWN", "UNBACKED"])


def test_removing_what_backs_a_maker_takes_its_statements_too(tmp_path: Path) -> None:
    """p3 rates the new account, which so counts; without that rating every feature is that of a network without it.

    The six rate one another in a circle, and without a core nothing tells them from accounts of one hand.
    """
    facts = praised(1, Relationship("p3", "new0", "RATES", "1", weight=0.5))
    snapshot = facts.snapshot(tmp_path / "s")
    shop, rated = snapshot.row_of("shop"), backed_network(snapshot).links("RATES")
    assert rated.reaching(np.array([shop])).party.tolist() == [snapshot.row_of("new0")]
    spec, known = fit_spec(snapshot), LabelVector.all(np.full(snapshot.n_parties, np.nan))
    p3, new0 = snapshot.rows_of(["p3", "new0"]).tolist()
    after = SnapshotOverlay(snapshot, [RemoveLinks("RATES", p3, new0)])
    rows = np.arange(snapshot.n_parties)
    before = label_state(network_state(spec, snapshot), known)
    changed = changed_state(before.network, after, {"trust": np.array([p3, new0])})
    found = compute_rows(spec, before.on(changed), rows)
    np.testing.assert_array_equal(found, compute(spec, rebuilt(facts, tmp_path), known))


def rebuilt(facts: Facts, folder: Path) -> Snapshot:
    kept = [link for link in facts.relationships if (link.source, link.target) != ("p3", "new0")]
    return replace(facts, relationships=kept).snapshot(folder / "rebuilt")
