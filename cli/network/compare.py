"""`kith compare`: what changed between two snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli import installation
from cli.ask import Model, Purpose
from cli.data import Json
from cli.network.show import size_of
from cli.output import say, table, when, write_json
from cli.rights.by_rights import ByRights
from graph.errors import ModelError, NoModel, UsageError
from graph.purposes import DEFAULT_PURPOSE

if TYPE_CHECKING:
    from service.answers.comparing.comparisons import ComparisonAnswer, MovedScore, RingChange
    from service.answers.profiles import KnownOutcome
    from service.context import ServingContext

CSV_COLUMNS: Final = ("what", "change", "kind", "party", "other", "field", "before", "after")
MEMBERS: Final = 6  # named in a row of the table
SHOWN_POINTS: Final = 0.5  # a part that moved less does not stand in the table


def add_to(app: typer.Typer) -> None:
    app.command()(compare)


def compare(
    before: Annotated[str, typer.Argument(help="A snapshot: its folder, or the beginning of its id.")],
    after: Annotated[str, typer.Argument(help="A later one.")],
    limit: Annotated[int, typer.Option(min=0, help="How many changes of each kind to list.")] = 20,
    out: Annotated[Path | None, typer.Option(help="Write all changes to this .csv file.")] = None,
    purpose: Purpose = DEFAULT_PURPOSE,
    model: Model = None,
    json_file: Json = None,
) -> None:
    """Compare two snapshots: parties, links, outcomes, the scores that moved most and why, rings."""
    from service.answers.comparing.comparisons import compare as compare_contexts
    from service.csv_files import write_csv

    if out is not None and out.suffix != ".csv":
        raise UsageError(f"{out} does not end with .csv; name a CSV file, or a JSON file with --json")
    asked = installation.purpose(purpose)
    contexts = _opened(before, after, model)
    others = ByRights(contexts[1]).others(asked)
    found = compare_contexts(*contexts, asked, limit if out is None else None, limit, others)
    _show(found, limit)
    if out is not None:
        write_csv(out, CSV_COLUMNS, _rows(found))
        say(f"all changes are in {out}")
    write_json(json_file, found.to_json())


def _opened(before: str, after: str, model: Path | None) -> tuple[ServingContext, ServingContext]:
    """Both snapshots with one model; without it, where none was named and none fits both."""
    from gnn.models import artifact
    from gnn.models.score_scale import ODDS0
    from service.context import ServingContext

    workspace, settings = installation.workspace(), installation.settings()
    old, new = workspace.named_snapshot(before), workspace.named_snapshot(after)
    try:
        folder = workspace.model_folder(model)
        of_both = artifact.load(folder), artifact.model_id(folder), settings.odds0 or ODDS0, settings.purposes
        return ServingContext(old, *of_both), ServingContext(new, *of_both)
    except ModelError as error:
        if model is not None:
            raise
        say(f"scores are not compared: {'there is no model yet' if isinstance(error, NoModel) else error}")
    return ServingContext(old, None), ServingContext(new, None)


def _show(found: ComparisonAnswer, limit: int) -> None:
    counts = {"parties": found.party_counts, **found.link_counts, "outcomes": found.outcome_counts}
    rows = [[name, one.new, one.gone, one.changed] for name, one in counts.items()]
    table(f"from snapshot {found.before[:16]} to {found.after[:16]}", ["", "new", "gone", "changed"], rows)
    for title, columns, listed in (
        ("parties", ["party", "kind", "name", "change", "fields"], _parties(found)),
        ("links", ["kind", "source", "target", "new", "gone", "changed"], _links(found)),
        ("outcomes", ["party", "outcome", "before", "after"], _outcomes(found)),
    ):
        if listed and limit:
            table(title if len(listed) <= limit else f"{title}, the first {limit:,}", columns, listed[:limit])
    if found.scores is not None:
        moved, compared = found.scores.moved, found.scores.compared
        levels = "".join(f"; {levels}: {count:,}" for levels, count in found.scores.levels.items())
        say(f"{moved:,} of {compared:,} scores moved{levels.replace('_', ' ')}")
        if found.scores.most:
            columns = ["party", "before", "after", "level", "why, in points"]
            table("scores that moved most", columns, [_score(one) for one in found.scores.most])
    if found.rings:
        columns = ["ring", "kind", "change", "level", "joined", "left"]
        table("rings", columns, [_ring(one) for one in found.rings])


def _parties(found: ComparisonAnswer) -> list[list[Any]]:
    return [
        [
            one.party, one.kind, one.name or "", one.change,
            "; ".join(f"{change.field}: {change.before or '-'} -> {change.after or '-'}" for change in one.fields),
        ]
        for one in found.parties
    ]  # fmt: skip


def _links(found: ComparisonAnswer) -> list[list[Any]]:
    return [[one.kind, one.source, one.target, one.new, one.gone, one.changed] for one in found.links]


def _outcomes(found: ComparisonAnswer) -> list[list[Any]]:
    return [[one.party, one.outcome, _states(one.before), _states(one.after)] for one in found.outcomes]


def _states(outcomes: tuple[KnownOutcome, ...]) -> str:
    """Outcomes of one name, in words: state, times, days late and amount."""
    return "; ".join(
        f"{one.state} {when(one.opened)}".rstrip()
        + (f" closed {when(one.closed)}" if one.closed is not None else "")
        + size_of(one)
        for one in outcomes
    )


def _score(one: MovedScore) -> list[Any]:
    level = one.level_after if one.level_before == one.level_after else f"{one.level_before} -> {one.level_after}"
    why = ", ".join(
        f"{'own record' if part == 'own' else part} {points:+.0f}"
        for part, points in one.why.items()
        if abs(points) >= SHOWN_POINTS
    )
    return [one.party, one.score_before, one.score_after, level.replace("_", " "), why]


def _ring(one: RingChange) -> list[Any]:
    level = one.level_after or one.level_before or ""
    if one.change == "changed" and one.level_before != one.level_after:
        level = f"{one.level_before} -> {one.level_after}"
    return [one.ring, one.kind, one.change, level.replace("_", " "), _members(one.joined), _members(one.left)]


def _members(parties: tuple[str, ...]) -> str:
    more = f" and {len(parties) - MEMBERS} more" if len(parties) > MEMBERS else ""
    return ", ".join(parties[:MEMBERS]) + more


def _rows(found: ComparisonAnswer) -> Iterator[list[Any]]:
    """Every change as a row of the CSV file."""
    for party in found.parties:
        yield ["party", party.change, party.kind, party.party, None, None, None, None]
        for change in party.fields:
            yield ["field", "changed", party.kind, party.party, None, change.field, change.before, change.after]
    for link in found.links:
        for what, count in (("new", link.new), ("gone", link.gone), ("changed", link.changed)):
            if count:
                yield ["link", what, link.kind, link.source, link.target, "count", None, count]
    for outcome in found.outcomes:
        states = _states(outcome.before), _states(outcome.after)
        what = "new" if not states[0] else "gone" if not states[1] else "changed"
        yield ["outcome", what, outcome.outcome, outcome.party, None, None, *states]
    for score in found.scores.most if found.scores else ():
        yield ["score", "changed", None, score.party, None, None, score.score_before, score.score_after]
        for part in score.why:
            points = score.points_before.get(part), score.points_after.get(part)
            yield ["points", "changed", None, score.party, None, part, *points]
    for ring in found.rings:
        for member in ring.joined:
            yield ["ring", ring.change, ring.kind, member, ring.ring, "joined", ring.level_before, ring.level_after]
        for member in ring.left:
            yield ["ring", ring.change, ring.kind, member, ring.ring, "left", ring.level_before, ring.level_after]
