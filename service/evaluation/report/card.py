"""The model card of a report: what the model is, what it was made of, what it is for, and what it is not for.

After Mitchell et al. 2019, "Model cards for model reporting". Everything that can be counted comes from the run.
"""

from __future__ import annotations

from graph.purposes import PURPOSES
from service.evaluation.risk import Evaluation

Rows = list[tuple[str, str]]

BARRED = (
    "Any purpose that is not in the list above, such as hiring, housing, schooling, insurance, policing or ranking "
    "people in public.",
    "A decision about a person in which nobody can look at the reasons, hear the person and overturn it.",
    "Protected attributes as features, and groups told apart by threshold.",
    "Parties that it says it cannot assess: `not_assessed` is an answer, not a bad score.",
    "Another network than the one it was judged on, before it is judged there.",
)


HEADS = {"trees": "boosted trees", "network": "the gated network", "self": "boosted trees over the own record alone"}


def identity(told: Evaluation) -> Rows:
    """What the model is."""
    first = told.report.judged[0]
    model = first.model
    heads = ", ".join(f"{HEADS[head]} {share:.0%}" for head, share in model.ensemble_weights.items() if share)
    return [
        ("Model", f"Kith: {heads}; {model.spec.width:,} features"),
        ("Target", "a bad outcome (default or fraud) of a party; late payment alone is not one"),
        ("Categories", ", ".join(model.spec.categories) or "none: no relationships"),
        ("Calibration", f"{first.calibration.family}, chosen by cross-validated log-loss on held-out parties"),
        ("Interval", "distribution-free, 90 %: exact bounds of the bad rate around each score, from held-out parties"),
        ("Seed", str(told.lineage.seed)),
        ("Split", ", ".join(told.report.splits)),
        ("TrainingSet, judged", f"{told.report.n_train:,} and {told.report.n_test:,} parties"),
    ]


def data(told: Evaluation) -> Rows:
    """What it was made of."""
    lineage = told.lineage
    limit = lineage.max_train_labels
    return [
        ("Data set", told.report.dataset),
        ("Rows", f"{lineage.rows:,} read, {lineage.refused:,} refused"),
        ("Parties", _counted(lineage.parties.items())),
        ("Relationships", _counted(lineage.relationships.items()) or "none"),
        (
            "Outcomes",
            f"{lineage.outcomes:,} parties with a known outcome" + (f"; at most {limit:,} teach" if limit else ""),
        ),
        ("Protected", f"{', '.join(lineage.protected)}: no feature reads them" if lineage.protected else "no column"),
        ("Snapshot", lineage.snapshot),
        *((f"File {file.name}", f"{file.bytes:,} bytes, SHA-256 {file.sha256}") for file in lineage.files),
    ]


def intended() -> list[str]:
    """The purposes that an answer can be asked for, in words."""
    found = []
    for purpose in PURPOSES.values():
        review = ", with a person who reviews" if purpose.review else ""
        cap = f", others' share capped at {purpose.cap:g} log-odds" if purpose.cap is not None else ""
        name = purpose.name.replace("_", " ")
        found.append(f"{name[0].upper()}{name[1:]}: from {', '.join(sorted(purpose.categories))}{cap}{review}.")
    return found


def limits(told: Evaluation) -> list[str]:
    """What the figures do not say."""
    found = [
        "TestPredictions on one data set: elsewhere, or later, the figures are other ones.",
        "An association is no cause: a score says what became of parties like this one, not why.",
        "Outcomes that nobody recorded count as unknown, and those who were refused before have none.",
    ]
    if told.not_later:
        found.append(told.not_later)
    if told.fairness is None:
        found.append("Groups were not compared; ask with --protected COLUMN.")
    return found


def _counted(counts: object) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts)  # type: ignore[attr-defined]
