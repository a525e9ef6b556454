"""The model card of a report: what the model is, its data, its intended uses, its barred uses and its limits.

Whatever can be counted comes from the run.

Source: Mitchell et al. 2019, "Model Cards for Model Reporting".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from gnn.models.model import Model
from graph.purposes import PURPOSES
from service.evaluation.risk import Evaluation
from service.evaluation.sentences import bad_outcome, base_rate_is_of, text

Rows = list[tuple[str, str]]

BARRED_USES: Final = (
    "Any purpose that is not in the list above, such as hiring, housing, schooling, insurance, policing or ranking "
    "people in public.",
    "A decision about a person in which nobody can look at the reasons, hear the person and overturn it.",
    "Protected attributes as features, and thresholds that differ by group.",
    "Parties that it cannot assess: `not_assessed` is an answer, not a bad score.",
    "Another network than the one it was tested on, before it is tested there.",
)
BASE_LEARNERS: Final = {
    "trees": "boosted trees",
    "network": "the gated network",
    "positions": "boosted trees that also read positions",
    "self": "boosted trees over the own record alone",
}


def identity(evaluation: Evaluation) -> Rows:
    """What the model is, and how it was trained and tested."""
    report, first = evaluation.report, evaluation.report.predictions[0]
    model = first.model
    learners = ", ".join(
        f"{BASE_LEARNERS[name]} {share:.0%}" for name, share in model.ensemble_weights.items() if share
    )
    return [
        ("Model", f"Kith: {learners}; {model.spec.width:,} features"),
        ("Target", f"a bad outcome of a party: {bad_outcome(evaluation.late_from)}; {_late(evaluation.late_from)}"),
        ("Horizon", _horizon(model)),
        ("Base rate", _base_rate(evaluation)),
        ("Categories", ", ".join(model.spec.categories) or "none: no relationships"),
        ("Calibration", f"{first.calibration.family}, chosen by cross-validated log-loss on held-out parties"),
        ("Interval", "distribution-free, 90 %: exact bounds of the bad rate around each score, from held-out parties"),
        ("Seed", str(evaluation.lineage.seed)),
        ("Split", ", ".join(report.splits)),
        ("Train, test", f"{report.n_train:,} and {report.n_test:,} parties"),
    ]


def _horizon(model: Model) -> str:
    if model.horizon_days is None:
        return "none: trained on one snapshot, so nothing says by when a bad outcome opens"
    return f"{model.horizon_days} days from the time of what is known, observed at {len(model.observed_at)} times"


def _late(late_from: int | None) -> str:
    if late_from is None:
        return "late payment alone is not one"
    return "less late is good, and late by nobody knows how many days is left out"


def _base_rate(evaluation: Evaluation) -> str:
    correction = evaluation.report.base_rate
    if correction is None:
        return "that of the sample: probabilities hold where as many are bad"
    return base_rate_is_of(asdict(correction))


def data(evaluation: Evaluation) -> Rows:
    """The data set and its lineage."""
    lineage = evaluation.lineage
    limit = lineage.max_train_labels
    limited = f"; trained on at most {limit:,}" if limit else ""
    return [
        ("Data set", evaluation.report.dataset),
        ("Rows", f"{lineage.rows:,} read, {lineage.rejected:,} rejected"),
        ("Parties", _counts(lineage.parties)),
        ("Relationships", _counts(lineage.relationships) or "none"),
        ("Outcomes", f"{lineage.outcomes:,} parties with a known outcome{limited}"),
        ("Protected", f"{', '.join(lineage.protected)}: no feature reads them" if lineage.protected else "no column"),
        ("Snapshot", lineage.snapshot),
        *((f"File {file.name}", f"{file.bytes:,} bytes, SHA-256 {file.sha256}") for file in lineage.files),
    ]


def intended_uses() -> list[str]:
    """One sentence for each purpose that an answer can be asked for."""
    uses = []
    for purpose in PURPOSES.values():
        review = ", with a person who reviews" if purpose.review else ""
        cap = f", the share of other parties capped at {purpose.cap:g} log-odds" if purpose.cap is not None else ""
        name = purpose.name.replace("_", " ")
        uses.append(f"{name[0].upper()}{name[1:]}: from {', '.join(sorted(purpose.categories))}{cap}{review}.")
    return uses


def limits(evaluation: Evaluation) -> list[str]:
    """What the figures do not show."""
    found = [
        "Tested on one data set: elsewhere, or later, the figures differ.",
        "Correlation is not causation: a score says what became of parties like this one, not why.",
        "Outcomes that nobody recorded count as unknown, and parties that were refused before have none.",
    ]
    if evaluation.no_temporal_split is not None:
        found.append(text(evaluation.no_temporal_split))
    if evaluation.fairness is None:
        found.append("Groups were not compared; ask with --protected COLUMN.")
    return found


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts.items())
