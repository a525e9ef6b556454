"""The terms of a question: what may count in its answer, and the scale of the score."""

from __future__ import annotations

from dataclasses import dataclass

from gnn.models.score_scale import ODDS0


@dataclass(frozen=True, slots=True)
class Terms:
    """What an answer may use.

    categories: relationship categories that may count. cap: bound of others' share in log-odds, None for none.
    odds0: odds of a bad outcome at which the score is 650.
    """

    categories: frozenset[str]
    cap: float | None = None
    odds0: float = ODDS0
