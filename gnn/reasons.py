"""Coded, stable reasons for an answer, with points on the scale of the score and the links behind them.

Points are -POINTS * log-odds, so plus is good; before clipping and rounding those of all reasons sum to score minus
base score. The codes are a contract: they may be added to, never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from gnn.attribution import OWN, Attribution
from gnn.calibration import POINTS
from graph.schema import IDENTIFIER_KINDS
from graph.snapshot import Snapshot

STRONGEST: Final = 3  # parties named as evidence

OWN_RECORD: Final = "OWN_RECORD"
SHARED_IDENTIFIER: Final = "SHARED_IDENTIFIER"
KNOWN_DEFAULT: Final = "KNOWN_DEFAULT"
KNOWN_FRAUD: Final = "KNOWN_FRAUD"
CAP_REACHED: Final = "CAP_REACHED"
CODES: Final[Mapping[str, str]] = {
    OWN_RECORD: "its own record",
    "LINKS_CONTACT": "whom it calls, writes to or has as a contact",
    "LINKS_SOCIAL": "whom it knows or is related to",
    "LINKS_TRUST": "who trusts, rates or vouches for it, and whom it does",
    "LINKS_MONEY": "whom it pays, orders from, lends to or owes",
    "LINKS_GUARANTEE": "whom it guarantees and who guarantees it",
    "LINKS_OWNERSHIP": "whom it owns, who owns it, and common owners",
    "LINKS_WORK": "whom it works with or for",
    "LINKS_IDENTIFIER": "its phones, devices, addresses and accounts",
    SHARED_IDENTIFIER: "phones, devices, addresses or accounts that it shares with others",
    "LINKS_DERIVED": "parties that are like it",
    KNOWN_DEFAULT: "it has defaulted: that is known, not predicted",
    KNOWN_FRAUD: "it has committed fraud: that is known, not predicted",
    CAP_REACHED: "others' share was held at the cap of this purpose",
}


@dataclass(frozen=True, slots=True)
class Linked:
    """A party named as evidence."""

    row: int
    id: str
    name: str | None
    links: int
    known_bad: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """The links of one category: how many parties, how many of them with a known bad outcome, and the strongest."""

    parties: int
    known_bad: int
    strongest: tuple[Linked, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `category` is None where it is not about links; plus points raise the score."""

    code: str
    points: float
    text: str
    category: str | None = None
    evidence: Evidence | None = None


def reasons(
    snapshot: Snapshot, row: int, attribution: Attribution, bad: npt.NDArray[np.bool_], known: Iterable[str] = ()
) -> tuple[Reason, ...]:
    """The reasons of an answer: known facts first, then the own record and categories by the size of their points.

    `bad` bool[n] marks parties with a known bad outcome; `known` are the codes of the facts known of this one. A
    category in which the party has no link at all, and no points, is left out.
    """
    facts = [Reason(code, 0.0, CODES[code]) for code in known]
    if attribution.capped:
        facts.append(Reason(CAP_REACHED, 0.0, CODES[CAP_REACHED]))
    parts = [_reason(snapshot, row, name, -POINTS * x, bad) for name, x in attribution.contributions.items()]
    told = [part for part in parts if part.points or (part.evidence is not None and part.evidence.parties)]
    return (*facts, *sorted(told, key=lambda part: (-abs(part.points), part.code)))


def _reason(snapshot: Snapshot, row: int, part: str, points: float, bad: npt.NDArray[np.bool_]) -> Reason:
    if part == OWN:
        return Reason(OWN_RECORD, points, _text(OWN_RECORD, points, None))
    code, found = f"LINKS_{part.upper()}", linked(snapshot, row, part)
    if part == "identifier":
        shared = _sharing(snapshot, row, found)
        if shared:
            code, found = SHARED_IDENTIFIER, shared
    evidence = _evidence(snapshot, found, bad)
    return Reason(code, points, _text(code, points, evidence), part, evidence)


def linked(snapshot: Snapshot, row: int, category: str) -> dict[int, int]:
    """Parties linked to `row` by the category, each with its number of links (counts summed), without itself."""
    others, counts = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for kind, info in snapshot.kinds.items():
        if info.category != category:
            continue
        links = snapshot.links(kind)
        out = slice(int(links.out_indptr[row]), int(links.out_indptr[row + 1]))
        into = slice(int(links.in_indptr[row]), int(links.in_indptr[row + 1]))
        others += [links.out_target[out], links.in_source[into]]
        counts += [links.count[out], links.count[links.in_entry[into]]]
    found, which = np.unique(np.concatenate(others), return_inverse=True)
    total = np.bincount(which, np.concatenate(counts), len(found)).astype(np.int64)
    return {other: n for other, n in zip(found.tolist(), total.tolist(), strict=True) if other != row}


def _sharing(snapshot: Snapshot, row: int, identifiers: Mapping[int, int]) -> dict[int, int]:
    """Other parties that use the same identifiers, each with how many of them it shares."""
    found: dict[int, int] = {}
    for identifier in identifiers:
        if snapshot.party_kinds[int(snapshot.party_kind[identifier])] in IDENTIFIER_KINDS:
            for other in linked(snapshot, identifier, "identifier"):
                if other != row:
                    found[other] = found.get(other, 0) + 1
    return found


def _evidence(snapshot: Snapshot, found: Mapping[int, int], bad: npt.NDArray[np.bool_]) -> Evidence:
    """Known bad parties come first, then those with most links, then by id."""
    order = sorted(found, key=lambda other: (not bad[other], -found[other], other))[:STRONGEST]
    strongest = tuple(
        Linked(other, snapshot.id_of(other), snapshot.name_of(other), found[other], bool(bad[other])) for other in order
    )
    return Evidence(len(found), sum(bool(bad[other]) for other in found), strongest)


def _text(code: str, points: float, evidence: Evidence | None) -> str:
    shown = round(points)
    effect = f"{'raises' if shown > 0 else 'lowers'} the score by {abs(shown)}" if shown else "hardly moves the score"
    if evidence is None:
        return f"{CODES[code]}: {effect}"
    parties = f"{evidence.parties} {'party' if evidence.parties == 1 else 'parties'}"
    known = f", {evidence.known_bad} with a known bad outcome" if evidence.known_bad else ""
    return f"{CODES[code]} ({parties}{known}): {effect}"
