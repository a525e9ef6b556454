"""Files between two banks: signed, resumable, of parties that consent, and silent about all others alike."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from graph.errors import InputError, UsageError
from graph.purposes import PURPOSES
from graph.schema import Consent, Outcome, Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from service.events.recording import record
from service.exchange import asking
from service.exchange.answering import answer
from service.exchange.asking import ask
from service.exchange.files import Manifest, part_file, read_manifest, read_part
from service.exchange.known_by import hashes
from service.exchange.partners import Partner, add_partner, new_secret, own_public_key, partner_named
from service.exchange.taking import Taken, take
from service.stated.contributors import contributors
from tests.graph.conftest import url
from tests.graph.networks import load_facts

__all__ = ["url"]

LENDING = PURPOSES["lending"]
SHARES = replace(LENDING, name="joint", shares=True)
NOW = 1_000.0
GIVEN: list[str] = []  # whom the log was told of


@dataclass
class Bank:
    """A bank: its folder, its facts, and what it knows of the other."""

    home: Path
    store: GraphStore
    other: Partner

    def told(self, party: str) -> list[tuple[str, str | None, str]]:
        rows = [row for piece in self.store.read_outcomes() for row in piece.to_pylist()]
        return sorted((row["outcome"], row["key"], row["origin"]) for row in rows if row["party"] == party)


@pytest.fixture
def banks(tmp_path: Path) -> Iterator[tuple[Bank, Bank]]:
    """Both with embedded stores."""
    urls = {name: f"sqlite:///{tmp_path / f'{name}.db'}" for name in ("north", "south")}
    yield from opened_banks(tmp_path, urls)


@pytest.fixture
def banks_of_stores(tmp_path: Path, url: str) -> Iterator[tuple[Bank, Bank]]:
    """The north with a store of each sort."""
    yield from opened_banks(tmp_path, {"north": url, "south": f"sqlite:///{tmp_path / 'south.db'}"})


def opened_banks(tmp_path: Path, urls: dict[str, str]) -> Iterator[tuple[Bank, Bank]]:
    """North and south with Ann, Bo and Cy; Ann and Bo consent in the north, Ann and Cy in the south."""
    homes = {name: tmp_path / name for name in ("north", "south")}
    keys, secret = {name: own_public_key(home) for name, home in homes.items()}, new_secret()
    made = []
    for name, other in (("north", "south"), ("south", "north")):
        add_partner(homes[name], Partner(name=other, title=f"{other} bank", public_key=keys[other], secret=secret))
        store = open_store(urls[name])
        made.append(Bank(homes[name], store, partner_named(homes[name], other)))
    north, south = made
    people = [Party(id, "Person", id.title()) for id in ("ann", "bo", "cy")]
    load_facts(north.store, [
        *people, Party("only north", "Person"),
        *(Consent(id, "exchange:south", "lending", 1.0) for id in ("ann", "bo", "only north")),
    ], source="files")  # fmt: skip
    load_facts(south.store, [
        *people, Party("only south", "Person"),
        *(Outcome(id, "default", "loan 1", 5.0, amount=70.0) for id in ("ann", "bo", "cy", "only south")),
        *(Consent(id, "files", "lending", 1.0) for id in ("ann", "cy")),
        Consent("ann", "events:till", "lending", 1.0),
    ], source="files")  # fmt: skip
    yield north, south
    north.store.close()
    south.store.close()


def asked(north: Bank, folder: Path, purpose: str = "lending", by: tuple[str, ...] = ("id",)) -> Manifest:
    wanted = SHARES if purpose == "joint" else LENDING
    return ask(north.home, north.store, north.other, "north", wanted, by, None, folder, NOW)


def answered(south: Bank, question: Path, folder: Path, most: int | None = None, now: float = NOW) -> Manifest:
    return answer(south.home, south.store, south.other, "south", LENDING, question, folder, now, GIVEN.extend, most)


def taken(north: Bank, question: Path, folder: Path) -> Taken:
    return take(north.home, north.store, north.other, LENDING, question, folder, NOW)


def test_what_both_consents_cover_comes_as_facts_of_the_other(
    banks_of_stores: tuple[Bank, Bank], tmp_path: Path
) -> None:
    north, south = banks_of_stores
    assert (
        sum(part.lines for part in asked(north, tmp_path / "q").parts) == 3
    )  # ann, bo, only north; cy never consented
    GIVEN.clear()
    answered(south, tmp_path / "q", tmp_path / "a")
    assert GIVEN == ["ann"]
    done = taken(north, tmp_path / "q", tmp_path / "a")
    assert (done.parties, done.silent, done.outcomes, done.missing) == (1, 2, 1, ())
    assert north.told("ann") == [("default", "loan 1", "exchange:south")]
    assert north.told("bo") == north.told("cy") == []
    build_snapshot(north.store, tmp_path / "snapshot")
    snapshot = Snapshot.open(tmp_path / "snapshot")
    named = {id: contributors(snapshot, snapshot.row_of(id)) for id in ("ann", "bo")}
    assert named == {"ann": ["south bank"], "bo": []}
    assert snapshot.name_of(snapshot.row_of("ann")) == "Ann"


def test_no_line_tells_whether_somebody_is_known(banks: tuple[Bank, Bank], tmp_path: Path) -> None:
    """Bo, whom the south knows and may not tell of, is answered like somebody whom it does not know."""
    north, south = banks
    asked(north, tmp_path / "q")
    answered(south, tmp_path / "q", tmp_path / "a")
    whom = hashes(north.store, north.other, ["id"])
    lines = {whom[row["hash"]]: row for row in map(json.loads, part_file(tmp_path / "a", 0).read_text().splitlines())}
    bo, nobody = lines["bo"], lines["only north"]
    assert {**bo, "hash": ""} == {**nobody, "hash": ""} and lines["ann"]["outcomes"]
    for file in (part_file(tmp_path / "q", 0), part_file(tmp_path / "a", 0)):
        assert not any(f'"{id}"' in file.read_text() for id in ("ann", "bo", "only north"))


def test_credit_lines_of_a_consented_source_are_told_together(banks: tuple[Bank, Bank], tmp_path: Path) -> None:
    north, south = banks
    line = {"party": "ann", "lender": "south", "time": 5.0}
    record(south.store, "events:till", [
        {"id": "1", "type": "credit_line_opened", "line": "a", "limit": 100, **line},
        {"id": "2", "type": "credit_line_opened", "line": "b", "limit": 50, **line},
        {"id": "3", "type": "draw", "line": "b", "amount": 30, **line},
    ])  # fmt: skip
    asked(north, tmp_path / "q")
    answered(south, tmp_path / "q", tmp_path / "a")
    taken(north, tmp_path / "q", tmp_path / "a")
    links = [row for piece in north.store.read_relationships() for row in piece.to_pylist()]
    assert {(row["source"], row["kind"], row["target"], row["amount"]) for row in links} == {
        ("institution:south", "LENDS_TO", "ann", 150.0), ("ann", "OWES", "institution:south", 30.0),
    }  # fmt: skip


def test_what_is_told_no_more_ends(banks_of_stores: tuple[Bank, Bank], tmp_path: Path) -> None:
    north, south = banks_of_stores
    asked(north, tmp_path / "q")
    answered(south, tmp_path / "q", tmp_path / "a")
    taken(north, tmp_path / "q", tmp_path / "a")
    load_facts(south.store, [Consent("ann", "files", "lending", 1.0, withdrawn=500.0)], source="desk")
    asked(north, tmp_path / "q2")
    answered(south, tmp_path / "q2", tmp_path / "a2")
    done = taken(north, tmp_path / "q2", tmp_path / "a2")
    assert (done.parties, done.silent) == (0, 3) and north.told("ann") == []


def test_a_partial_answer_is_said_to_be_and_gone_on_with(
    banks: tuple[Bank, Bank], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = banks
    monkeypatch.setattr(asking, "A_PART", 1)
    assert asked(north, tmp_path / "q").total == 3
    first = answered(south, tmp_path / "q", tmp_path / "a", most=1)
    assert first.missing == [1, 2]
    assert taken(north, tmp_path / "q", tmp_path / "a").missing == (1, 2)
    content = part_file(tmp_path / "a", 0).read_bytes()
    whole = answered(south, tmp_path / "q", tmp_path / "a")
    assert whole.missing == [] and part_file(tmp_path / "a", 0).read_bytes() == content
    done = taken(north, tmp_path / "q", tmp_path / "a")
    assert (done.missing, done.parties) == ((), 1) and north.told("ann")
    assert taken(north, tmp_path / "q", tmp_path / "a").revision == done.revision  # the same again changes nothing


def test_what_was_changed_on_its_way_is_refused(banks: tuple[Bank, Bank], tmp_path: Path) -> None:
    north, south = banks
    asked(north, tmp_path / "q")
    answered(south, tmp_path / "q", tmp_path / "a")
    part = part_file(tmp_path / "a", 0)
    part.write_bytes(part.read_bytes().replace(b"default", b"good"))
    with pytest.raises(InputError, match="its bytes differ from the manifest"):
        taken(north, tmp_path / "q", tmp_path / "a")
    manifest = tmp_path / "q" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"lending", b"tenancy"))
    with pytest.raises(InputError, match="not signed by whom it says"):
        answered(south, tmp_path / "q", tmp_path / "b")


def test_an_answer_belongs_to_its_question_and_a_question_to_its_sender(
    banks: tuple[Bank, Bank], tmp_path: Path
) -> None:
    north, south = banks
    asked(north, tmp_path / "q")
    ask(north.home, north.store, north.other, "north", LENDING, ["id"], {"ann"}, tmp_path / "other", NOW)
    answered(south, tmp_path / "q", tmp_path / "a")
    with pytest.raises(InputError, match="is no answer to the question"):
        taken(north, tmp_path / "other", tmp_path / "a")
    with pytest.raises(UsageError, match="an answer to another question"):
        answered(south, tmp_path / "other", tmp_path / "a")
    with pytest.raises(UsageError, match="holds a question already"):
        asked(north, tmp_path / "q")
    with pytest.raises(InputError, match="not signed by whom it says"):  # its own question is no question of the north
        answer(
            north.home, north.store, north.other, "north", LENDING, tmp_path / "q", tmp_path / "c", NOW, GIVEN.extend
        )


def test_nobody_is_asked_about_without_a_consent_unless_the_purpose_shares(
    banks: tuple[Bank, Bank], tmp_path: Path
) -> None:
    north, _ = banks
    nobody = replace(LENDING, name="tenancy")
    with pytest.raises(UsageError, match="nobody can be asked about"):
        ask(north.home, north.store, north.other, "north", nobody, ["id"], None, tmp_path / "q", NOW)
    assert sum(part.lines for part in asked(north, tmp_path / "all", "joint").parts) == 4


def test_an_identifier_means_a_person_only_where_one_alone_holds_it(banks: tuple[Bank, Bank]) -> None:
    north, _ = banks
    load_facts(north.store, [
        *(Party(id, "Phone") for id in ("+1", "+2")),
        Relationship("ann", "+1", "USES_PHONE", "1"),
        Relationship("bo", "+2", "USES_PHONE", "1"), Relationship("cy", "+2", "USES_PHONE", "1"),
    ], source="phones")  # fmt: skip
    found = hashes(north.store, north.other, ["Phone"])
    assert sorted(found.values()) == ["ann"]
    assert found.keys().isdisjoint(hashes(north.store, replace_secret(north.other), ["Phone"]))


def replace_secret(partner: Partner) -> Partner:
    return partner.model_copy(update={"secret": new_secret()})


def test_keys_and_secrets_are_for_their_user_alone(banks: tuple[Bank, Bank]) -> None:
    north, _ = banks
    assert [oct(file.stat().st_mode & 0o777) for file in (north.home / "exchange").iterdir()] == ["0o600"] * 2
    with pytest.raises(UsageError, match="no partner is called east; there are south"):
        partner_named(north.home, "east")
    with pytest.raises(UsageError, match="this is no public key"):
        add_partner(north.home, north.other.model_copy(update={"public_key": "abc"}))


def test_a_folder_is_whole_wherever_it_is_copied(banks: tuple[Bank, Bank], tmp_path: Path) -> None:
    north, _ = banks
    asked(north, tmp_path / "q")
    shutil.copytree(tmp_path / "q", tmp_path / "moved")
    manifest, _ = read_manifest(tmp_path / "moved", [own_public_key(north.home)])
    assert [len(list(read_part(tmp_path / "moved", part))) for part in manifest.parts] == [3]
