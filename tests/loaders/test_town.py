"""The seeded town: what is planted is there, what only looks like it is honest, and nothing gives the answer away."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
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
    def fate(self) -> dict[str, str]:
        return {row["id"]: row["outcome"] for row in self.outcomes}

    def of(self, kind: str) -> list[tuple[str, str]]:
        return [(row["source"], row["target"]) for row in self.links if row["kind"] == kind]

    def users(self, kind: str) -> dict[str, set[str]]:
        """Of each thing that links of a kind lead to, who uses it."""
        found: dict[str, set[str]] = defaultdict(set)
        for source, target in self.of(kind):
            found[target].add(source)
        return found


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("town")
    truth = write_town(folder, 3_000, seed=5)

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / name).open(newline="") as file:
            return list(csv.DictReader(file))

    return Town(folder, truth, rows("parties.csv"), rows("relationships.csv"), rows("outcomes.csv"))


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    truths = [write_town(tmp_path / name, 500, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    files = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "abc"]
    assert sorted(files[0]) == ["outcomes.csv", "parties.csv", "relationships.csv"]
    assert (files[0], truths[0]) == (files[1], truths[1])
    assert all(files[0][name] != files[2][name] for name in files[0])


def test_it_is_big_enough_for_its_rings(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 500 parties"):
        write_town(tmp_path, 499)


def test_it_loads_whole(town: Town, loading: Loading) -> None:
    result = loading(town.folder, now=NOW + 365 * 86_400)
    assert (result.rejected, result.unchanged, result.implied, result.warnings) == (0, 0, 0, ())
    assert result.loaded == {
        "parties": len(town.parties), "relationships": len(town.links), "outcomes": len(town.outcomes),
    }  # fmt: skip


def test_every_kind_of_party_and_seven_categories_of_links_are_there(town: Town) -> None:
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


def test_outcomes_are_dated_within_the_year_and_are_of_those_who_can_fail(town: Town) -> None:
    kind = {row["id"]: row["kind"] for row in town.parties}
    assert not {kind[id] for id in town.fate} & IDENTIFIER_KINDS
    assert len(town.fate) == len(town.outcomes)
    assert all(row["time"].startswith("2025-") and row["time"].endswith("Z") for row in town.outcomes)
    judged = sum(kind not in IDENTIFIER_KINDS for kind in kind.values())
    assert 0.65 < len(town.outcomes) / judged < 0.75
    failed = sum(row["outcome"] in BAD for row in town.outcomes)
    assert 0.10 < failed / len(town.outcomes) < 0.17


def test_hidden_failures_are_in_no_file(town: Town) -> None:
    assert town.truth.hidden_bad
    assert not town.truth.hidden_bad & town.fate.keys()


def test_rings_are_small_apart_and_mostly_frauds(town: Town) -> None:
    rings = town.truth.rings
    assert 6 <= len(rings) <= 10
    assert all(5 <= len(members) <= 9 for members in rings.values())
    assert all(not set(a) & set(b) for a, b in combinations([*rings.values(), *town.truth.decoys.values()], 2))
    members = [id for ring in rings.values() for id in ring]
    known = [town.fate[id] for id in members if id in town.fate]
    assert known.count("fraud") / len(known) > 0.6
    assert {id for id, fate in town.fate.items() if fate == "fraud"} <= set(members)


def test_a_ring_shares_a_device_and_a_phone_and_its_money_goes_round(town: Town) -> None:
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


def test_ratings_are_signed_and_follow_conduct_but_a_ring_praises_itself(town: Town) -> None:
    rates = {(row["source"], row["target"]): float(row["weight"]) for row in town.links if row["kind"] == "RATES"}
    assert len(rates) == len(town.of("RATES")), "one last word of each on each"
    assert {abs(weight) for weight in rates.values()} == {0.2, 0.4, 0.6, 0.8, 1.0}
    assert 0.08 < np.mean([weight < 0 for weight in rates.values()]) < 0.25
    members = {id for ring in town.truth.rings.values() for id in ring}
    outside = [(town.fate[b] in BAD, w) for (_, b), w in rates.items() if b in town.fate and b not in members]
    of = {bad: [weight for failed, weight in outside if failed == bad] for bad in (True, False)}
    assert np.mean(of[True]) < np.mean(of[False]) - 0.2
    for ring in town.truth.rings.values():
        praised = {b for (a, b), weight in rates.items() if {a, b} <= set(ring) and weight == 1}
        assert praised == set(ring)


def test_decoys_look_like_rings_and_are_honest(town: Town) -> None:
    decoys = town.truth.decoys
    assert sorted(decoys) == ["big_family", "dormitory", "office_computer", "popular_shop"]
    everybody = {id for members in decoys.values() for id in members}
    assert not [id for id in everybody if town.fate.get(id) == "fraud"]
    known = [town.fate[id] in BAD for id in everybody if id in town.fate]
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
    assert town.fate.get(shop, "good") == "good"


def test_failure_spreads_along_guarantees(town: Town) -> None:
    failed = {id for id, fate in town.fate.items() if fate in BAD}
    backs: dict[str, set[str]] = defaultdict(set)
    for guarantor, debtor in town.of("GUARANTEES"):
        backs[guarantor].add(debtor)
    struck = [id in failed for id, debtors in backs.items() if debtors & failed and id in town.fate]
    spared = [id in failed for id, debtors in backs.items() if not debtors & failed and id in town.fate]
    assert np.mean(struck) > 2 * np.mean(spared)


def test_ids_dates_and_the_order_of_rows_say_nothing_of_an_outcome(town: Town) -> None:
    bad = [row["outcome"] in BAD for row in town.outcomes]
    place = {row["id"]: number for number, row in enumerate(town.parties)}
    hints = {
        "number in the id": [int("".join(filter(str.isdigit, row["id"]))) for row in town.outcomes],
        "date": [np.datetime64(row["time"].removesuffix("Z")).astype(int) for row in town.outcomes],
        "row in outcomes.csv": range(len(bad)),
        "row in parties.csv": [place[row["id"]] for row in town.outcomes],
    }
    for name, values in hints.items():
        assert 0.43 < roc_auc_score(bad, list(values)) < 0.57, name
