"""Which reason is told, and what it rests on: each code on a network that a person can check."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from gnn.explain.carriers import Carrier
from gnn.explain.reason_codes import (
    CODES,
    AttributeEffect,
    Outcomes,
    OwnRecord,
    Reason,
    largest_parts,
    reasons,
)
from gnn.explain.shapley import Attribution
from graph.schema import CATEGORIES, Outcome, Party, Relationship
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts

PEOPLE = [Party(id, "Person", f"Name of {id}") for id in "abcdef"]
UP, DOWN = -0.5, 0.5  # log-odds of a contribution: plus is riskier


def network(
    folder: Path, *links: Relationship, parties: tuple[Party, ...] = (), bad: str = "", good: str = ""
) -> Snapshot:
    outcomes = [Outcome(id, "default", "1") for id in bad] + [Outcome(id, "good", "1") for id in good]
    return Facts([*PEOPLE, *parties], links, outcomes).snapshot(folder / "s")


def told(
    snapshot: Snapshot,
    id: str,
    contributions: dict[str, float],
    own: OwnRecord | None = None,
    carrier: Carrier | None = None,
    least_told: int = 0,
) -> list[Reason]:
    outcomes = Outcomes(*(np.zeros(snapshot.n_parties, np.bool_) for _ in range(2)))
    facts = snapshot.outcomes
    outcomes.bad[facts.party[facts.outcome == 1]] = True
    outcomes.good[facts.party[facts.outcome == 0]] = True
    logit = sum(contributions.values())

    def carriers_of(points: Mapping[str, float]) -> dict[str, Carrier]:
        return {} if carrier is None else dict.fromkeys(points, carrier)

    found = Attribution(0.0, contributions, logit, logit)
    row = snapshot.row_of(id)
    return list(reasons(snapshot, row, found, outcomes, (), own, carriers_of=carriers_of, least_told=least_told))


def code(snapshot: Snapshot, id: str, **contributions: float) -> str:
    (one,) = told(snapshot, id, contributions)
    return one.code


def test_every_code_is_there_once() -> None:
    assert len(set(CODES)) == len(CODES)
    assert {f"LINKS_{category.upper()}" for category in CATEGORIES} <= set(CODES)


def test_a_guarantor_who_defaulted(tmp_path: Path) -> None:
    links = [Relationship("a", "b", "GUARANTEES", "1"), Relationship("c", "a", "GUARANTEES", "1")]
    snapshot = network(tmp_path, *links, bad="b")
    (one,) = told(snapshot, "a", {"guarantee": DOWN})
    assert one.code == "KNOWN_BAD_GUARANTEE"
    assert one.evidence is not None
    assert (one.evidence.parties, one.evidence.known_bad, one.evidence.known_good) == (2, 1, 0)
    assert [(p.id, p.known_bad, p.kinds) for p in one.evidence.strongest] == [
        ("b", True, ("GUARANTEES",)),
        ("c", False, ("GUARANTEES",)),
    ]
    assert code(snapshot, "a", guarantee=UP) == "LINKS_GUARANTEE"  # it raises the score: that is no reason against it


def test_good_company(tmp_path: Path) -> None:
    links = [Relationship("a", other, "PAYS", "1") for other in "bc"]
    assert code(network(tmp_path / "1", *links, good="b"), "a", money=UP) == "KNOWN_GOOD_MONEY"
    assert code(network(tmp_path / "2", *links, good="b"), "a", money=DOWN) == "LINKS_MONEY"
    assert code(network(tmp_path / "3", *links, good="b", bad="c"), "a", money=UP) == "LINKS_MONEY"


def test_of_outcomes_of_fewer_others_than_may_be_told_nothing_is_different(tmp_path: Path) -> None:
    """With none, one or two of four others bad, or good, the reasons are the same ones; with three they tell it."""
    links = [Relationship("a", other, "GUARANTEES", "1") for other in "bcde"]
    outcome = Carrier("OUTCOMES")

    def answered(bad: str, good: str, points: float) -> list[tuple[str, int | None, int | None]]:
        snapshot = network(tmp_path / f"{bad}-{good}-{points}", *links, bad=bad, good=good)
        own, small = {"own": -50 * DOWN, "guarantee": points}, {"guarantee": points}
        found = [*told(snapshot, "a", small, carrier=outcome, least_told=3), *told(snapshot, "a", own, least_told=3)]
        return [
            (one.code, one.evidence.known_bad, one.evidence.known_good) for one in found if one.evidence is not None
        ]

    assert answered("", "", DOWN) == answered("b", "", DOWN) == answered("bc", "", DOWN)
    assert answered("", "", UP) == answered("", "b", UP) == answered("", "bc", UP) == answered("b", "c", UP)
    assert answered("", "bcd", UP) == answered("e", "bcd", UP) and ("KNOWN_GOOD_GUARANTEE", None, 3) in answered(
        "e", "bcd", UP
    )
    assert ("KNOWN_BAD_GUARANTEE", 3, None) in answered("bcd", "", DOWN)


def test_sharing_a_device_is_through_the_device(tmp_path: Path) -> None:
    devices = (Party("dev1", "Device"), Party("dev2", "Device"))
    links = [
        Relationship(p, d, "USES_DEVICE", "1")
        for p, d in (("a", "dev1"), ("b", "dev1"), ("a", "dev2"), ("b", "dev2"), ("c", "dev2"))
    ]
    snapshot = network(tmp_path, *links, parties=devices, bad="c")
    (one,) = told(snapshot, "a", {"identifier": DOWN})
    assert one.code == "KNOWN_BAD_IDENTIFIER"
    assert one.evidence is not None
    assert [(p.id, p.via, p.links) for p in one.evidence.strongest] == [("c", ("dev2",), 1), ("b", ("dev1", "dev2"), 2)]
    assert code(snapshot, "a", identifier=UP) == "SHARED_IDENTIFIER"
    assert code(snapshot, "d", identifier=UP) == "LINKS_IDENTIFIER"


def test_distrust_is_at_least_half_of_the_statements(tmp_path: Path) -> None:
    def rated(*weights: float) -> list[Relationship]:
        return [Relationship(id, "a", "RATES", "1", weight=w) for id, w in zip("bcdef", weights, strict=False)]

    (one,) = told(network(tmp_path / "1", *rated(-1.0, 0.5)), "a", {"trust": DOWN})
    assert one.code == "DISTRUSTED"
    assert one.evidence is not None
    assert (one.evidence.negative, one.evidence.received) == (1, 2)
    assert code(network(tmp_path / "2", *rated(-1.0, 0.5, 0.5)), "a", trust=DOWN) == "LINKS_TRUST"
    assert code(network(tmp_path / "3", *rated(-1.0, 0.5)), "b", trust=DOWN) == "LINKS_TRUST"  # what it said itself


def test_few_and_many_beside_others_of_its_kind(tmp_path: Path) -> None:
    crowd = tuple(Party(f"p{i:02}", "Person") for i in range(20))
    ring = [Relationship(f"p{i:02}", f"p{(i + k) % 20:02}", "CALLS", "1") for i in range(20) for k in (1, 2, 3)]
    hub = [Relationship("a", f"p{i:02}", "CALLS", "1") for i in range(10)]
    snapshot = network(tmp_path, *ring, *hub, Relationship("b", "c", "CALLS", "1"), parties=crowd)
    assert code(snapshot, "a", contact=DOWN) == "MANY_CONTACT"
    assert code(snapshot, "b", contact=DOWN) == "FEW_CONTACT"
    assert code(snapshot, "p15", contact=DOWN) == "LINKS_CONTACT"


@pytest.mark.parametrize(
    ("carrier", "expected"),
    [
        (Carrier("amount", "PAYS", "out", 0.98), "UNUSUAL_MONEY"),
        (Carrier("NEIGHBOURS"), "AROUND_MONEY"),
        (Carrier("recency", "PAYS", "out", None), "AROUND_MONEY"),  # nothing to compare it with
        (Carrier("links", "PAYS", "out", 0.01), "LINKS_MONEY"),
        (Carrier("degree"), "LINKS_MONEY"),
    ],
)
def test_a_reason_names_what_carries_it(carrier: Carrier, expected: str, tmp_path: Path) -> None:
    snapshot = network(tmp_path, Relationship("a", "b", "PAYS", "1"))
    (one,) = told(snapshot, "a", {"money": DOWN}, carrier=carrier)
    assert one.code == expected
    assert one.carrier == (carrier if expected.startswith(("UNUSUAL", "AROUND")) else None)


def test_known_bad_ties_come_before_counts_and_are_never_left_out(tmp_path: Path) -> None:
    links = [Relationship("a", "b", "PAYS", "1"), Relationship("a", "c", "GUARANTEES", "1")]
    shares = {"money": 2.0, "own": 0.5, "guarantee": 0.02}
    found = told(network(tmp_path / "1", *links, bad="c"), "a", shares)
    assert [one.code for one in found] == ["OWN_RECORD", "KNOWN_BAD_GUARANTEE", "LINKS_MONEY"]
    assert [one.code for one in told(network(tmp_path / "2", *links), "a", shares)] == ["LINKS_MONEY", "OWN_RECORD"]
    hardly = told(network(tmp_path / "3", *links, bad="c"), "a", shares | {"guarantee": 0.01})
    assert "KNOWN_BAD_GUARANTEE" not in [one.code for one in hardly]  # less than a point


def test_a_record_of_which_little_is_known_is_thin(tmp_path: Path) -> None:
    snapshot = network(tmp_path)
    split = (AttributeEffect("income", -9.0),)
    for known, expected in ((0.4, "THIN_RECORD"), (0.5, "OWN_RECORD")):
        (one,) = told(snapshot, "a", {"own": DOWN}, OwnRecord(known, split))
        assert (one.code, one.attributes) == (expected, split)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ({"own": 5.0, "money": -90.0, "trust": 0.0}, ["money"]),
        ({"own": 5.0, "money": -90.0, "trust": 6.0}, ["money", "trust"]),
        ({"own": 1.0, "money": -1.0, "trust": 1.0}, ["money", "own", "trust"]),
        ({"own": 0.0}, []),
    ],
)
def test_reasons_go_on_until_nine_tenths_are_told(points: dict[str, float], expected: list[str]) -> None:
    assert largest_parts(points) == expected


def test_a_cap_says_how_many_points_it_took(tmp_path: Path) -> None:
    snapshot = network(tmp_path)
    none = Outcomes(*(np.zeros(snapshot.n_parties, np.bool_) for _ in range(2)))
    (one,) = reasons(snapshot, 0, Attribution(0.0, {"own": 0.0}, 1.0, 2.0), none)
    assert (one.code, one.points) == ("CAP_REACHED", 0.0)
    assert one.capped == pytest.approx(50 / np.log(2))  # one unit of log-odds, in favour of the party
