"""`kith score`, `kith explain` and `kith relationship`: the same answers as over HTTP, without a server."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli import installation
from cli.data import Json
from cli.known_ids import end_for_unknown, known_ids, named
from cli.output import advancing, columns, say, table, when, write_json
from cli.rights.by_rights import ByRights
from graph.errors import InputError, UsageError
from graph.purposes import DEFAULT_PURPOSE

if TYPE_CHECKING:
    from graph.purposes import Purpose as PurposeValue
    from graph.snapshots.snapshot import Snapshot as Opened
    from service.answers.explanations import ExplanationAnswer, FeatureEffectAnswer
    from service.answers.relationships import RelationshipRisk
    from service.answers.scores import ScoreAnswer, ToldStatement
    from service.context import ServingContext
    from service.wording.pairs import TrustEvidenceAnswer

Purpose = Annotated[str, typer.Option(help="Why it is asked; says which relationships may count.")]
Snapshot = Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")]
Audience = Annotated[str, typer.Option(help="Whom reasons are for: investigator, service or subject.")]
Language = Annotated[str, typer.Option(help="Of reasons: en or zh.")]
Model = Annotated[Path | None, typer.Option(help="A model's folder; the newest by default.")]

FAMILIES_SHOWN: Final = 3  # of each category


def add_to(app: typer.Typer) -> None:
    app.command()(score)
    app.command()(explain)
    app.command()(relationship)


def score(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of parties.", show_default=False)] = None,
    all_parties: Annotated[bool, typer.Option("--all", help="Score every party.")] = False,
    file: Annotated[
        Path | None,
        typer.Option("--in", help="Score the ids of a file: one a line, or a CSV with a column id or party."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the scores to this .csv, .parquet or .jsonl file.")] = None,
    purpose: Purpose = DEFAULT_PURPOSE,
    snapshot: Snapshot = None,
    model: Model = None,
    audience: Audience = "investigator",
    language: Language = "en",
    json_file: Json = None,
) -> None:
    """Score parties: 350-950, higher is better."""
    from service.answers.scores import score as score_one
    from service.wording.reasons import voice_named

    if [bool(ids), all_parties, file is not None].count(True) != 1:
        raise UsageError("name parties, or a file of ids with --in, or all of them with --all: one of the three")
    if all_parties and out is None:
        raise UsageError("--all writes a file: name it with --out FILE.csv, FILE.parquet or FILE.jsonl")
    asked, voice = installation.purpose(purpose), voice_named(audience, language)
    wanted = ids or ([] if file is None else _ids_in(file))
    context = _open(snapshot, model, asked)
    by_rights = ByRights(context)
    known = [] if all_parties else known_ids(context.snapshot, wanted)
    if out is not None:
        rows = range(context.snapshot.n_parties) if all_parties else context.snapshot.rows_of(known).tolist()
        _score_into(context, asked, by_rights, rows, out, json_file)
    else:
        answers = []
        for party in known:
            own = by_rights.purpose_for(party, asked)
            answers.append(by_rights.stated(score_one(context, party, own, with_reasons=True, voice=voice), own))
        for answer in answers:
            show_score(answer, context.snapshot)
        unknown = [id for id in dict.fromkeys(wanted) if id not in known]
        write_json(json_file, {"scores": [answer.to_json() for answer in answers], "unknown": unknown})
    if not all_parties:
        end_for_unknown(known, wanted)


def _ids_in(file: Path) -> list[str]:
    """The ids of a file: its column `id` or `party`, or else its lines. Raises InputError, UsageError for no ids."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as UTF-8 text: {error}") from error
    header = next(csv.reader(io.StringIO(text)), [])
    column = next((name for name in ("id", "party") if name in header), None)
    found = text.splitlines() if column is None else [row[column] or "" for row in csv.DictReader(io.StringIO(text))]
    ids = [id.strip() for id in found if id.strip()]
    if not ids:
        raise UsageError(f"{file} holds no ids; write one a line, or a CSV with a column id or party")
    return ids


def _score_into(
    context: ServingContext,
    purpose: PurposeValue,
    by_rights: ByRights,
    rows: Sequence[int],
    out: Path,
    json_file: Path | None,
) -> None:
    from service.answers.batching.files import write_scores

    others, statements = by_rights.others(purpose), by_rights.statements(purpose)
    with advancing() as progress:
        counts = write_scores(
            context,
            purpose,
            rows,
            out,
            lambda share: progress("scoring", share),
            others=others,
            statements=statements,
        )
    table("parties by level", ["level", "parties"], [[_words(level), n] for level, n in counts.items()])
    say(f"{sum(counts.values()):,} parties in {out}")
    write_json(json_file, {"out": str(out), "parties": sum(counts.values()), "levels": counts})


