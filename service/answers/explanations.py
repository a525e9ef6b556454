"""Why a score is what it is: exact shares, reasons, what single relationships do, and what would change it."""

from __future__ import annotations

from math import log

from pydantic import Field

from gnn.explain.counterfactuals import CURE_DEFAULT, Counterfactual, change_code, counterfactuals
from gnn.explain.explainer import Explainer
from gnn.explain.feature_effects import feature_effects
from gnn.explain.link_removal import removals, strongest
from gnn.features.families import BY_NAME
from gnn.models.score_scale import CENTRE, POINTS_PER_LOG_ODDS
from gnn.scoring.scorer import NOT_ASSESSED
from gnn.scoring.terms import Terms
from graph.cancellation import check_cancelled
from graph.errors import AccessError
from graph.purposes import Purpose
from service.answers.rings import rings_with
from service.answers.scores import ScoreAnswer, reasons_of, score, told_contributors
from service.closed import Closed
from service.context import ServingContext
from service.wording.effects import (
    NOTHING_REMOVED,
    CounterfactualAnswer,
    RemovalsAnswer,
    render_counterfactual,
    render_removals,
)
from service.wording.reasons import INVESTIGATOR, Audience, Language, ReasonAnswer, Voice
from service.wording.rings import RingAnswer, render_ring


class FeatureEffectAnswer(Closed):
    """The features of one family in one category (or `own`): points that go when they are left out, one by one."""

    category: str
    family: str
    text: str
    columns: int
    points: float


class ExplanationAnswer(Closed):
    """How a score came about: base + sum(contributions) is the log-odds; points say the same on the score's scale.

    `capped_points` are the points by which a cap on others' share moved the answer, 0 where it did not. Of a party that
    is not assessed there is nothing to explain: figures are None and lists are empty. `changes_left_out` counts changes
    that were not tried as counterfactuals, since with so many links they would read too much.
    `rings` are those that the party is in, told to investigators alone and where every category may count; they are no
    part of the score. `contributors` are as in `ScoreAnswer`.
    """

    party: str
    purpose: str
    audience: Audience
    language: Language
    score: ScoreAnswer
    base: float | None = None
    contributions: dict[str, float] = Field(default_factory=dict)
    log_odds: float | None = None
    uncapped_log_odds: float | None = None
    base_score: float | None = None
    points: dict[str, float] = Field(default_factory=dict)
    capped_points: float = 0.0
    reasons: tuple[ReasonAnswer, ...] = ()
    contributors: tuple[str, ...] | None = None
    removals: RemovalsAnswer = NOTHING_REMOVED
    counterfactuals: tuple[CounterfactualAnswer, ...] = ()
    changes_left_out: int = 0
    features: tuple[FeatureEffectAnswer, ...] | None = None
    rings: tuple[RingAnswer, ...] = ()


def explanation(
    context: ServingContext,
    party: str,
    purpose: Purpose,
    voice: Voice = INVESTIGATOR,
    with_features: bool = False,
) -> ExplanationAnswer:
    """The explanation of a score: its log-odds shared out over the own record and every category that may count.

    Raises UnknownParty, and AccessError for a purpose that discloses only yes or no.
    """
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask for the score with its reasons")
    row = context.snapshot.row_of(party)
    answer = score(context, party, purpose)
    if answer.level == NOT_ASSESSED:
        return ExplanationAnswer(
            party=party,
            purpose=purpose.name,
            audience=voice.audience,
            language=voice.language,
            score=answer,
            rings=_rings(context, party, purpose, voice),
        )
    explainer, terms = context.explainer(purpose), context.terms(purpose)
    shares = explainer.attribution(row, terms)
    near = strongest(explainer.scorer, row, shares)
    check_cancelled()
    removed = removals(explainer.scorer, row, shares, terms, near)
    check_cancelled()
    better = counterfactuals(explainer.scorer, row, shares, terms, near)
    check_cancelled()
    effects = {effect.other: effect.points for effect in removed.parties}
    return ExplanationAnswer(
        party=party,
        purpose=purpose.name,
        audience=voice.audience,
        language=voice.language,
        score=answer,
        base=shares.base,
        contributions=dict(shares.contributions),
        log_odds=shares.logit,
        uncapped_log_odds=shares.uncapped,
        base_score=CENTRE - POINTS_PER_LOG_ODDS * (shares.base - log(context.odds0)),
        points={name: 0.0 - POINTS_PER_LOG_ODDS * value for name, value in shares.contributions.items()},
        capped_points=0.0 - POINTS_PER_LOG_ODDS * (shares.logit - shares.uncapped),
        reasons=reasons_of(context, row, purpose, shares, voice, effects),
        contributors=told_contributors(context, row, voice),
        removals=render_removals(removed, context.snapshot, voice),
        counterfactuals=tuple(
            render_counterfactual(one, row, context.snapshot, voice)
            for one in better.found
            if voice.audience == INVESTIGATOR.audience or not _tells_of_another(one, row)
        ),
        changes_left_out=better.left_out,
        features=_features(explainer, row, terms) if with_features else None,
        rings=_rings(context, party, purpose, voice),
    )


def _tells_of_another(counterfactual: Counterfactual, row: int) -> bool:
    """Whether it says that somebody the party is linked to is in default."""
    return any(change_code(change, row) == CURE_DEFAULT for change in counterfactual.changes)


def _rings(context: ServingContext, party: str, purpose: Purpose, voice: Voice) -> tuple[RingAnswer, ...]:
    """The rings of the party.

    A ring names others, so only an investigator is told; it reads every category, so only where none is barred.
    """
    if voice.audience != INVESTIGATOR.audience or not purpose.categories.issuperset(context.snapshot.categories):
        return ()
    return tuple(render_ring(ring, context.snapshot, voice.language) for ring in rings_with(context, party))


def _features(explainer: Explainer, row: int, terms: Terms) -> tuple[FeatureEffectAnswer, ...]:
    return tuple(
        FeatureEffectAnswer(
            category=effect.category,
            family=effect.family,
            text=BY_NAME[effect.family].text,
            columns=effect.columns,
            points=effect.points,
        )
        for effect in feature_effects(explainer, row, terms)
    )
