"""`kith score`, `kith explain` and `kith relationship`: the same answers as over HTTP, without a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.data import Json
from cli.output import console, table, write_json
from graph.errors import UsageError
from graph.purposes import DEFAULT_PURPOSE, purpose_named
from service.home import Home
from service.reason_words import AUDIENCES, LANGUAGES, voice_named

if TYPE_CHECKING:
    from service.assessments import ScoreAnswer
    from service.explanations import ExplanationAnswer
    from service.relationships import RelationshipRisk
    from service.state import State

Purpose = Annotated[str, typer.Option(help="Why it is asked; says which relationships may count.")]
Snapshot = Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")]
Audience = Annotated[str, typer.Option(help=f"Whom reasons are told to: {', '.join(AUDIENCES)}.")]
Language = Annotated[str, typer.Option(help=f"Of reasons: {', '.join(LANGUAGES)}.")]
Model = Annotated[Path | None, typer.Option(help="A model's folder; the newest by default.")]


def add_to(app: typer.Typer) -> None:
    app.command()(score)
    app.command()(explain)
    app.command()(relationship)


def score(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of parties.", show_default=False)] = None,
    all_parties: Annotated[bool, typer.Option("--all", help="Score every party.")] = False,
    out: Annotated[Path | None, typer.Option(help="Parquet file for --all.")] = None,
    purpose: Purpose = DEFAULT_PURPOSE,
    snapshot: Snapshot = None,
    model: Model = None,
    audience: Audience = "investigator",
    language: Language = "en",
    json_file: Json = None,
) -> None:
    """Score parties: 350-950, higher is better."""
    from service.assessments import score as score_one

    if all_parties == bool(ids):
        raise UsageError("name parties, or all of them with --all, not both")
    asked, voice = purpose_named(purpose), voice_named(audience, language)
    state = _open(snapshot, model)
    if all_parties:
        from service.batches import write_scores

        if out is None:
            raise UsageError("--all needs --out FILE.parquet")
        counts = write_scores(state, asked, out)
        table("parties by level", ["level", "parties"], list(counts.items()))
        console.print(f"{sum(counts.values()):,} parties in {out}", markup=False)
        write_json(json_file, {"out": str(out), "parties": sum(counts.values()), "levels": counts})
        return
    answers = [score_one(state, party, asked, with_reasons=True, voice=voice) for party in ids or []]
    for answer in answers:
        show_score(answer)
    write_json(json_file, {"scores": [answer.to_json() for answer in answers]})


def explain(
    party: Annotated[str, typer.Argument(help="Id of a party.")],
    purpose: Purpose = DEFAULT_PURPOSE,
    snapshot: Snapshot = None,
    model: Model = None,
    audience: Audience = "investigator",
    language: Language = "en",
    json_file: Json = None,
) -> None:
    """Why a score is what it is: exact shares of the own record and of each category of relationships."""
    from service.explanations import explanation

    voice = voice_named(audience, language)
    answer = explanation(_open(snapshot, model), party, purpose_named(purpose), voice)
    show_explanation(answer)
    write_json(json_file, answer.to_json())


def relationship(
    source: Annotated[str, typer.Argument(help="Who deals with the other.")],
    target: Annotated[str, typer.Argument(help="The other.")],
    exposure: Annotated[float | None, typer.Option(help="Amount at stake.")] = None,
    purpose: Purpose = DEFAULT_PURPOSE,
    snapshot: Snapshot = None,
    model: Model = None,
    json_file: Json = None,
) -> None:
    """The risk for one party in dealing with another."""
    from service.relationships import relationship_risk

    answer = relationship_risk(_open(snapshot, model), source, target, purpose_named(purpose), exposure, True)
    show_relationship(answer)
    write_json(json_file, answer.to_json())


def show_score(answer: ScoreAnswer) -> None:
    """Print a score and its reasons."""
    if answer.approved is not None:
        said = "yes" if answer.approved else "no"
    elif answer.score is None or answer.probability is None:
        said = str(answer.level)
    else:
        said = f"{answer.score} ({answer.level} risk), probability of a bad outcome {answer.probability:.3f}"
        if answer.interval is not None:
            said += " ({:.3f} to {:.3f})".format(*answer.interval)
    console.print(f"{answer.party}: {said}", markup=False)
    for warning in answer.warnings:
        console.print(f"  warning: {warning}", markup=False)
    for reason in answer.reasons or ():
        points = "" if reason.points is None else f"{reason.points:+7.1f}  "
        console.print(f"  {points}{reason.code}: {reason.text}", markup=False)


def show_explanation(answer: ExplanationAnswer) -> None:
    """Print how the points add up, and the evidence."""
    show_score(answer.score)
    rows = [["base rate", answer.base_score], *([name, points] for name, points in answer.points.items())]
    total = answer.base_score + sum(answer.points.values())
    table(
        f"{answer.party}: how the score adds up", ["part", "points"], [*rows, ["sum before clipping to 350-950", total]]
    )
    for reason in answer.reasons:
        console.print(f"{reason.code}: {reason.text}", markup=False)
        for one in reason.attributes:
            console.print(f"    {one.attribute}: {one.points:+.1f} alone", markup=False)
    removed = answer.removals
    if removed.parties:
        console.print(f"what single parties do ({removed.tried} of {removed.candidates} tried):")
    for effect in removed.parties:
        console.print(f"  {effect.points:+7.1f}  {effect.text}", markup=False)
    for one_change in answer.counterfactuals:
        console.print(f"  would change it: {one_change.text}", markup=False)


def show_relationship(answer: RelationshipRisk) -> None:
    """Print the risk of a pair."""

    def told(value: float | None, form: str) -> str:
        return "unknown" if value is None else format(value, form)

    console.print(f"{answer.source} dealing with {answer.target}: {answer.level} risk", markup=False)
    rows = [
        ["trust there / back", f"{told(answer.trust, '+.2f')} / {told(answer.trust_back, '+.2f')}"],
        [f"probability of {answer.source}", told(answer.source_probability, ".3f")],
        [f"probability of {answer.target}", told(answer.target_probability, ".3f")],
        ["raised by the other's default", told(answer.contagion, "+.4f")],
        ["expected loss", told(answer.expected_loss, ",.2f")],
        ["shared identifiers", ", ".join(answer.shared_identifiers) or "none"],
    ]
    table(f"{answer.source} -> {answer.target}", ["what", "value"], rows)
    for reason in answer.reasons:
        console.print(f"  {reason['code']}: {reason['text']}", markup=False)


def _open(snapshot: Path | None, model: Path | None) -> State:
    from service.state import State

    return State.open(Home.here(), snapshot, model)
