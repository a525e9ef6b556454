"""The risk for one party in dealing with another: trust, both probabilities, contagion, what ties them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import numpy as np
from pydantic import Field

from gnn.models.score_scale import LEVELS
from gnn.scoring.fact_codes import KNOWN_BAD, warning
from gnn.scoring.scorer import NOT_ASSESSED
from gnn.scoring.trust_scorer import TrustPrediction
from graph.cancellation import check_cancelled
from graph.errors import AccessError, UsageError
from graph.explore.links import carried_through, shared_identifiers
from graph.purposes import Purpose
from graph.snapshots.snapshot import Snapshot
from service.answers.parties import CheckedHolding, LinkCounts, checked_holdings
from service.answers.provenance import Provenance, provenance
from service.answers.scores import Disclosed, ToldStatement, scores_of_rows
from service.closed import Closed
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
from service.wording.reasons import INVESTIGATOR, Audience, Language, Voice

DISTRUSTED: Final = -0.2  # trust below this is distrust
CONTAGIOUS: Final = 0.01  # a rise of the probability from which the other's default is worth a reason
BARRED: Final = TrustPrediction(None, None, ())  # trust, for a purpose that may not use it
Trust = Annotated[float, Field(ge=-1, le=1)]
Probability = Annotated[float, Field(ge=0, le=1)]


class RelationshipRisk(Provenance):
    """Of a pair (a, b), as it is for a. Trust -1..1, None where nothing is known; contagion None unless asked for.

    trust_positive is the calibrated probability that a would rate b positively, from everything but its own ratings;
    trust_evidence says what trust rests on. `_back` is trust of b in a. All of it is None or empty for a purpose that
    bars trust. expected_loss = exposure * (1 - recovery) * probability of b, where that probability counts as 1 if b
    has an open default or a fraud. `level` is the worse of the two, one step worse where a distrusts b. `links` count
    those from a to b (out) and from b to a (in). `shared` is the number of identifiers that both use;
    shared_identifiers names them to an investigator.

    To the subject, which is b, nothing is disclosed of a alone: no probability, no level, no contagion, and `level` is
    that of b. statements: of those of the two whose probability is told, about their facts that it rests on.
    """

    source: str
    target: str
    trust: Trust | None
    trust_back: Trust | None
    trust_positive: Probability | None
    trust_back_positive: Probability | None
    trust_evidence: tuple[TrustEvidenceAnswer, ...]
    trust_evidence_back: tuple[TrustEvidenceAnswer, ...]
    source_probability: Probability | None
    target_probability: Probability | None
    source_level: str | None
    target_level: str | None
    contagion: float | None
    exposure: float | None
    expected_loss: float | None
    shared: int = Field(ge=0, description="How many identifiers both use.")
    shared_identifiers: tuple[str, ...] = Field(description="Which; disclosed to investigators alone.")
    via: tuple[str, ...] = Field(
        description="Accounts and phones through which links between the two are carried; to investigators alone."
    )
    holdings: tuple[CheckedHolding, ...] = Field(
        description="Which of them were checked to be held by whom, and how; to investigators alone."
    )
    links: dict[str, LinkCounts]
    level: str
    audience: Audience
    language: Language
    reasons: tuple[PairReasonAnswer, ...]
    statements: tuple[ToldStatement, ...] = ()


@dataclass(frozen=True, slots=True)
class PairQuestion:
    """Whose dealing with whom is asked about. recovery: the share 0..1 of the exposure that a default leaves."""

    source: str
    target: str
    exposure: float | None = None
    recovery: float = 0.0


class PairResult(Closed):
    """The answer about one of several pairs: its risk, or the problem for which it has none."""

    source: str
    target: str
    risk: RelationshipRisk | None
    problem: str | None


class RelationshipRiskBatch(Closed):
    """The answers about several pairs, in the order in which they were asked about."""

    pairs: tuple[PairResult, ...]


def relationship_risk(
    context: ServingContext,
    source: str,
    target: str,
    purpose: Purpose,
    exposure: float | None = None,
    with_contagion: bool = False,
    voice: Voice = INVESTIGATOR,
    recovery: float = 0.0,
) -> RelationshipRisk:
    """The risk for `source` in dealing with `target`, its reasons in words.

    recovery: the share 0..1 of the exposure that comes back after a default.

    Raises UnknownParty, UsageError for a pair of one, AccessError for a purpose that discloses only yes or no.
    """
    pair = PairQuestion(source, target, exposure, recovery)
    _check(purpose, pair)
    return _risks(context, [(pair, _rows(context.snapshot, pair))], purpose, with_contagion, voice)[0]


def relationship_risks(
    context: ServingContext,
    pairs: Sequence[PairQuestion],
    purpose: Purpose,
    with_contagion: bool = False,
    voice: Voice = INVESTIGATOR,
) -> RelationshipRiskBatch:
    """The risks of several pairs: each as it is asked for alone, with all their parties scored together.

    A pair that cannot be answered, such as one of an unknown party, says why, and the others are answered.

    Raises UsageError for a wrong exposure or recovery, AccessError for a purpose that discloses only yes or no.
    """
    problems: list[str | None] = []
    answerable: list[tuple[PairQuestion, tuple[int, int]]] = []
    for pair in pairs:
        _check(purpose, pair)
        try:
            answerable.append((pair, _rows(context.snapshot, pair)))
            problems.append(None)
        except UsageError as error:
            problems.append(str(error))
    risks = iter(_risks(context, answerable, purpose, with_contagion, voice))
    return RelationshipRiskBatch(
        pairs=tuple(
            PairResult(
                source=pair.source, target=pair.target, risk=next(risks) if problem is None else None, problem=problem
            )
            for pair, problem in zip(pairs, problems, strict=True)
        )
    )


def _rows(snapshot: Snapshot, pair: PairQuestion) -> tuple[int, int]:
    a, b = snapshot.row_of(pair.source), snapshot.row_of(pair.target)
    if a == b:
        raise UsageError("a relationship has two ends; name two parties")
    return a, b


def _risks(
    context: ServingContext,
    pairs: Sequence[tuple[PairQuestion, tuple[int, int]]],
    purpose: Purpose,
    with_contagion: bool,
    voice: Voice,
) -> list[RelationshipRisk]:
    rows = sorted({row for _, ends in pairs for row in ends})
    of = dict(zip(rows, scores_of_rows(context, rows, purpose), strict=True))
    said = provenance(context, purpose)
    risks = []
    for asked, ends in pairs:
        check_cancelled()
        risks.append(_risk(context, asked, ends, _pair(context, ends, of, purpose, with_contagion), voice, said))
    return risks


def _risk(
    context: ServingContext,
    asked: PairQuestion,
    ends: tuple[int, int],
    pair: _Pair,
    voice: Voice,
    said: Mapping[str, Any],
) -> RelationshipRisk:
    snapshot, of_b, to_subject = context.snapshot, pair.of_b, voice.audience == "subject"
    named = PairEnds.of(snapshot, *ends)
    source_level = None if to_subject else pair.of_a.level
    return RelationshipRisk(
        source=asked.source,
        target=asked.target,
        trust=pair.trust.trust,
        trust_back=pair.trust_back.trust,
        trust_positive=pair.trust.positive,
        trust_back_positive=pair.trust_back.positive,
        trust_evidence=render_trust_evidence(pair.trust, named, voice),
        trust_evidence_back=render_trust_evidence(pair.trust_back, named, voice, back=True),
        source_probability=None if to_subject else pair.of_a.probability,
        target_probability=of_b.probability,
        source_level=source_level,
        target_level=of_b.level,
        contagion=None if to_subject else pair.contagion,
        exposure=asked.exposure,
        expected_loss=_expected_loss(asked.exposure, of_b, asked.recovery),
        shared=len(pair.shared),
        shared_identifiers=pair.shared if voice.audience == "investigator" else (),
        via=pair.via if voice.audience == "investigator" else (),
        holdings=pair.holdings if voice.audience == "investigator" else (),
        links=pair.links,
        level=_level(source_level, of_b.level, pair.trust.trust),
        audience=voice.audience,
        language=voice.language,
        reasons=tuple(render_pair_reason(reason, named, voice) for reason in _reasons(snapshot, pair)),
        **said,
    )


def _check(purpose: Purpose, pair: PairQuestion) -> None:
    exposure, recovery = pair.exposure, pair.recovery
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask for the score, or with another")
    if exposure is not None and not (np.isfinite(exposure) and exposure >= 0):
        raise UsageError(f"an exposure is an amount of 0 or more, not {exposure}")
    if not 0 <= recovery <= 1:
        raise UsageError(f"a recovery is a share of the exposure from 0 to 1, not {recovery}")


def _expected_loss(exposure: float | None, of_b: Disclosed, recovery: float) -> float | None:
    """What is expected to be lost on b: a known bad outcome has happened, whatever was predicted."""
    if exposure is None or of_b.probability is None:
        return None
    return exposure * (1 - recovery) * (1.0 if _is_known_bad(of_b) else of_b.probability)


def _is_known_bad(of: Disclosed) -> bool:
    return any(warning(code) in of.warnings for code in KNOWN_BAD)


@dataclass(frozen=True, slots=True)
class _Pair:
    """What is known of a pair, before an audience is chosen."""

    of_a: Disclosed
    of_b: Disclosed
    trust: TrustPrediction
    trust_back: TrustPrediction
    links: dict[str, LinkCounts]
    shared: tuple[str, ...]
    via: tuple[str, ...]
    holdings: tuple[CheckedHolding, ...]
    contagion: float | None


def _pair(
    context: ServingContext,
    rows: tuple[int, int],
    of: Mapping[int, Disclosed],
    purpose: Purpose,
    with_contagion: bool,
) -> _Pair:
    (a, b), snapshot, categories = rows, context.snapshot, purpose.categories
    of_a, of_b = of[a], of[b]
    may_trust = "trust" in categories
    trust, back = (
        context.trust_scorer.predict(*ends, categories) if may_trust else BARRED for ends in ((a, b), (b, a))
    )
    shared = shared_identifiers(snapshot, a, b) if "identifier" in categories else ()
    contagion = None
    if with_contagion and of_a.probability is not None:
        contagion = context.scorer(purpose).contagion(a, b, context.terms(purpose))
    links = _links_between(snapshot, a, b, purpose)
    via = carried_through(snapshot, a, b, links)
    named, carriers = (tuple(snapshot.id_of(row) for row in rows) for rows in (shared, via))
    checked = tuple(one for row in (a, b) for one in checked_holdings(snapshot, row, via))
    return _Pair(of_a, of_b, trust, back, links, named, carriers, checked, contagion)


def _links_between(snapshot: Snapshot, a: int, b: int, purpose: Purpose) -> dict[str, LinkCounts]:
    counts = {}
    for kind in snapshot.kinds_of(purpose.categories):
        links = snapshot.links(kind)
        out, into = len(links.between(a, b)), len(links.between(b, a))
        if out or into:
            counts[kind] = LinkCounts(out=out, in_=into)
    return counts


def _level(a: str | None, b: str | None, trust: float | None) -> str:
    known = [LEVELS.index(level) for level in (a, b) if level in LEVELS]
    if b not in LEVELS:
        return NOT_ASSESSED
    worse = 1 if trust is not None and trust < DISTRUSTED else 0
    return LEVELS[min(max(known) + worse, len(LEVELS) - 1)]


def _reasons(snapshot: Snapshot, pair: _Pair) -> list[PairReason]:
    reasons = []
    if _is_known_bad(pair.of_b):
        reasons.append(PairReason(TARGET_KNOWN_BAD, {}))
    if pair.trust.trust is not None and pair.trust.trust < DISTRUSTED:
        reasons.append(PairReason(DISTRUST, {"trust": f"{pair.trust.trust:+.2f}"}))
    if pair.contagion is not None and pair.contagion >= CONTAGIOUS:
        reasons.append(PairReason(CONTAGION, {"rise": f"{100 * pair.contagion:.1f}"}))
    if pair.shared:
        reasons.append(PairReason(SHARED_IDENTIFIER, {"n": str(len(pair.shared)), "shared": ", ".join(pair.shared)}))
    for kind, counts in pair.links.items():
        figures = {"out": str(counts.out), "back": str(counts.in_)}
        reasons.append(PairReason(LINKED, figures, (kind, snapshot.kinds[kind].category)))
    return reasons if pair.links else [*reasons, PairReason(NOT_LINKED, {})]
