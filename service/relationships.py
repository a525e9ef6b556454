"""What is asked of Kith about two parties: relationship risk, paths between them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from gnn.opinion import GROUNDS, Opinion
from gnn.scorer import LEVELS, NOT_ASSESSED
from graph.errors import AccessError, UsageError
from graph.explore import Path, paths, shared_identifiers
from graph.purposes import Purpose
from graph.snapshot import Snapshot
from service.answers import Answer, answered
from service.assessments import score
from service.state import State

DISTRUST: Final = -0.2
UNTOLD: Final = Opinion(None, None, ())
CONTAGIOUS: Final = 0.01  # a rise of the PD from which the other's default is worth a reason


@dataclass(frozen=True, slots=True)
class RelationshipRisk(Answer):
    """Of a pair (a, b), seen by a. Trust -1..1, None where nothing is known; contagion None unless asked for.

    trust_positive is the calibrated probability that a would rate b positively, from everything but its own word;
    grounds say what trust rests on (`gnn.opinion`). Both directions are told, and none by a purpose that bars trust.
    expected_loss = exposure * PD of b, with nothing recovered. `level` is the worse of the two, one step worse where
    a distrusts b.
    """

    source: str
    target: str
    trust: float | None
    trust_back: float | None
    trust_positive: float | None
    trust_back_positive: float | None
    grounds: tuple[dict[str, Any], ...]
    grounds_back: tuple[dict[str, Any], ...]
    source_probability: float | None
    target_probability: float | None
    source_level: str | None
    target_level: str | None
    contagion: float | None
    exposure: float | None
    expected_loss: float | None
    shared_identifiers: tuple[str, ...]
    links: dict[str, dict[str, int]]
    level: str
    reasons: tuple[dict[str, str], ...]


def relationship_risk(
    state: State,
    source: str,
    target: str,
    purpose: Purpose,
    exposure: float | None = None,
    with_contagion: bool = False,
) -> RelationshipRisk:
    """The risk for `source` in dealing with `target`.

    Raises UnknownParty, UsageError for a pair of one, AccessError for a purpose that discloses only yes or no.
    """
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask for the score, or with another")
    if source == target:
        raise UsageError("a relationship has two ends; name two parties")
    if exposure is not None and not (np.isfinite(exposure) and exposure >= 0):
        raise UsageError(f"an exposure is an amount of 0 or more, not {exposure}")
    snapshot = state.snapshot
    a, b = snapshot.row_of(source), snapshot.row_of(target)
    of_a, of_b = score(state, source, purpose), score(state, target, purpose)
    links = _links_between(snapshot, a, b, purpose)
    may_trust, may_share = "trust" in purpose.categories, "identifier" in purpose.categories
    forth = state.opinions.of(a, b, purpose.categories) if may_trust else UNTOLD
    back = state.opinions.of(b, a, purpose.categories) if may_trust else UNTOLD
    shared = tuple(snapshot.id_of(row) for row in shared_identifiers(snapshot, a, b)) if may_share else ()
    contagion = None
    if with_contagion and of_a.probability is not None:
        contagion = state.scorer(purpose).contagion(a, b, purpose.categories, purpose.cap)
    expected_loss = None if exposure is None or of_b.probability is None else exposure * of_b.probability
    return RelationshipRisk(
        source,
        target,
        forth.trust,
        back.trust,
        forth.positive,
        back.positive,
        _told(forth),
        _told(back),
        of_a.probability,
        of_b.probability,
        of_a.level,
        of_b.level,
        contagion,
        exposure,
        expected_loss,
        shared,
        links,
        _level(of_a.level, of_b.level, forth.trust),
        tuple(_reasons(links, forth.trust, shared, of_b.warnings, contagion)),
        **answered(state, purpose),
    )


def paths_between(
    state: State, source: str, target: str, max_hops: int, limit: int = 3, kinds: Collection[str] | None = None
) -> list[Path]:
    """The first few shortest paths over links of `kinds` (None: all). Raises UnknownParty, UsageError."""
    snapshot = state.snapshot
    return paths(snapshot, snapshot.row_of(source), snapshot.row_of(target), max_hops, limit, kinds)


def _told(opinion: Opinion) -> tuple[dict[str, Any], ...]:
    return tuple(asdict(ground) | {"text": GROUNDS[ground.code]} for ground in opinion.grounds)


def _links_between(snapshot: Snapshot, a: int, b: int, purpose: Purpose) -> dict[str, dict[str, int]]:
    found = {}
    for kind, info in snapshot.kinds.items():
        if info.category in purpose.categories:
            links = snapshot.links(kind)
            out = int(np.count_nonzero(links.out_target[links.out_indptr[a] : links.out_indptr[a + 1]] == b))
            into = int(np.count_nonzero(links.out_target[links.out_indptr[b] : links.out_indptr[b + 1]] == a))
            if out or into:
                found[kind] = {"out": out, "in": into}
    return found


def _level(a: str | None, b: str | None, trusted: float | None) -> str:
    known = [LEVELS.index(level) for level in (a, b) if level in LEVELS]
    if b not in LEVELS:
        return NOT_ASSESSED
    worse = 1 if trusted is not None and trusted < DISTRUST else 0
    return LEVELS[min(max(known) + worse, len(LEVELS) - 1)]


def _reasons(
    links: dict[str, dict[str, int]],
    trusted: float | None,
    shared: tuple[str, ...],
    warnings: tuple[str, ...],
    contagion: float | None,
) -> list[dict[str, str]]:
    found = []
    if "known_default" in warnings or "known_fraud" in warnings:
        found.append({"code": "TARGET_KNOWN_BAD", "text": "the other party has a known bad outcome"})
    if trusted is not None and trusted < DISTRUST:
        found.append({"code": "DISTRUST", "text": f"it is distrusted ({trusted:+.2f})"})
    if contagion is not None and contagion >= CONTAGIOUS:
        found.append({"code": "CONTAGION", "text": f"its default would raise the own probability by {contagion:.3f}"})
    if shared:
        found.append({"code": "SHARED_IDENTIFIER", "text": f"they share {len(shared)} identifiers"})
    for kind, counts in links.items():
        text = f"{counts['out']} links of kind {kind} there, {counts['in']} back"
        found.append({"code": "LINKED", "text": text})
    if not links:
        found.append({"code": "NOT_LINKED", "text": "there is no direct link between them that may count"})
    return found
