"""Why a score is what it is, as told: exact shares, reasons, what single relationships do, and what would change it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import log
from typing import Any

from gnn.explain.counterfactuals import counterfactuals
from gnn.explain.link_removal import removals
from gnn.models.score_scale import CENTRE, POINTS_PER_LOG_ODDS
from gnn.scoring.scorer import NOT_ASSESSED
from graph.errors import AccessError
from graph.purposes import Purpose
from service.answers.scores import ScoreAnswer, reasons_of, score
from service.context import ServingContext
from service.wording.effects import (
    NOTHING_REMOVED,
    CounterfactualAnswer,
    RemovalsAnswer,
    render_counterfactual,
    render_removals,
)
from service.wording.reasons import INVESTIGATOR, ReasonAnswer, Voice


@dataclass(frozen=True, slots=True)
class ExplanationAnswer:
    """How the answer came about: base + sum(contributions) is the log-odds; points say the same in the score's.

    `capped_points` are the points by which a cap on others' share moved the answer, 0 where it did not. Of a party that
    is not assessed there is nothing to explain: figures are None and lists are empty.
    """

    party: str
    purpose: str
    audience: str
    language: str
    score: ScoreAnswer
    base: float | None = None
    contributions: dict[str, float] = field(default_factory=dict)
    log_odds: float | None = None
    uncapped_log_odds: float | None = None
    base_score: float | None = None
    points: dict[str, float] = field(default_factory=dict)
    capped_points: float = 0.0
    reasons: tuple[ReasonAnswer, ...] = ()
    removals: RemovalsAnswer = NOTHING_REMOVED
    counterfactuals: tuple[CounterfactualAnswer, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"score": self.score.to_json()}


def explanation(state: ServingContext, party: str, purpose: Purpose, voice: Voice = INVESTIGATOR) -> ExplanationAnswer:
    """Share the log-odds out over the own record and every category that may count.

    Raises UnknownParty, and AccessError for a purpose that discloses only yes or no.
    """
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask for the score with its reasons")
    said = score(state, party, purpose)
    if said.level == NOT_ASSESSED:
        return ExplanationAnswer(party, purpose.name, voice.audience, voice.language, said)
    row = state.snapshot.row_of(party)
    explainer, terms = state.explainer(purpose), state.terms(purpose)
    found = explainer.attribution(row, terms)
    removed = removals(explainer.scorer, row, found, terms)
    better = counterfactuals(explainer.scorer, row, found, terms)
    effects = {one.other: one.points for one in removed.parties}
    return ExplanationAnswer(
        party,
        purpose.name,
        voice.audience,
        voice.language,
        said,
        found.base,
        dict(found.contributions),
        found.logit,
        found.uncapped,
        CENTRE - POINTS_PER_LOG_ODDS * (found.base - log(state.odds0)),
        {name: 0.0 - POINTS_PER_LOG_ODDS * value for name, value in found.contributions.items()},
        0.0 - POINTS_PER_LOG_ODDS * (found.logit - found.uncapped),
        reasons_of(state, row, purpose, found, voice, effects),
        render_removals(removed, state.snapshot, voice),
        tuple(render_counterfactual(one, row, state.snapshot, voice) for one in better),
    )
