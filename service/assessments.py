"""What is asked of Kith about one party: its record, its score with reasons, its explanation.

`kith score` and the HTTP API both answer with what is made here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from math import log
from typing import Any

from gnn.calibration import CENTRE, POINTS
from gnn.reasons import CODES, Reason
from gnn.scorer import NOT_ASSESSED, Assessment
from graph.errors import AccessError
from graph.purposes import Purpose
from graph.snapshot import Snapshot
from service.state import State


@dataclass(frozen=True, slots=True)
class ReasonAnswer:
    """A reason as told: points on the score's scale, None where the purpose discloses no score."""

    code: str
    points: float | None
    text: str
    evidence: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ScoreAnswer:
    """An answer to "how risky is this party". Without a threshold `approved` is None; with one, that is all there is.

    interval: (low, high) of the probability, None where that is not told. receipt is the SHA-256 of everything else in
    the answer.
    """

    party: str
    score: int | None
    probability: float | None
    interval: tuple[float, float] | None
    level: str | None
    approved: bool | None
    warnings: tuple[str, ...]
    purpose: str
    review: bool
    snapshot: str
    revision: int
    model: str
    policy: str
    as_of: float | None
    receipt: str
    reasons: tuple[ReasonAnswer, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The JSON object of the answer; `reasons` only where they were asked for."""
        value = asdict(self)
        if self.reasons is None:
            del value["reasons"]
        return value


@dataclass(frozen=True, slots=True)
class ExplanationAnswer:
    """How the answer came about: base + sum(contributions) is the log-odds; points say the same in the score's."""

    party: str
    purpose: str
    base: float
    contributions: dict[str, float]
    log_odds: float
    uncapped_log_odds: float
    base_score: float
    points: dict[str, float]
    score: ScoreAnswer
    reasons: tuple[ReasonAnswer, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"score": self.score.to_json()}


@dataclass(frozen=True, slots=True)
class PartyRecord:
    """What is known of a party itself. Protected attributes are told apart, since they never count."""

    party: str
    kind: str
    name: str | None
    implied: bool
    attributes: dict[str, float | str]
    protected_attributes: dict[str, float | str]
    links: dict[str, dict[str, int]]
    snapshot: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def score(state: State, party: str, purpose: Purpose, with_reasons: bool = False) -> ScoreAnswer:
    """Score one party. Raises UnknownParty."""
    row = state.snapshot.row_of(party)
    scorer = state.scorer(purpose)
    assessment = scorer.assess(row, purpose.categories, purpose.cap, state.odds0)
    reasons = None
    if with_reasons:
        told = assessment.level != NOT_ASSESSED
        found = scorer.reasons(row, scorer.explain(row, purpose.categories, purpose.cap)) if told else ()
        reasons = tuple(_told(reason, purpose) for reason in found)
    return _answer(state, party, purpose, assessment, reasons)


def explanation(state: State, party: str, purpose: Purpose) -> ExplanationAnswer:
    """Share the log-odds out over the own record and every category that may count.

    Raises UnknownParty, and AccessError for a purpose that discloses only yes or no.
    """
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask for the score with its reasons")
    row = state.snapshot.row_of(party)
    scorer = state.scorer(purpose)
    found = scorer.explain(row, purpose.categories, purpose.cap)
    base_score = CENTRE - POINTS * (found.base - log(state.odds0))
    return ExplanationAnswer(
        party,
        purpose.name,
        found.base,
        dict(found.contributions),
        found.logit,
        found.uncapped,
        base_score,
        {name: 0.0 - POINTS * value for name, value in found.contributions.items()},
        score(state, party, purpose),
        tuple(_told(reason, purpose) for reason in scorer.reasons(row, found)),
    )


def record(state: State, party: str) -> PartyRecord:
    """What is known of a party. Raises UnknownParty."""
    snapshot = state.snapshot
    row = snapshot.row_of(party)
    attributes = _attributes(snapshot, row)
    links = {}
    for kind in snapshot.kinds:
        of_kind = snapshot.links(kind)
        out = int(of_kind.out_indptr[row + 1] - of_kind.out_indptr[row])
        into = int(of_kind.in_indptr[row + 1] - of_kind.in_indptr[row])
        if out or into:
            links[kind] = {"out": out, "in": into}
    return PartyRecord(
        party,
        snapshot.party_kinds[int(snapshot.party_kind[row])],
        snapshot.name_of(row),
        bool(snapshot.implied[row]),
        {name: value for name, value in attributes.items() if name not in snapshot.protected},
        {name: value for name, value in attributes.items() if name in snapshot.protected},
        links,
        snapshot.id,
    )


def _attributes(snapshot: Snapshot, row: int) -> dict[str, float | str]:
    found: dict[str, float | str] = {}
    for name, values in snapshot.numeric.items():
        if values[row] == values[row]:
            found[name] = float(values[row])
    for name, (codes, words) in snapshot.categorical.items():
        if codes[row] >= 0:
            found[name] = words[int(codes[row])]
    return dict(sorted(found.items()))


def _answer(
    state: State, party: str, purpose: Purpose, assessment: Assessment, reasons: tuple[ReasonAnswer, ...] | None
) -> ScoreAnswer:
    closed = purpose.threshold is not None
    assessed = assessment.score is not None
    approved = None
    if purpose.threshold is not None and assessment.score is not None:
        approved = assessment.score >= purpose.threshold and assessment.level in {"low", "medium"}
    answer = ScoreAnswer(
        party=party,
        score=round(assessment.score) if assessment.score is not None and not closed else None,
        probability=None if closed else assessment.probability,
        interval=None if closed else assessment.interval,
        level=None if closed and assessed else assessment.level,
        approved=approved,
        warnings=assessment.warnings,
        purpose=purpose.name,
        review=purpose.review,
        snapshot=state.snapshot.id,
        revision=state.snapshot.revision,
        model=state.model_id,
        policy=purpose.policy(),
        as_of=state.snapshot.as_of,
        receipt="",
        reasons=reasons,
    )
    said = answer.to_json()
    del said["receipt"]
    receipt = hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    values = {name: getattr(answer, name) for name in ScoreAnswer.__slots__}
    return ScoreAnswer(**(values | {"receipt": receipt}))


def _told(reason: Reason, purpose: Purpose) -> ReasonAnswer:
    evidence = None if reason.evidence is None else asdict(reason.evidence)
    if evidence is not None:
        evidence["strongest"] = [{k: v for k, v in one.items() if k != "row"} for one in evidence["strongest"]]
    if purpose.threshold is not None:
        return ReasonAnswer(reason.code, None, CODES[reason.code], evidence)
    return ReasonAnswer(reason.code, round(reason.points, 2), reason.text, evidence)
