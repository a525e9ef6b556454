"""`kith demo`: the built-in town from end to end, then the server."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli import installation
from cli.ask import show_explanation, show_relationship, show_score
from cli.data import Json
from cli.evaluation.evaluate import show
from cli.output import advancing, console, counting, say, say_command, shown, write_json
from cli.serve import Port, free_port, run
from graph.purposes import DEFAULT_PURPOSE

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from gnn.evaluation.evaluate_risk import Report
    from loaders.synthetic.town import TownTruth
    from service.context import ServingContext
    from service.settings import Settings

EARLIER: Final = datetime(2025, 8, 1, tzinfo=UTC).timestamp()  # of the town's year; alerts say what changed since
HOST: Final = "127.0.0.1"
WORKBENCH_PERSON: Final = "Demo"
DEMO_BASELINES: Final = ("no_graph", "label_propagation")  # the quick ones; kith evaluate has them all


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes another town.")] = 0,
    parties: Annotated[int, typer.Option(min=500, help="About how many parties the town has.")] = 5000,
    port: Port = None,
    json_file: Json = None,
) -> None:
    """Seed the built-in town, learn from it, show three answers, and serve until Ctrl-C.

    Where standard output is no terminal it stops after the answers.
    """
    from service.answers.explanations import explanation
    from service.answers.relationships import relationship_risk
    from service.answers.scores import score

    started = time.monotonic()
    usual = installation.settings()
    settings = usual.model_copy(update={"home": usual.home / "demo"})
    made = _make(settings, parties, seed)
    purpose, snapshot = made.context.purpose(DEFAULT_PURPOSE), made.context.snapshot
    member, other = _ring_members(made)
    _heading("A party: the most popular shop. Many people are linked to it, and it is honest.")
    party = score(made.context, _popular(made), purpose, with_reasons=True)
    show_score(party, snapshot)
    _heading("A relationship: one member of a planted fraud ring is about to trust another with 1,000.")
    pair = relationship_risk(made.context, member, other, purpose, 1000.0, True)
    show_relationship(pair, snapshot)
    _heading(f"An explanation: why {member} scores as it does. No file says that it is in a ring.")
    why = explanation(made.context, member, purpose)
    show_explanation(why, snapshot)
    seconds = time.monotonic() - started
    say("", f"That took {seconds:.0f} s. Everything is in {settings.home}; ask more with:")
    kith = "kith" if shutil.which("kith") else sys.argv[0]
    say_command(f"  KITH_HOME={settings.home} {kith} explain {other}")
    answers = {"score": party.to_json(), "relationship": pair.to_json(), "explanation": why.to_json()}
    write_json(json_file, {"model": dict(made.report.model), "answers": answers, "seconds": round(seconds, 2)})
    if sys.stdout.isatty():
        _serve(settings, made, member, settings.port if port is None else port)


def _heading(text: str) -> None:
    say("")
    console.rule(shown(text), align="left", characters="─")


@dataclass(frozen=True)
class Made:
    """The town, its hidden truth, and what was made of it."""

    truth: TownTruth
    report: Report
    context: ServingContext
    store: str
    earlier: Path
    snapshot: Path
    model: Path


def _make(settings: Settings, parties: int, seed: int) -> Made:
    """Town -> store -> snapshot -> report -> model."""
    from gnn.evaluation.evaluate_risk import evaluate_risk, evaluate_trial
    from gnn.features.targets import outcomes_as_labels
    from gnn.training.observations import HORIZON_DAYS
    from gnn.training.splits import stratified
    from graph.stores.open import open_store
    from loaders.ingest import load
    from loaders.synthetic.town import write_town
    from service.context import ServingContext
    from service.evaluation.risk import later_outcomes_of
    from service.evaluation.sentences import trained_how
    from service.history import history_of
    from service.training import train_serving_model
    from service.workspace import Workspace

    workspace = Workspace(settings.home).made()
    name = f"town-{parties}-{seed}"
    folder = workspace.folder / name
    say("Kith reads who knows, pays, guarantees and works with whom, and says how risky a party is, and why.")
    say(f"The built-in town is made up: about {parties:,} parties and a year of dated links, with fraud rings planted.")
    truth = write_town(folder, parties, seed)
    store = open_store(url := f"sqlite:///{workspace.folder / f'{name}.db'}")
    with counting("reading") as reading:
        result = load([folder], store, rejects_dir=workspace.folder / "rejects", progress=reading)
    say("", f"load      {result.read:,} rows of {folder}: {result.unchanged:,} unchanged, {result.rejected:,} rejected")
    earlier = workspace.keep_snapshot(store, as_of=EARLIER)
    snapshot = workspace.keep_snapshot(store)
    links = sum(info.facts for info in snapshot.kinds.values())
    say(
        f"snapshot  {snapshot.n_parties:,} parties of {len(snapshot.party_kinds)} kinds, "
        f"{links:,} relationships of {len(snapshot.kinds)} kinds in {len(snapshot.categories)} categories"
    )
    with closing(store), tempfile.TemporaryDirectory(prefix="kith-demo-") as scratch, advancing() as progress:
        later = later_outcomes_of(snapshot, store, HORIZON_DAYS, Path(scratch) / "earlier", seed)
        if later is None:  # a small town, with few outcomes after the cut
            y = outcomes_as_labels(snapshot)
            report = evaluate_risk(snapshot, y, [stratified(y, seed)], seed, "the town", DEMO_BASELINES, progress)
        else:
            split, started = [later.split], time.perf_counter()
            report = evaluate_trial(later.trial, split, "the town", started, DEMO_BASELINES, progress)
        history = history_of(snapshot, store, HORIZON_DAYS, Path(scratch) / "history")
        trained = train_serving_model(snapshot, seed, None, progress, history)
    model = workspace.keep_model(trained.model)
    how = trained_how(trained.model.horizon_days, len(trained.model.observed_at), trained.static_because)
    say(f"model     trained on {trained.n_train:,} rows; {how}")
    if trained.model.trust is not None:
        say(f"trust     trained on {trained.model.trust.ratings:,} ratings: what one party may think of another")
    _heading("How good it is, tested on outcomes it does not know; no_graph is the same model without any link.")
    show(report)
    context = ServingContext.open(settings, snapshot.folder, model)
    return Made(truth, report, context, url, earlier.folder, snapshot.folder, model)


def _ring_members(made: Made) -> tuple[str, str]:
    """A ring's member whose failure nobody has recorded yet, and one that is not known to be bad either."""
    context = made.context
    snapshot, known = context.snapshot, context.scorer(context.purpose(DEFAULT_PURPOSE)).outcomes
    for members in made.truth.rings.values():
        open_ones = [member for member in members if not known.bad[snapshot.row_of(member)]]
        hidden = [member for member in open_ones if member in made.truth.hidden_bad]
        if hidden and len(open_ones) > 1:
            return hidden[0], next(member for member in open_ones if member != hidden[0])
    members = next(iter(made.truth.rings.values()))
    return members[0], members[1]


