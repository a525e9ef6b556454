"""`kith demo`: the built-in town from end to end, then the server."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.ask import show_explanation, show_relationship, show_score
from cli.evaluate import show
from cli.output import advancing, console, counting
from graph.purposes import DEFAULT_PURPOSE, purpose_named
from loaders.synthetic import TownTruth, write_town
from service.home import Home
from service.state import State


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    seed: Annotated[int, typer.Option(help="Another seed makes another town.")] = 0,
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8100,
) -> None:
    """Seed the built-in town, learn from it, show three answers, and serve until Ctrl-C.

    Where standard output is no terminal it stops after the answers.
    """
    started = time.monotonic()
    home = Home(Home.here().folder / "demo")
    made = _make(home, seed)
    purpose = purpose_named(DEFAULT_PURPOSE)
    from service.assessments import score
    from service.explanations import explanation
    from service.relationships import relationship_risk

    member, other = _ring_members(made)
    console.rule("A party", align="left")
    show_score(score(made.state, _honest(made), purpose, with_reasons=True))
    console.rule("A relationship", align="left")
    show_relationship(relationship_risk(made.state, member, other, purpose, 1000.0, True))
    console.rule(f"An explanation: {member} is in a ring that the town's maker planted", align="left")
    show_explanation(explanation(made.state, member, purpose))
    console.print(f"done in {time.monotonic() - started:.0f} s; everything is in {home.folder}")
    if sys.stdout.isatty():
        _serve(home, made, member, port)


@dataclass(frozen=True)
class Made:
    """The town, its hidden truth, and what was made of it."""

    truth: TownTruth
    state: State
    snapshot: Path
    model: Path


def _make(home: Home, seed: int) -> Made:
    """Town -> store -> snapshot -> report -> model."""
    from gnn.evaluation import evaluate_risk, outcomes_as_labels
    from gnn.splits import for_serving, stratified
    from gnn.training import train
    from graph.store import open_store
    from loaders.ingest import load

    folder = home.folder / f"town-{seed}"
    console.print(f"a town of about 5,000 parties, seed {seed}, in {folder}")
    truth = write_town(folder, seed=seed)
    store = open_store(f"sqlite:///{home.folder / f'town-{seed}.db'}")
    with counting("reading") as reading:
        result = load([folder], store, rejects_dir=home.folder / "rejects", progress=reading)
    console.print(f"read {result.read:,} rows, {result.unchanged:,} of them unchanged, {result.rejected:,} refused")
    snapshot = home.keep_snapshot(store)
    store.close()
    links = sum(info.links for info in snapshot.kinds.values())
    console.print(
        f"snapshot {snapshot.id[:16]}: {snapshot.n_parties:,} parties of {len(snapshot.party_kinds)} kinds, "
        f"{links:,} relationships of {len(snapshot.kinds)} kinds in {len(snapshot.categories)} categories"
    )
    y = outcomes_as_labels(snapshot)
    with advancing() as progress:
        report = evaluate_risk(snapshot, y, [stratified(y, seed)], seed, "the town", True, progress)
    show(report)
    taught, held_out = for_serving(snapshot, y, seed)
    with advancing() as progress:
        model = home.keep_model(train(snapshot, y, taught, held_out, seed, progress))
    return Made(truth, State.open(home, snapshot.folder, model), snapshot.folder, model)


def _ring_members(made: Made) -> tuple[str, str]:
    """A ring's member whose failure nobody has recorded yet, and one that is not known to be bad either."""
    snapshot, known = made.state.snapshot, made.state.scorer(purpose_named(DEFAULT_PURPOSE)).known
    for members in made.truth.rings.values():
        open_ones = [member for member in members if not known.bad[snapshot.row_of(member)]]
        hidden = [member for member in open_ones if member in made.truth.hidden_bad]
        if hidden and len(open_ones) > 1:
            return hidden[0], next(member for member in open_ones if member != hidden[0])
    members = next(iter(made.truth.rings.values()))
    return members[0], members[1]


def _honest(made: Made) -> str:
    """A party that looks conspicuous and is not: the popular shop."""
    return next(iter(made.truth.decoys.values()))[0]


def _serve(home: Home, made: Made, party: str, port: int) -> None:
    from cli.serve import run
    from service.records import keys
    from service.records.tables import open_records

    text, _ = keys.create(open_records(home.records_url), "investigator")
    url = f"http://127.0.0.1:{port}/v1/parties/{party}/score?include=reasons"
    console.print(f'curl -H "Authorization: Bearer {text}" "{url}"', soft_wrap=True, markup=False)
    run(home, made.snapshot, made.model, "127.0.0.1", port, 1)
