"""Why an alert deserves a look, in sentences."""

from __future__ import annotations

from typing import Final

from service.casework.findings import Finding
from service.wording.alerts import alert_text, part_text
from service.wording.reasons import Language

PARTS_NAMED: Final = 3  # of a moved score


def sentences(finding: Finding, language: Language = "en") -> list[str]:
    """Why a finding deserves a look, in sentences of plain figures."""
    if finding.kind == "score_moved":
        return _moved_sentences(finding, language)
    if finding.kind == "outcome_opened":
        opened = "OUTCOME_OPENED" if finding.figures["date"] else "OUTCOME_OPENED_UNDATED"
        return [alert_text(code, finding.figures, language) for code in (opened, "BESIDE_UNHARMED")]
    return [alert_text(finding.kind.upper(), finding.figures, language)]


def _moved_sentences(finding: Finding, language: Language) -> list[str]:
    before, after = finding.score_before or 0, finding.score_after or 0
    figures = {"before": str(before), "after": str(after), "points": str(abs(after - before))}
    told = [alert_text("SCORE_FELL" if after < before else "SCORE_ROSE", figures, language)]
    largest = sorted(finding.points.items(), key=lambda one: (-abs(one[1]), one[0]))[:PARTS_NAMED]
    for part, points in largest:
        named = {"part": part_text(part, language), "points": f"{abs(points):.0f}"}
        if named["points"] != "0":
            told.append(alert_text("PART_FELL" if points < 0 else "PART_ROSE", named, language))
    return told
