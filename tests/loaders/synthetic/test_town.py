"""The synthetic town: its files hold rings, decoys and contagion; ids, dates and row order do not predict outcomes."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from graph.errors import UsageError
from graph.schema import IDENTIFIER_KINDS, PARTY_KINDS, RELATIONSHIP_KINDS
from loaders.synthetic.town import TownTruth, write_town
from tests.loaders.conftest import NOW, Loading

BAD = {"default", "fraud"}


@dataclass(frozen=True)
class Town:
    folder: Path
    truth: TownTruth
    parties: list[dict[str, str]]
    links: list[dict[str, str]]
    outcomes: list[dict[str, str]]

    @property
    def outcome_of(self) -> dict[str, str]:
        return {row["id"]: row["outcome"] for row in self.outcomes}

    def of(self, kind: str) -> list[tuple[str, str]]:
        return [(row["source"], row["target"]) for row in self.links if row["kind"] == kind]

    def users(self, kind: str) -> dict[str, set[str]]:
        """The users of each target of the links of a kind."""
        users: dict[str, set[str]] = defaultdict(set)
        for source, target in self.of(kind):
            users[target].add(source)
        return users


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("town")
    truth = write_town(folder, 3_000, seed=5)

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / name).open(newline="") as file:
            return list(csv.DictReader(file))

    return Town(folder, truth, rows("parties.csv"), rows("relationships.csv"), rows("outcomes.csv"))


def test_a_seed_determines_every_byte(tmp_path: Path) -> None:
    truths = [write_town(tmp_path / name, 500, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    files = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "abc"]
    assert sorted(files[0]) == ["outcomes.csv", "parties.csv", "relationships.csv"]
    assert (files[0], truths[0]) == (files[1], truths[1])
    assert all(files[0][name] != files[2][name] for name in files[0])


def test_a_town_too_small_for_its_rings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 500 parties"):
        write_town(tmp_path, 499)


@pytest.mark.slow
def test_a_town_loads_without_rejects(town: Town, loading: Loading) -> None:
    result = loading(town.folder, now=NOW + 365 * 86_400)
    assert (result.rejected, result.unchanged, result.implied) == (0, 0, 0)
    assert result.warnings == ("parties.csv: kept apart, because it is protected and may be no feature: age, sex",)
    assert result.loaded == {
        "parties": len(town.parties), "relationships": len(town.links), "outcomes": len(town.outcomes),
    }  # fmt: skip


def test_a_town_has_every_kind_of_party_and_links_of_seven_categories(town: Town) -> None:
    assert abs(len(town.parties) - 3_000) <= 7
    assert {row["kind"] for row in town.parties} == set(PARTY_KINDS)
    kinds = {row["kind"] for row in town.links}
    assert kinds == set(
        "CALLS FRIEND_OF RELATIVE_OF PAYS ORDERS_FROM LENDS_TO GUARANTEES EMPLOYED_BY LIVES_AT USES_PHONE USES_DEVICE "
        "HOLDS_ACCOUNT RATES".split()
    )
    assert {RELATIONSHIP_KINDS[kind].category for kind in kinds} == {
        "contact", "social", "money", "guarantee", "work", "identifier", "trust",
    }  # fmt: skip
    known = {row["id"] for row in town.parties}
    assert all({row["source"], row["target"]} <= known and row["source"] != row["target"] for row in town.links)


def test_outcomes_are_of_borrowers_and_dated_within_the_year(town: Town) -> None:
    kind = {row["id"]: row["kind"] for row in town.parties}
    assert not {kind[id] for id in town.outcome_of} & IDENTIFIER_KINDS
    assert len(town.outcome_of) == len(town.outcomes)
    assert all(row["time"].startswith("2025-") and row["time"].endswith("Z") for row in town.outcomes)
    borrowers = sum(kind not in IDENTIFIER_KINDS for kind in kind.values())
    assert 0.65 < len(town.outcomes) / borrowers < 0.75
    failed = sum(row["outcome"] in BAD for row in town.outcomes)
    assert 0.10 < failed / len(town.outcomes) < 0.17


def test_hidden_failures_have_no_row_in_outcomes(town: Town) -> None:
    assert town.truth.hidden_bad
    assert not town.truth.hidden_bad & town.outcome_of.keys()


def test_rings_are_small_and_disjoint_and_most_members_commit_fraud(town: Town) -> None:
    rings = town.truth.rings
    assert 6 <= len(rings) <= 10
    assert all(5 <= len(members) <= 9 for members in rings.values())
    assert all(not set(a) & set(b) for a, b in combinations([*rings.values(), *town.truth.decoys.values()], 2))
    members = [id for ring in rings.values() for id in ring]
    known = [town.outcome_of[id] for id in members if id in town.outcome_of]
    assert known.count("fraud") / len(known) > 0.6
    assert {id for id, outcome in town.outcome_of.items() if outcome == "fraud"} <= set(members)


def test_a_ring_shares_a_device_and_a_phone_and_pays_in_a_circle(town: Town) -> None:
    pays = set(town.of("PAYS"))
    for ring in town.truth.rings.values():
        for kind in ("USES_DEVICE", "USES_PHONE"):
            assert any(set(ring) <= users for users in town.users(kind).values())
        following = {a: {b for b in ring if (a, b) in pays} for a in ring}
        reached, before = {ring[0]}, set[str]()
        while reached != before:
            before, reached = reached, reached | {b for a in reached for b in following[a]}
        assert reached == set(ring)  # from one to all, and every member pays another
        assert all(following.values())


def test_members_pass_most_of_what_victims_paid_them_on_to_the_organiser_within_days(town: Town) -> None:
    truth = town.truth
    assert truth.organisers.keys() == truth.victims.keys() == truth.rings.keys()
    grouped = {id for group in (*truth.rings.values(), *truth.decoys.values()) for id in group}
    payments: dict[str, list[tuple[str, datetime, float]]] = defaultdict(list)
    for row in town.links:
        if row["kind"] == "PAYS":
            moment = datetime.fromisoformat(row["time"])
            payments[row["source"]].append((row["target"], moment, float(row["amount"])))
    for name, ring in truth.rings.items():
        organiser, victims = truth.organisers[name], truth.victims[name]
        members = set(ring) - {organiser}
        assert organiser in ring and not set(victims) & grouped
        paid = [(victim, *payment) for victim in victims for payment in payments[victim] if payment[0] in members]
        assert {victim for victim, *_ in paid} == set(victims)
        assert len({taker for _, taker, *_ in paid}) == len(victims) == 3, "one victim of a member"
        assert all(any(to == organiser for to, *_ in payments[member]) for member in members)
        for _, taker, moment, amount in paid:
            assert any(
                to == organiser and timedelta(0) < later - moment < timedelta(days=5) and 0.84 < part / amount < 0.98
                for to, later, part in payments[taker]
            )


def test_the_organiser_uses_every_device_and_phone_that_its_ring_shares(town: Town) -> None:
    for name, ring in town.truth.rings.items():
        shared = [
            users
            for kind in ("USES_DEVICE", "USES_PHONE")
            for users in town.users(kind).values()
            if len(users & set(ring)) >= len(ring) / 2
        ]
        assert len(shared) >= 4 and all(town.truth.organisers[name] in users for users in shared)


def test_ratings_are_signed_and_predict_outcomes_except_within_rings(town: Town) -> None:
    rates = {(row["source"], row["target"]): float(row["weight"]) for row in town.links if row["kind"] == "RATES"}
    assert len(rates) == len(town.of("RATES")), "one rating for each pair"
    assert {abs(weight) for weight in rates.values()} == {0.2, 0.4, 0.6, 0.8, 1.0}
    assert 0.08 < np.mean([weight < 0 for weight in rates.values()]) < 0.25
    members = {id for ring in town.truth.rings.values() for id in ring}
    outside = [
        (town.outcome_of[b] in BAD, w) for (_, b), w in rates.items() if b in town.outcome_of and b not in members
    ]
    of = {bad: [weight for failed, weight in outside if failed == bad] for bad in (True, False)}
    assert np.mean(of[True]) < np.mean(of[False]) - 0.2
    for ring in town.truth.rings.values():
        best_rated = {b for (a, b), weight in rates.items() if {a, b} <= set(ring) and weight == 1}
        assert best_rated == set(ring)


def test_decoys_share_identifiers_as_rings_do_and_are_not_fraudulent(town: Town) -> None:
    decoys = town.truth.decoys
    assert sorted(decoys) == ["big_family", "dormitory", "office_computer", "popular_shop"]
    everybody = {id for members in decoys.values() for id in members}
    assert not [id for id in everybody if town.outcome_of.get(id) == "fraud"]
    known = [town.outcome_of[id] in BAD for id in everybody if id in town.outcome_of]
    assert np.mean(known) < 0.13
    family, dormitory, office = (set(decoys[name]) for name in ("big_family", "dormitory", "office_computer"))
    related = {frozenset(pair) for pair in town.of("RELATIVE_OF")}
    assert all(frozenset(pair) in related for pair in combinations(family, 2))
    assert any(family <= users for users in town.users("LIVES_AT").values())
    assert any(dormitory <= users for users in town.users("LIVES_AT").values())
    assert any(office <= users for users in town.users("USES_DEVICE").values())
    [shop] = decoys["popular_shop"]
    people = sum(row["kind"] == "Person" for row in town.parties)
    assert len(town.users("ORDERS_FROM")[shop]) > 0.3 * people
    assert town.outcome_of.get(shop, "good") == "good"


def test_guarantors_of_failed_parties_fail_more_often(town: Town) -> None:
    failed = {id for id, outcome in town.outcome_of.items() if outcome in BAD}
    backs: dict[str, set[str]] = defaultdict(set)
    for guarantor, debtor in town.of("GUARANTEES"):
        backs[guarantor].add(debtor)
    guarantors_of_failed = [id in failed for id, debtors in backs.items() if debtors & failed and id in town.outcome_of]
    guarantors_of_others = [
        id in failed for id, debtors in backs.items() if not debtors & failed and id in town.outcome_of
    ]
    assert np.mean(guarantors_of_failed) > 2 * np.mean(guarantors_of_others)


def test_ids_dates_and_row_order_do_not_predict_outcomes(town: Town) -> None:
    bad = [row["outcome"] in BAD for row in town.outcomes]
    place = {row["id"]: number for number, row in enumerate(town.parties)}
    predictors = {
        "number in the id": [int("".join(filter(str.isdigit, row["id"]))) for row in town.outcomes],
        "date": [np.datetime64(row["time"].removesuffix("Z")).astype(int) for row in town.outcomes],
        "row in outcomes.csv": range(len(bad)),
        "row in parties.csv": [place[row["id"]] for row in town.outcomes],
    }
    for name, values in predictors.items():
        assert 0.43 < roc_auc_score(bad, list(values)) < 0.57, name
