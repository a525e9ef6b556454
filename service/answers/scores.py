"""What is asked of Kith about one party: its record, and its score with reasons.

`kith score` and the HTTP API both answer with what is made here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from gnn.explain.reason_codes import NO_EFFECTS
from gnn.explain.shapley import Attribution
from gnn.scoring.scorer import NOT_ASSESSED, Assessment
from graph.purposes import Purpose
from graph.snapshots.snapshot import Snapshot
from service.answers.provenance import Answer, provenance
from service.context import ServingContext
from service.wording.reasons import INVESTIGATOR, ReasonAnswer, Voice, render_reason


@dataclass(frozen=True, slots=True)
class ScoreAnswer(Answer):
    """An answer to "how risky is this party". Without a threshold `approved` is None; with one, that is all there is.

    interval: (low, high) of the probability, None where that is not told. receipt is the SHA-256 of everything else in
    the answer. reasons, and the audience and the language that they are told in, are there where they were asked for.
    """

    party: str
    score: int | None
    probability: float | None
    interval: tuple[float, float] | None
    level: str | None
    approved: bool | None
    warnings: tuple[str, ...]
    review: bool
    receipt: str
    audience: str | None = None
    language: str | None = None
    reasons: tuple[ReasonAnswer, ...] | None = None


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


def score(
    state: ServingContext, party: str, purpose: Purpose, with_reasons: bool = False, voice: Voice = INVESTIGATOR
) -> ScoreAnswer:
    """Score one party. Raises UnknownParty."""
    row = state.snapshot.row_of(party)
    assessment = state.scorer(purpose).assess(row, state.terms(purpose))
    answer = _answer(state, party, purpose, assessment)
    if with_reasons:
        assessed = assessment.level != NOT_ASSESSED
        attribution = state.explainer(purpose).attribution(row, state.terms(purpose))
        found = reasons_of(state, row, purpose, attribution, voice)
        answer = replace(answer, audience=voice.audience, language=voice.language, reasons=found if assessed else ())
    return replace(answer, receipt=_receipt(answer))


def reasons_of(
    state: ServingContext,
    row: int,
    purpose: Purpose,
    attribution: Attribution,
    voice: Voice,
    effects: Mapping[int, float] = NO_EFFECTS,
) -> tuple[ReasonAnswer, ...]:
    """The reasons of an explanation, told in a voice; a purpose that says only yes or no discloses no points.

    effects: points that a party's removal was found to move, by row; evidence names those first that move most.
    """
    found = state.explainer(purpose).reasons(row, attribution, state.terms(purpose), effects)
    return tuple(render_reason(reason, voice, disclose=purpose.threshold is None) for reason in found)


def record(state: ServingContext, party: str) -> PartyRecord:
    """What is known of a party. Raises UnknownParty."""
    snapshot = state.snapshot
    row = snapshot.row_of(party)
    attributes = _attributes(snapshot, row)
    links = {}
    for kind in snapshot.kinds:
        out, into = len(snapshot.links(kind).out(row).party), len(snapshot.links(kind).into(row).party)
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


def _answer(state: ServingContext, party: str, purpose: Purpose, assessment: Assessment) -> ScoreAnswer:
    closed = purpose.threshold is not None
    assessed = assessment.score is not None
    approved = None
    if purpose.threshold is not None and assessment.score is not None:
        approved = assessment.score >= purpose.threshold and assessment.level in {"low", "medium"}
    return ScoreAnswer(
        party=party,
        score=round(assessment.score) if assessment.score is not None and not closed else None,
        probability=None if closed else assessment.probability,
        interval=None if closed else assessment.interval,
        level=None if closed and assessed else assessment.level,
        approved=approved,
        warnings=assessment.warnings,
        review=purpose.review,
        receipt="",
        **provenance(state, purpose),
    )


def _receipt(answer: ScoreAnswer) -> str:
    said = answer.to_json()
    del said["receipt"]
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
