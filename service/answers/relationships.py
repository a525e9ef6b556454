"""What is asked of Kith about two parties: relationship risk, paths between them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnn.models.score_scale import LEVELS
from gnn.scoring.scorer import NOT_ASSESSED
from gnn.scoring.trust_scorer import TrustPrediction
from graph.errors import AccessError, UsageError
from graph.explore.links import shared_identifiers
from graph.explore.paths import Path, paths
from graph.purposes import Purpose
from graph.snapshots.snapshot import Snapshot
from service.answers.provenance import Answer, provenance
from service.answers.scores import ScoreAnswer, score
from service.context import ServingContext
from service.wording.pairs import (
    CONTAGION,
    DISTRUST,
    LINKED,
    NOT_LINKED,
    SHARED_IDENTIFIER,
    TARGET_KNOWN_BAD,
    PairEnds,
    PairReason,
    PairReasonAnswer,
    TrustEvidenceAnswer,
    render_pair_reason,
    render_trust_evidence,
)
from service.wording.reasons import INVESTIGATOR, Voice

DISTRUSTED: Final = -0.2  # trust below this is distrust
UNTOLD: Final = TrustPrediction(None, None, ())
CONTAGIOUS: Final = 0.01  # a rise of the PD from which the other's default is worth a reason


@dataclass(frozen=True, slots=True)
class RelationshipRisk(Answer):
    """Of a pair (a, b), seen by a. Trust -1..1, None where nothing is known; contagion None unless asked for.

    trust_positive is the calibrated probability that a would rate b positively, from everything but its own word;
    grounds say what trust rests on (`trust_scorer`). Both directions are told, and none by a purpose that bars trust.
    expected_loss = exposure * PD of b, with nothing recovered. `level` is the worse of the two, one step worse where
    a distrusts b. shared is the number of identifiers that both use; shared_identifiers names them to an investigator.

    Told to the subject, which is b, nothing is said of a alone: no probability, no level, no contagion, and `level` is
    that of b.
    """

    source: str
    target: str
    trust: float | None
    trust_back: float | None
    trust_positive: float | None
    trust_back_positive: float | None
    grounds: tuple[TrustEvidenceAnswer, ...]
    grounds_back: tuple[TrustEvidenceAnswer, ...]
    source_probability: float | None
    target_probability: float | None
    source_level: str | None
    target_level: str | None
    contagion: float | None
    exposure: float | None
    expected_loss: float | None
    shared: int
    shared_identifiers: tuple[str, ...]
    links: dict[str, dict[str, int]]
    level: str
    audience: str
    language: str
    reasons: tuple[PairReasonAnswer, ...]


def relationship_risk(
    state: ServingContext,
    source: str,
    target: str,
    purpose: Purpose,
    exposure: float | None = None,
    with_contagion: bool = False,
    voice: Voice = INVESTIGATOR,
) -> RelationshipRisk:
    """The risk for `source` in dealing with `target`, its reasons told in a voice.

    Raises UnknownParty, UsageError for a pair of one, AccessError for a purpose that discloses only yes or no.
    """
    _check(source, target, purpose, exposure)
    snapshot = state.snapshot
    a, b = snapshot.row_of(source), snapshot.row_of(target)
    found = _found(state, a, b, purpose, with_contagion)
    of_b, ends, to_subject = found.of_b, PairEnds.of(snapshot, a, b), voice.audience == "subject"
    source_level = None if to_subject else found.of_a.level
    return RelationshipRisk(
        source=source,
        target=target,
        trust=found.forth.trust,
        trust_back=found.back.trust,
        trust_positive=found.forth.positive,
        trust_back_positive=found.back.positive,
        grounds=render_trust_evidence(found.forth, ends, voice),
        grounds_back=render_trust_evidence(found.back, ends, voice, back=True),
        source_probability=None if to_subject else found.of_a.probability,
        target_probability=of_b.probability,
        source_level=source_level,
        target_level=of_b.level,
        contagion=None if to_subject else found.contagion,
        exposure=exposure,
        expected_loss=None if exposure is None or of_b.probability is None else exposure * of_b.probability,
        shared=len(found.shared),
        shared_identifiers=found.shared if voice.audience == "investigator" else (),
        links=found.links,
        level=_level(source_level, of_b.level, found.forth.trust),
        audience=voice.audience,
        language=voice.language,
        reasons=tuple(render_pair_reason(reason, ends, voice) for reason in _reasons(snapshot, found)),
        **provenance(state, purpose),
    )


def paths_between(
    state: ServingContext, source: str, target: str, max_hops: int, limit: int = 3, kinds: Collection[str] | None = None
) -> list[Path]:
    """The first few shortest paths over links of `kinds` (None: all). Raises UnknownParty, UsageError."""
    snapshot = state.snapshot
    return paths(snapshot, snapshot.row_of(source), snapshot.row_of(target), max_hops, limit, kinds)


def _check(source: str, target: str, purpose: Purpose, exposure: float | None) -> None:
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask for the score, or with another")
    if source == target:
        raise UsageError("a relationship has two ends; name two parties")
    if exposure is not None and not (np.isfinite(exposure) and exposure >= 0):
        raise UsageError(f"an exposure is an amount of 0 or more, not {exposure}")


@dataclass(frozen=True, slots=True)
class _Found:
    """What is found of a pair, before it is told to anybody."""

    of_a: ScoreAnswer
    of_b: ScoreAnswer
    forth: TrustPrediction
    back: TrustPrediction
    links: dict[str, dict[str, int]]
    shared: tuple[str, ...]
    contagion: float | None


def _found(state: ServingContext, a: int, b: int, purpose: Purpose, with_contagion: bool) -> _Found:
    snapshot, categories = state.snapshot, purpose.categories
    of_a, of_b = (score(state, snapshot.id_of(row), purpose) for row in (a, b))
    may_trust = "trust" in categories
    forth, back = (state.trust_scorer.predict(*ends, categories) if may_trust else UNTOLD for ends in ((a, b), (b, a)))
    shared = shared_identifiers(snapshot, a, b) if "identifier" in categories else ()
    contagion = None
    if with_contagion and of_a.probability is not None:
        contagion = state.scorer(purpose).contagion(a, b, state.terms(purpose))
    links = _links_between(snapshot, a, b, purpose)
    return _Found(of_a, of_b, forth, back, links, tuple(snapshot.id_of(row) for row in shared), contagion)


def _links_between(snapshot: Snapshot, a: int, b: int, purpose: Purpose) -> dict[str, dict[str, int]]:
    found = {}
    for kind in snapshot.kinds_of(purpose.categories):
        links = snapshot.links(kind)
        out, into = len(links.between(a, b)), len(links.between(b, a))
        if out or into:
            found[kind] = {"out": out, "in": into}
    return found


def _level(a: str | None, b: str | None, trusted: float | None) -> str:
    known = [LEVELS.index(level) for level in (a, b) if level in LEVELS]
    if b not in LEVELS:
        return NOT_ASSESSED
    worse = 1 if trusted is not None and trusted < DISTRUSTED else 0
    return LEVELS[min(max(known) + worse, len(LEVELS) - 1)]


def _reasons(snapshot: Snapshot, found: _Found) -> list[PairReason]:
    said = []
    if "known_default" in found.of_b.warnings or "known_fraud" in found.of_b.warnings:
        said.append(PairReason(TARGET_KNOWN_BAD, {}))
    if found.forth.trust is not None and found.forth.trust < DISTRUSTED:
        said.append(PairReason(DISTRUST, {"trust": f"{found.forth.trust:+.2f}"}))
    if found.contagion is not None and found.contagion >= CONTAGIOUS:
        said.append(PairReason(CONTAGION, {"rise": f"{100 * found.contagion:.1f}"}))
    if found.shared:
        said.append(PairReason(SHARED_IDENTIFIER, {"n": str(len(found.shared)), "shared": ", ".join(found.shared)}))
    for kind, counts in found.links.items():
        figures = {"out": str(counts["out"]), "back": str(counts["in"])}
        said.append(PairReason(LINKED, figures, (kind, snapshot.kinds[kind].category)))
    return said if found.links else [*said, PairReason(NOT_LINKED, {})]