def explain(
    party: Annotated[str, typer.Argument(help="Id of a party.")],
    purpose: Purpose = DEFAULT_PURPOSE,
    snapshot: Snapshot = None,
    model: Model = None,
    audience: Audience = "investigator",
    language: Language = "en",
    features: Annotated[bool, typer.Option("--features", help="Also which features carry each share.")] = False,
    json_file: Json = None,
) -> None:
    """Why a score is what it is: exact shares of the own record and of each category of relationships."""
    from service.answers.explanations import explanation
    from service.wording.reasons import voice_named

    asked, voice = installation.purpose(purpose), voice_named(audience, language)
    context = _open(snapshot, model, asked)
    by_rights = ByRights(context)
    asked = by_rights.purpose_for(party, asked)
    answer = explanation(context, party, asked, voice, features)
    answer = answer.model_copy(update={"score": by_rights.stated(answer.score, asked)})
    show_explanation(answer, context.snapshot)
    write_json(json_file, answer.to_json())


def relationship(
    source: Annotated[str, typer.Argument(help="Who deals with the other.")],
    target: Annotated[str, typer.Argument(help="The other.")],
    exposure: Annotated[float | None, typer.Option(help="Amount at stake.")] = None,
    recovery: Annotated[float, typer.Option(help="Share of the exposure, 0 to 1, that a default leaves.")] = 0.0,
    purpose: Purpose = DEFAULT_PURPOSE,
    snapshot: Snapshot = None,
    model: Model = None,
    audience: Audience = "investigator",
    language: Language = "en",
    json_file: Json = None,
) -> None:
    """The risk for one party in dealing with another."""
    from service.answers.relationships import relationship_risk
    from service.wording.reasons import voice_named

    asked, voice = installation.purpose(purpose), voice_named(audience, language)
    context = _open(snapshot, model, asked)
    by_rights = ByRights(context)
    asked = by_rights.purpose_for(source, by_rights.purpose_for(target, asked))
    answer = relationship_risk(context, source, target, asked, exposure, True, voice, recovery)
    answer = by_rights.pair_stated(answer, asked)
    show_relationship(answer, context.snapshot)
    write_json(json_file, answer.to_json())


def show_score(answer: ScoreAnswer, snapshot: Opened) -> None:
    """Print a score and its reasons."""
    _show_answer(answer, snapshot)
    columns([[_points(reason.points), reason.text, reason.code] for reason in answer.reasons or ()])
    if answer.contributors:
        say(f"facts contributed by {', '.join(answer.contributors)}")


def show_explanation(answer: ExplanationAnswer, snapshot: Opened) -> None:
    """Print how the points add up, the reasons, what single parties do, and what would change the level."""
    _show_answer(answer.score, snapshot)
    if answer.base_score is not None:
        _show_parts(answer, answer.base_score)
    if answer.rings:
        say("rings it is in, which are no part of the score (kith rings names their members)")
    ids = snapshot.ids_of(snapshot.row_of(answer.party))
    for ring in answer.rings:
        role = next(member.role for member in ring.members if member.party in ids)
        say(f"  {ring.ring}, {_words(ring.level)}: {role} of {len(ring.members)}")
        columns([["", evidence.text] for evidence in ring.evidence])


def _show_parts(answer: ExplanationAnswer, base_score: float) -> None:
    """Print the points of the parts of a score, the reasons, single effects, and what would change the level."""
    parts = {"base rate": base_score} | {_part(name): points for name, points in answer.points.items()}
    rows = [*parts.items(), ("sum, before it is held within 350-950", sum(parts.values()))]
    table("how the score adds up", ["part", "points"], rows, digits=1)
    for reason in answer.reasons:
        columns([[_points(reason.points), reason.text, reason.code]])
        columns([["", f"{one.attribute}: {one.points:+.1f} alone"] for one in reason.attributes])
    removed = answer.removals
    if removed.parties:
        say(f"what single parties do ({removed.tried} of {removed.candidates} tried)")
        columns([[_points(effect.points), effect.text] for effect in removed.parties])
    if answer.counterfactuals:
        say("what would change the level")
        columns([["", one.text] for one in answer.counterfactuals])
    if answer.changes_left_out:
        say(f"of what could change the level, {answer.changes_left_out} were not tried: it has too many links")
    if answer.features:
        _show_features(answer.features)


