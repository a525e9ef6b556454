"""Relationship risk: trust between any two, what it rests on, and what a purpose bars."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from gnn.features.statements.ratings import ratings_of
from gnn.models import artifact
from gnn.scoring.trust_scorer import TRUST_EVIDENCE_CODES, TrustScorer
from gnn.training.fit_trust import fit_trust
from graph.errors import AccessError, UsageError
from graph.explore.links import shared_identifiers
from graph.purposes import PURPOSES
from graph.schema import Party, Relationship
from graph.snapshots.snapshot import Snapshot
from service.answers.relationships import DISTRUSTED, RelationshipRisk, relationship_risk
from service.context import ServingContext
from service.wording.pairs import SHARED_IDENTIFIER
from service.wording.reasons import AUDIENCES, Voice
from tests.gnn.networks import Facts, Trained, town
from tests.gnn.ratings import circle

ALL = PURPOSES["fraud_investigation"]
TRUST = frozenset({"trust", "contact"})  # everybody deals with z, so that all ratings count
PEOPLE = 150


@dataclass(frozen=True)
class Served:
    """A town whose people rate each other, and its state with a pair model and without."""

    facts: Facts
    state: ServingContext
    plain: ServingContext


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    said = circle(PEOPLE, 2500)
    rates = [
        Relationship(f"p{a:04}", f"p{b:04}", "RATES", str(i), weight=float(value), first=time, last=time)
        for i, (a, b, value, time) in enumerate(zip(said.source, said.target, said.value, said.time, strict=True))
    ]
    plain = town(PEOPLE)
    facts = replace(
        plain, parties=[*plain.parties, Party("new", "Person")], relationships=[*plain.relationships, *rates]
    )
    trained = Trained.on(facts, tmp_path_factory.mktemp("relationships") / "snapshot")
    model = replace(trained.model, trust=fit_trust(ratings_of(trained.snapshot), seed=0))
    return Served(
        facts, ServingContext(trained.snapshot, model, "m"), ServingContext(trained.snapshot, trained.model, "plain")
    )


def of_trust(*said: tuple[str, str, float], folder: Path) -> Snapshot:
    ids = sorted({id for a, b, _ in said for id in (a, b)} | {"x", "y"})
    links = [Relationship(a, b, "TRUSTS", str(i), weight=w) for i, (a, b, w) in enumerate(said)]
    links += [Relationship("z", id, "CALLS", "1") for id in ids]
    return Facts([Party(id, "Person") for id in (*ids, "z")], links).snapshot(folder)


def test_trust_of_unseen_pairs_tells_the_planted_cheats(served: Served) -> None:
    """Of pairs without a rating, honest raters are expected to rate honest people higher than cheats."""
    cheat = np.random.default_rng(0).random(PEOPLE) < 1 / 3  # as `circle` draws them
    known = {(link.source, link.target) for link in served.facts.relationships if link.kind == "RATES"}
    honest = [i for i in range(PEOPLE) if not cheat[i]][:6]
    found: dict[bool, list[float]] = {True: [], False: []}
    for a in honest:
        for b in range(0, PEOPLE, 7):
            if a != b and (f"p{a:04}", f"p{b:04}") not in known:
                told = relationship_risk(served.state, f"p{a:04}", f"p{b:04}", ALL)
                assert told.trust is not None
                assert told.trust_positive is not None
                assert 0 < told.trust_positive < 1
                found[bool(cheat[b])].append(told.trust)
    assert np.mean(found[False]) > np.mean(found[True]) + 0.4


def test_grounds_count_what_was_said(tmp_path: Path) -> None:
    said = [("a", "b", 1.0), ("b", "a", -0.5), ("c", "b", 0.5), ("d", "b", 0.25), ("a", "c", 1.0), ("a", "d", -1.0)]
    told = TrustScorer(of_trust(*said, folder=tmp_path / "s"), None).predict(0, 1, TRUST)
    found = {ground.code: (ground.count, ground.mean) for ground in told.evidence}
    assert found["OWN_RATING"] == (1, 1.0)
    assert found["RECIPROCAL"] == (1, -0.5)
    assert found["OTHERS_SAY"] == (2, pytest.approx(0.375))
    assert found["RATER_HABIT"] == (2, pytest.approx(0.0))
    assert found["ACQUAINTANCES"] == (2, pytest.approx((0.5 - 0.25) / 2))
    assert told.evidence[0].code == "NO_PAIR_MODEL"
    assert set(found) <= set(TRUST_EVIDENCE_CODES)


def test_without_a_pair_model_trust_is_the_shrunk_mean(tmp_path: Path) -> None:
    snapshot = of_trust(("a", "b", 1.0), ("c", "b", 0.5), ("d", "b", 0.25), folder=tmp_path / "s")
    others = (0.5 + 0.25) / (2 + 2)
    told = TrustScorer(snapshot, None).predict(0, 1, TRUST)
    assert told.trust == pytest.approx((1.0 + 2 * others) / (1 + 2))
    assert told.positive is None
    assert TrustScorer(snapshot, None).predict(2, 1, TRUST).trust == pytest.approx((0.5 + 2 * (1.25 / 4)) / 3)
    stranger = TrustScorer(snapshot, None).predict(snapshot.row_of("x"), snapshot.row_of("y"), TRUST)
    assert (stranger.trust, [ground.code for ground in stranger.evidence]) == (None, ["NOTHING_KNOWN"])


def test_its_own_word_moves_trust_but_not_the_expectation(served: Served, tmp_path: Path) -> None:
    link = next(link for link in served.facts.relationships if link.kind == "RATES")
    ends = {link.source, link.target}
    others = [k for k in served.facts.relationships if k.kind != "RATES" or {k.source, k.target} != ends]
    told = []
    for i, weight in enumerate((-1.0, 1.0)):
        snapshot = replace(served.facts, relationships=[*others, replace(link, weight=weight)]).snapshot(
            tmp_path / str(i)
        )
        state = ServingContext(snapshot, served.state.model, "m")
        told.append(relationship_risk(state, link.source, link.target, ALL))
    assert told[0].trust_positive == told[1].trust_positive
    assert told[0].trust is not None
    assert told[1].trust == pytest.approx(told[0].trust + 2 / 3)


def test_a_purpose_that_bars_trust_gets_none(served: Served) -> None:
    told = relationship_risk(served.state, "p0001", "p0002", PURPOSES["merchant_onboarding"])
    assert (told.trust, told.trust_back, told.trust_positive, told.trust_evidence) == (None, None, None, ())


def test_a_barred_category_beside_trust_has_no_influence(served: Served, tmp_path: Path) -> None:
    """Lending may not use contacts: without any call in the store the trust is the same, bit for bit."""
    without = served.facts.without_category("contact").without_category("social").snapshot(tmp_path / "s")
    state = ServingContext(without, served.state.model, "m")
    for b in ("p0002", "p0040", "p0099"):
        told = [relationship_risk(one, "p0001", b, PURPOSES["lending"]) for one in (served.state, state)]
        assert told[0].trust == told[1].trust
        assert told[0].trust_evidence == told[1].trust_evidence


def test_a_purpose_that_discloses_yes_or_no_has_no_relationship_risk(served: Served) -> None:
    with pytest.raises(AccessError, match="yes or no"):
        relationship_risk(served.state, "p0001", "p0002", PURPOSES["deposit_waiver"])


def test_nothing_known_gives_no_trust(served: Served) -> None:
    told = relationship_risk(served.state, "new", "phone0000", PURPOSES["lending"])
    assert told.trust is None
    assert [ground.code for ground in told.trust_evidence] == ["NOTHING_KNOWN"]


def test_the_answer_is_the_one_that_the_api_promises(served: Served) -> None:
    for state in (served.state, served.plain):
        told = relationship_risk(state, "p0001", "p0002", ALL, exposure=1000.0, with_contagion=True)
        checked = RelationshipRisk.model_validate(told.to_json())
        assert checked == told
        assert checked.expected_loss == pytest.approx(1000 * (checked.target_probability or 0))
        assert checked.contagion is not None
        assert ("NO_PAIR_MODEL" in {ground.code for ground in checked.trust_evidence}) == (state is served.plain)


def test_the_expected_loss_on_somebody_in_default_is_the_exposure_less_what_is_recovered(served: Served) -> None:
    snapshot, known = served.state.snapshot, served.state.scorer(ALL).outcomes
    answers = {
        is_bad: relationship_risk(served.state, "p0001", snapshot.id_of(row), ALL, 1000.0, recovery=0.4)
        for is_bad in (True, False)
        for row in np.flatnonzero(known.default == is_bad).tolist()
        if snapshot.id_of(row).startswith("p0") and snapshot.id_of(row) != "p0001"
    }
    assert answers[True].expected_loss == pytest.approx(600)
    assert answers[True].target_probability != 1  # what the model predicts stays a prediction
    assert answers[False].expected_loss == pytest.approx(600 * (answers[False].target_probability or 0))


@pytest.mark.parametrize("recovery", [-0.1, 1.1, float("nan")])
def test_a_recovery_is_a_share(served: Served, recovery: float) -> None:
    with pytest.raises(UsageError, match="a recovery is a share"):
        relationship_risk(served.state, "p0001", "p0002", ALL, 1000.0, recovery=recovery)


def test_only_what_both_use_is_shared(tmp_path: Path) -> None:
    parties = [Party("a", "Person"), Party("b", "Person"), Party("phone", "Phone"), Party("account", "Account")]
    links = [
        Relationship("a", "phone", "HAS_CONTACT", "1"),
        Relationship("b", "phone", "USES_PHONE", "1"),
        Relationship("a", "account", "PAYS", "1"),
        Relationship("b", "account", "HOLDS_ACCOUNT", "1"),
    ]
    snapshot = Facts(parties, links).snapshot(tmp_path / "s")
    assert shared_identifiers(snapshot, snapshot.row_of("a"), snapshot.row_of("b")) == []


def test_only_an_investigator_reads_which_identifiers_two_share(served: Served) -> None:
    snapshot = served.state.snapshot
    a, b = next(
        (snapshot.id_of(a), snapshot.id_of(b))
        for a in range(snapshot.n_parties)
        for b in range(a)
        if snapshot.id_of(a).startswith("p0") and len(shared_identifiers(snapshot, a, b))
    )
    for audience in AUDIENCES:
        told = relationship_risk(served.state, a, b, ALL, voice=Voice(audience, "en"))
        assert told.shared >= 1 and SHARED_IDENTIFIER in {reason.code for reason in told.reasons}
        assert len(told.shared_identifiers) == (told.shared if audience == "investigator" else 0)
        named = set(re.findall(r"\b(p\d{4}|phone\d{4})\b", json.dumps(told.to_json()))) - {a, b}
        assert bool(named) == (audience == "investigator")


def test_only_an_investigator_reads_through_which_accounts_links_are_carried(served: Served, tmp_path: Path) -> None:
    facts = replace(
        served.facts,
        parties=[*served.facts.parties, Party("acc1", "Account"), Party("acc2", "Account")],
        relationships=[
            *served.facts.relationships,
            Relationship("p0001", "acc1", "USES_PHONE", "held"),
            Relationship("p0002", "acc2", "USES_PHONE", "held"),
            Relationship("acc1", "acc2", "PAYS", "carried"),
        ],
    )
    state = ServingContext(facts.snapshot(tmp_path / "s"), served.state.model, "m")
    for audience in AUDIENCES:
        told = relationship_risk(state, "p0001", "p0002", ALL, voice=Voice(audience, "en"))
        assert told.links["PAYS"].out >= 1
        assert told.via == (("acc1", "acc2") if audience == "investigator" else ())
        assert ("acc1" in json.dumps(told.to_json())) == (audience == "investigator")


def test_the_subject_is_the_target_and_hears_nothing_of_the_other_alone(served: Served) -> None:
    whole, told = (
        relationship_risk(served.state, "p0001", "p0002", ALL, with_contagion=True, voice=Voice(audience, "zh"))
        for audience in ("investigator", "subject")
    )
    assert (told.source_probability, told.source_level, told.contagion) == (None, None, None)
    assert (told.target_probability, told.target_level) == (whole.target_probability, whole.target_level)
    assert [reason.code for reason in told.reasons] == [reason.code for reason in whole.reasons]
    worse = relationship_risk(served.state, "p0001", "p0003", ALL, voice=Voice("subject", "en"))
    assert worse.trust is not None and (worse.trust < DISTRUSTED or worse.level == worse.target_level)


def test_a_pair_of_one_is_refused(served: Served) -> None:
    with pytest.raises(UsageError, match="two ends"):
        relationship_risk(served.state, "p0001", "p0001", ALL)


def test_the_pair_model_is_kept_with_the_model(served: Served, tmp_path: Path) -> None:
    artifact.save(served.state.model, tmp_path / "model")
    state = ServingContext(served.state.snapshot, artifact.load(tmp_path / "model"), "m")
    told = [relationship_risk(one, "p0001", "p0002", ALL) for one in (served.state, state)]
    assert told[0] == told[1]
