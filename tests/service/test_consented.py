"""A purpose that needs consent is answered from the facts that have it, from the first answer after a withdrawal on."""

from __future__ import annotations

import csv
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from graph.errors import ConsentPending, StoreUnavailable, UsageError
from graph.purposes import PURPOSES, Purpose
from graph.schema import IDENTIFIER_KINDS
from graph.snapshots.build import build_snapshot
from graph.stores.consented import ConsentedFacts
from graph.stores.open import open_store
from loaders.ingest import load
from loaders.undoing import undo
from service.answers.explanations import explanation
from service.answers.scores import ScoreAnswer, score
from service.context import ServingContext
from service.settings import Settings
from tests.house import House

TENANCY = Purpose("tenancy", PURPOSES["fraud_investigation"].categories, 3650, consent=True)
FREE = replace(TENANCY, name="free", consent=False)


@pytest.fixture
def home(house: House, tmp_path: Path) -> Path:
    """A copy of the house in which everybody has consented to every source."""
    house.copy(tmp_path / "home")
    with closing(open_store(f"sqlite:///{tmp_path / 'home' / 'kith.db'}")) as store:
        rows = [row for batch in store.read_parties() for row in batch.to_pylist()]
    people = sorted({row["id"] for row in rows if row["kind"] not in IDENTIFIER_KINDS})
    sources = sorted({row["origin"] for row in rows})
    consent(tmp_path, {(id, source): "" for id in people for source in sources})
    return tmp_path / "home"


def consent(folder: Path, withdrawn: dict[tuple[str, str], str]) -> None:
    """Load a consent of each party and source, given at the beginning of 2020, with when it was withdrawn."""
    portal = folder / "portal"
    portal.mkdir(exist_ok=True)
    with (portal / "consents.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "source", "purpose", "given", "withdrawn"])
        writer.writerows([id, source, "tenancy", "2020-01-01", when] for (id, source), when in withdrawn.items())
    with closing(open_store(f"sqlite:///{folder / 'home' / 'kith.db'}")) as store:
        loaded = load([portal], store, source="portal", rejects_dir=folder / "rejects")
        assert not loaded.rejected and loaded.loaded["consents"] == len(withdrawn)


@pytest.fixture
def context(home: Path) -> Iterator[ServingContext]:
    opened = ServingContext.open(Settings(home=home))
    yield opened


def figures(answer: ScoreAnswer) -> tuple[object, ...]:
    return answer.score, answer.probability, answer.interval, answer.level, answer.warnings


def settled(context: ServingContext) -> ServingContext:
    """What answers for the purpose once its facts are read again."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            return context.of(TENANCY)
        except ConsentPending:
            time.sleep(0.02)
    pytest.fail("the facts were not read again")


def test_where_everybody_has_consented_nothing_is_missing(context: ServingContext, house: House) -> None:
    for party in (house.member, house.shop):
        with_consent = score(context.ready_for(TENANCY), party, TENANCY)
        assert figures(with_consent) == figures(score(context, party, FREE))


def test_nothing_is_answered_for_such_a_purpose_from_facts_without_consent(
    context: ServingContext, house: House
) -> None:
    for ask in (score, explanation):
        with pytest.raises(UsageError, match="tenancy needs consent"):
            ask(context, house.member, TENANCY)
    with pytest.raises(UsageError, match="cannot be looked up here"):
        ServingContext(context.snapshot, context.model).of(TENANCY)
    assert context.of(FREE) is context


@pytest.mark.slow
def test_a_withdrawal_takes_the_facts_away_from_the_next_answer_on(
    context: ServingContext, house: House, tmp_path: Path
) -> None:
    """To the bit: as a snapshot has it that was built from the facts that still have consent."""
    before = score(context.ready_for(TENANCY), house.member, TENANCY)
    assert context.of(TENANCY) is context.of(TENANCY)
    rings = house.truth.rings["ring_01"]
    consent(tmp_path, {(id, "town"): "2025-01-01" for id in rings if id != house.member})
    with pytest.raises(ConsentPending, match="consents changed, so the facts that count for tenancy are read again"):
        context.of(TENANCY)
    after = score(settled(context), house.member, TENANCY)
    assert figures(after) != figures(before) and after.revision > before.revision
    with closing(open_store(f"sqlite:///{tmp_path / 'home' / 'kith.db'}")) as store:
        expected = build_snapshot(ConsentedFacts(store, "tenancy"), tmp_path / "expected")
    assert after.snapshot == expected.id
    assert figures(after) == figures(score(ServingContext(expected, context.model), house.member, FREE))


@pytest.mark.slow
def test_a_withdrawal_that_is_taken_back_brings_the_first_answer_back(
    context: ServingContext, house: House, tmp_path: Path
) -> None:
    before = score(context.ready_for(TENANCY), house.member, TENANCY)
    consent(tmp_path, {(house.member, source): "2025-01-01" for source in ("town", "odd")})
    assert score(settled(context), house.member, TENANCY).level == "not_assessed"
    with closing(open_store(f"sqlite:///{tmp_path / 'home' / 'kith.db'}")) as store:
        undo(store, max(one.id for one in store.loads()))
    assert figures(score(settled(context), house.member, TENANCY)) == figures(before)


def test_two_processes_share_what_one_of_them_has_built(home: Path, context: ServingContext, tmp_path: Path) -> None:
    other = ServingContext.open(Settings(home=home))
    built = context.ready_for(TENANCY).snapshot
    assert other.of(TENANCY).snapshot.id == built.id
    consent(tmp_path, {("lonely", "odd"): "2025-01-01"})
    newer = settled(context).snapshot
    assert other.of(TENANCY).snapshot.id == newer.id != built.id
    kept = home / "consented" / "tenancy" / "snapshots"
    end = time.monotonic() + 60
    while {folder.name for folder in kept.glob("[!.l]*")} != {newer.folder.name}:
        assert time.monotonic() < end, "facts without consent are still there"
        time.sleep(0.02)


@pytest.mark.slow
def test_other_facts_that_come_in_do_not_stop_the_answers(home: Path, context: ServingContext, tmp_path: Path) -> None:
    built = context.ready_for(TENANCY).snapshot
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "parties.csv").write_text("id\nnew one\n")
    with closing(open_store(f"sqlite:///{home / 'kith.db'}")) as store:
        load([tmp_path / "more"], store, rejects_dir=tmp_path / "rejects")
    assert context.of(TENANCY).snapshot.id == built.id


def test_without_the_store_nobody_knows_who_has_consented(home: Path, context: ServingContext) -> None:
    context.ready_for(TENANCY)
    (home / "kith.db").rename(home / "elsewhere.db")
    with pytest.raises(StoreUnavailable, match="consents cannot be looked up"):
        context.of(TENANCY)


@pytest.mark.slow
def test_a_store_that_is_replaced_is_asked_from_then_on(
    home: Path, context: ServingContext, house: House, tmp_path: Path
) -> None:
    """By a copy from before a withdrawal, as a restore does: what it says counts, and no connection to the old file."""
    with closing(sqlite3.connect(home / "kith.db")) as db, closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        db.backup(copy)
    before = figures(score(context.ready_for(TENANCY), house.member, TENANCY))
    consent(tmp_path, {(house.member, source): "2025-01-01" for source in ("town", "odd")})
    assert figures(score(settled(context), house.member, TENANCY)) != before
    for name in ("kith.db-wal", "kith.db-shm"):
        (home / name).unlink(missing_ok=True)
    (tmp_path / "copy.db").replace(home / "kith.db")
    assert figures(score(settled(context), house.member, TENANCY)) == before