def _show_features(features: Sequence[FeatureEffectAnswer]) -> None:
    """Print the families of features with the largest effects in each category."""
    say("features that carry each share, each left out alone; docs/features.md has their formulas")
    for category in dict.fromkeys(effect.category for effect in features):
        say(f"  {_part(category)}")
        strongest = [effect for effect in features if effect.category == category][:FAMILIES_SHOWN]
        columns([[_points(effect.points), effect.text, effect.family] for effect in strongest])


def show_relationship(answer: RelationshipRisk, snapshot: Opened) -> None:
    """Print the risk of a pair."""

    def figure(value: float | None, form: str) -> str:
        return "not known" if value is None else format(value, form)

    source, target = answer.source, answer.target
    say(f"{_named(source, snapshot)} dealing with {_named(target, snapshot)}: {_words(answer.level)} risk")
    shared = ", ".join(_named(one, snapshot) for one in answer.shared_identifiers) or str(answer.shared or "none")
    rows = [
        [f"trust of {source} in {target}", figure(answer.trust, "+.2f")],
        [f"trust of {target} in {source}", figure(answer.trust_back, "+.2f")],
        [f"probability of a good rating of {target} by {source}", figure(answer.trust_positive, ".1%")],
        [f"probability of a bad outcome of {source}", figure(answer.source_probability, ".1%")],
        [f"probability of a bad outcome of {target}", figure(answer.target_probability, ".1%")],
        [f"a default of {target} would change that of {source} by", figure(answer.contagion, "+.1%")],
        ["identifiers that both use", shared],
    ]
    if answer.via:
        rows.append(["links are carried through", ", ".join(_named(one, snapshot) for one in answer.via)])
    if answer.exposure is not None:
        rows.insert(6, [f"expected loss on {answer.exposure:,.2f}", figure(answer.expected_loss, ",.2f")])
    columns(rows, right=0)
    columns([["", reason.text, reason.code] for reason in answer.reasons], right=0)
    columns([["", f"trust: {_evidence(one)}", one.code] for one in answer.trust_evidence], right=0)
    for one in answer.holdings:
        columns([["", f"{one.party} holds {one.identifier}: {_words(one.level)} on {when(one.time)}"]], right=0)
    _show_statements(answer.statements)


def _evidence(evidence: TrustEvidenceAnswer) -> str:
    mean = "" if evidence.mean is None else f", mean {evidence.mean:+.2f}"
    return f"{evidence.text} ({evidence.count}{mean})" if evidence.count else evidence.text


def _show_answer(answer: ScoreAnswer, snapshot: Opened) -> None:
    if answer.approved is not None:
        text = "yes" if answer.approved else "no"
    elif answer.score is None or answer.probability is None:
        text = _words(str(answer.level))
    else:
        text = (
            f"{answer.score} of 350-950, {_words(str(answer.level))} risk; "
            f"probability of a bad outcome{_within(answer.horizon_days)} {answer.probability:.1%}"
        )
        if answer.interval is not None:
            text += " ({:.1%} to {:.1%})".format(*answer.interval)
        if answer.base_rate is not None:
            text += f", where {100 * answer.base_rate:.3g}% of all go bad"
    say(f"{_named(answer.party, snapshot)}: {text}")
    from service.wording.warning_texts import warning_text

    for warning in answer.warnings:
        say(f"  note: {warning_text(warning, answer.language or 'en')}")
    _show_statements(answer.statements)


def _show_statements(statements: Sequence[ToldStatement]) -> None:
    for one in statements:
        say(f"  {one.party} states about {one.about} by {one.source}: {one.text}")


def _within(horizon_days: int | None) -> str:
    return "" if horizon_days is None else f" within {horizon_days} days"


def _named(party: str, snapshot: Opened) -> str:
    return named(snapshot, snapshot.row_of(party))


def _part(name: str) -> str:
    """A part of a score, as people read it."""
    return "own record" if name == "own" else name


def _words(code: str) -> str:
    return code.replace("_", " ")


def _points(points: float | None) -> str:
    return "" if points is None else f"{points:+.0f}"


def _open(snapshot: Path | None, model: Path | None, purpose: PurposeValue) -> ServingContext:
    """What answers for a purpose; where that needs consent, from the facts that have it now."""
    from service.context import ServingContext

    return ServingContext.open(installation.settings(), snapshot, model).ready_for(purpose)
