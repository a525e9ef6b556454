"""What a sandbox key is answered: the scores of test parties, which are fixed. No real data is read.

The parties stand in docs/http-api.md. Whatever the installation's model and snapshot, their answers are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gnn.models.score_scale import ODDS0, level, to_score
from gnn.scoring.scorer import NOT_ASSESSED, Assessment
from service.answers.scores import UNKNOWN, ScoreAnswer, ScoreQuestion, disclosed, score_answer
from service.engine import engine

SANDBOX: Final = "sandbox"  # instead of the id of a snapshot and of a model
HORIZON: Final = 90  # days
# The probability of a bad outcome of each test party, None where too little is known.
PARTIES: Final[Mapping[str, float | None]] = {
    "test-low": 0.01,
    "test-medium": 0.06,
    "test-high": 0.2,
    "test-very-high": 0.6,
    "test-not-assessed": None,
}


def sandbox_score(party: str, question: ScoreQuestion) -> ScoreAnswer:
    """The score of a test party, without a single reason; any other party is unknown."""
    purpose = question.purpose
    found = disclosed(_assessment(PARTIES[party]), purpose, question.threshold) if party in PARTIES else UNKNOWN
    said = {
        "purpose": purpose.name,
        "policy": purpose.policy(),
        "snapshot": SANDBOX,
        "revision": 0,
        "model": SANDBOX,
        "odds0": ODDS0,
        "late_from": None,
        "base_rate": None,
        "engine": engine(),
        "as_of": None,
        "horizon_days": HORIZON,
    }
    return score_answer(party, found, (), question, said)


def _assessment(probability: float | None) -> Assessment:
    if probability is None:
        return Assessment(0, None, None, NOT_ASSESSED)
    score = float(to_score(probability))
    return Assessment(0, probability, score, level(score), interval=(probability / 2, min(1.0, 1.5 * probability)))
