"""The answer to a question: of each hash what may be told, in the same line whether unknown or not to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from graph.errors import UsageError
from graph.purposes import Purpose
from graph.stores.base import GraphStore
from service.credit.lines import read_lines
from service.exchange.consents import Exchangeable
from service.exchange.files import (
    MANIFEST,
    Manifest,
    Part,
    new_folder,
    part_file,
    read_manifest,
    read_part,
    write_manifest,
    write_part,
)
from service.exchange.known_by import hashes
from service.exchange.partners import FOLDER, Partner, own_public_key

TOLD: Final = ("outcome", "key", "opened", "closed", "days_late", "amount")  # of an outcome


def answer(
    home: Path,
    store: GraphStore,
    partner: Partner,
    sender: str,
    purpose: Purpose,
    question: Path,
    folder: Path,
    now: float,
    log: Callable[[Sequence[str]], None],
    most: int | None = None,
) -> Manifest:
    """Write the answer to a question of a partner into a folder, or go on with one that was begun.

    log: is told of whom facts are given out, before they are written. most: write so many further parts at most; the
    manifest says which are missing. Raises InputError for a question that the partner did not sign or that was changed,
    UsageError for one of another purpose or an answer of another.
    """
    asked, digest = read_manifest(question, [partner.public_key])
    if asked.kind != "question" or asked.purpose != purpose.name:
        raise UsageError(f"{question} is a {asked.kind} for {asked.purpose}, not a question for {purpose.name}")
    _refuse_other(home, new_folder(folder), digest)
    facts, known = _told(store, purpose, now), hashes(store, partner, asked.by)
    parts, left = list[Part](), len(asked.parts) if most is None else most
    for part in asked.parts:
        is_new = not part_file(folder, part.number).exists()
        if is_new and left == 0:
            continue
        left -= is_new
        whom = {str(row["hash"]): known.get(str(row["hash"])) for row in read_part(question, part)}
        if is_new:
            log([party for party in whom.values() if party in facts])
        rows = ({"hash": one, **_of(party, facts)} for one, party in whom.items())
        parts.append(write_part(folder, part.number, rows))
    manifest = Manifest(
        kind="answer",
        sender=sender,
        recipient=partner.name,
        purpose=purpose.name,
        by=asked.by,
        made=now,
        of=digest,
        total=asked.total,
        parts=tuple(parts),
    )
    write_manifest(home, folder, manifest)
    return manifest


def _refuse_other(home: Path, folder: Path, question: str) -> None:
    """Raises UsageError where the folder holds an answer to another question."""
    if not (folder / MANIFEST).exists():
        return
    begun, _ = read_manifest(folder, [own_public_key(home)])
    if begun.of != question:
        raise UsageError(f"{folder} holds an answer to another question; name another folder")


def _of(party: str | None, facts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What is told of a party: nothing looks the same whether nobody is known, or nothing may be told."""
    nothing: dict[str, Any] = {"outcomes": [], "lines": 0, "limit": 0.0, "drawn": 0.0, "days_past_due": 0}
    return nothing if party is None else {**nothing, **facts.get(party, {})}


def _told(store: GraphStore, purpose: Purpose, now: float) -> dict[str, dict[str, Any]]:
    """What may be told of each party: its outcomes that count, and its credit lines taken together.

    What came from another institution is not handed on.
    """
    may, told = Exchangeable(store, purpose, now), dict[str, dict[str, Any]]()
    for outcome in _outcomes(may):
        told.setdefault(outcome["party"], {}).setdefault("outcomes", []).append({name: outcome[name] for name in TOLD})
    for one in told.values():
        one["outcomes"].sort(key=lambda outcome: str(outcome["key"]))
    for line in read_lines(store, now):
        if line.closed is None and may.of(line.party, line.source):
            of = told.setdefault(line.party, {})
            of["lines"] = of.get("lines", 0) + 1
            of["limit"] = of.get("limit", 0.0) + (line.limit or 0.0)
            of["drawn"] = of.get("drawn", 0.0) + line.drawn
            of["days_past_due"] = max(of.get("days_past_due", 0), line.days_past_due)
    return told


def _outcomes(may: Exchangeable) -> Iterator[dict[str, Any]]:
    for batch in may.facts.read_outcomes():
        for row in batch.to_pylist():
            if row["state"] == "active" and not row["origin"].startswith(f"{FOLDER}:"):
                yield row
