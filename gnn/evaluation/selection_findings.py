"""Findings about who has an outcome: only some kinds, only where something is present, or a sample drawn by outcome.

Whoever has no outcome is answered about all the same, by what became of others.
"""

from __future__ import annotations

from typing import Any, Final

from gnn.evaluation.findings import Code, Finding
from gnn.models.support import Stratum, TrainingSupport

MIN_OF_SAMPLE: Final = 50  # outcomes, from which a sample may look drawn
ALIKE: Final = 0.01  # share of the outcomes by which good and bad may differ and still look balanced
ROUND: Final = 100


def selection_findings(
    support: TrainingSupport, good: int, bad: int, population_rate: float | None = None
) -> tuple[Finding, ...]:
    """What the outcomes show of how they were selected; good and bad are the numbers of all parties with one.

    population_rate: to which probabilities are corrected; it does not matter then whether the sample was drawn.
    """
    drawn = drawn_by_outcome(good, bad) if population_rate is None else []
    return (*kinds_without_outcomes(support), *strata_findings(support), *drawn)


def kinds_without_outcomes(support: TrainingSupport) -> list[Finding]:
    """The kinds of parties of which none has an outcome."""
    known = [name for name, kind in sorted(support.kinds.items()) if kind.good + kind.bad]
    others = {name: kind.others for name, kind in sorted(support.kinds.items()) if kind.others}
    without = {name: parties for name, parties in others.items() if name not in known}
    if not without:
        return []
    return [Finding(Code.OUTCOMES_OF_SOME_KINDS, {"kinds": known, "without": without})]


def strata_findings(support: TrainingSupport) -> list[Finding]:
    """What parties must have, or lack, to have an outcome, or one of either side."""
    found = []
    for code, is_empty in ((Code.OUTCOMES_ELSEWHERE, True), (Code.OUTCOMES_ONE_SIDED, False)):
        strata = [_described(stratum) for stratum in support.strata if stratum.is_empty == is_empty]
        if strata:
            found.append(Finding(code, {"strata": strata}))
    return found


def _described(stratum: Stratum) -> dict[str, Any]:
    presence = stratum.presence
    described = {"what": presence.what, "name": presence.name, "side": presence.side, "present": stratum.present}
    return described | {"good": stratum.good, "bad": stratum.bad, "others": stratum.others}


def drawn_by_outcome(good: int, bad: int) -> list[Finding]:
    """Whether the sample looks drawn by outcome, so that its bad rate is nobody's."""
    return [Finding(Code.OUTCOMES_DRAWN, {"good": good, "bad": bad})] if looks_drawn(good, bad) else []


def looks_drawn(good: int, bad: int) -> bool:
    """Whether there are as many bad as good outcomes, or round numbers of both.

    >>> looks_drawn(500, 500), looks_drawn(700, 300), looks_drawn(713, 287)
    (True, True, False)
    """
    both, all_known = min(good, bad), good + bad
    if not both or all_known < MIN_OF_SAMPLE:
        return False
    return abs(good - bad) <= ALIKE * all_known or (good % ROUND == 0 and bad % ROUND == 0)