def _popular(made: Made) -> str:
    """A party that looks conspicuous and is not: the popular shop."""
    return made.truth.decoys["popular_shop"][0]


def _serve(settings: Settings, made: Made, party: str, port: int) -> None:
    from service.records import keys
    from service.records.database import open_records

    port = free_port(HOST, port)
    records = open_records(settings.records)
    text, _ = keys.create(records, settings.purposes, "investigator", [keys.EVERY_PURPOSE], WORKBENCH_PERSON)
    served = {
        "host": HOST,
        "port": port,
        "workers": 1,
        "store_url": made.store,
        "snapshot": made.snapshot,
        "before": made.earlier,
        "model": made.model,
    }
    address = f"http://{HOST}:{port}"
    say("", "The same over HTTP, with a key made just now:")
    say_command(f'  curl -H "Authorization: Bearer {text}" "{address}/v1/scores/{party}?include=reasons"')
    _search_alerts(made, records)
    say("", f"The workbench is at {address}/ and opens with this key:")
    say_command(f"  {text}")
    run(settings.model_copy(update=served))


def _search_alerts(made: Made, records: Engine) -> None:
    """Find what changed in the town since the earlier snapshot, so that the workbench opens at once."""
    from graph.snapshots.snapshot import Snapshot
    from service.casework.alerts import searched
    from service.context import ServingContext

    context = made.context
    snapshot = Snapshot.open(made.earlier, verify=True)
    earlier = ServingContext(snapshot, context.model, context.model_id, context.odds0, context.purposes)
    searched(context, records, lambda: earlier, context.purpose(DEFAULT_PURPOSE), time.time())
