"""A million parties on one machine: training, scoring all, one change, single questions, beside GraphSAGE.

The network is made by `benchmarks.scale.network`. Each part runs in a process of its own, one after the other, so that
peaks of memory are its own: the largest resident set that the operating system saw, mapped files among it, and for
serving what is not mapped from files. The AUROC of either side is over parties whose outcome nobody has seen.
`kith bench scale [--parties N --links M]`.
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.rows import row
from benchmarks.scale.network import ScaleNetwork

ROOT: Final = Path(__file__).parents[2]
PARTIES: Final = 1_000_000
LINKS: Final = 20_000_000
MARK_SECONDS: Final = 300.0
MARK_GB: Final = 6.0
ASKED: Final = 400  # single questions of each sort
CHANGED: Final = 100  # links that are added, one at a time
DEFAULTS: Final = 40  # simulated, one at a time
SERVED: Final = 200_000  # parties, up to which two processes shall serve in MARK_TOGETHER_GB
MARK_TOGETHER_GB: Final = 2.0

Figures = dict[str, Any]


def build(folder: Path, network: ScaleNetwork) -> Figures:
    """The snapshot."""
    from graph.snapshots.build import build_snapshot

    build_snapshot(network, folder / "snapshot")
    return {}


def train(folder: Path, network: ScaleNetwork) -> Figures:
    """The model, from the outcomes of the snapshot."""
    from gnn.features.targets import outcomes_as_labels
    from gnn.models import artifact
    from gnn.training.splits import labelled
    from gnn.training.train import train as train_model
    from graph.snapshots.snapshot import Snapshot

    snapshot = Snapshot.open(folder / "snapshot")
    y = outcomes_as_labels(snapshot)
    trained = train_model(snapshot, y, labelled(y), 0)
    artifact.save(trained.model, folder / "model")
    return {"features": trained.model.spec.width, "outcomes": trained.n_train}


def score_all(folder: Path, network: ScaleNetwork) -> Figures:
    """The scores of all parties into a file, the feature table made on the way."""
    from service.answers.batching.files import write_scores

    context, purpose = _context(folder)
    write_scores(context, purpose, range(network.parties), folder / "scores.parquet", lambda _: None)
    return {"auroc": _held_out_auroc(folder, network)}


def graph_sage(folder: Path, network: ScaleNetwork) -> Figures:
    """The peer: GraphSAGE trained on the same outcomes, and one inference over the whole network."""
    from gnn.evaluation.baselines.gnn_baselines import fit_graph_sage
    from gnn.features.targets import outcomes_as_labels
    from gnn.metrics import auroc
    from gnn.training.splits import stratified
    from graph.snapshots.snapshot import Snapshot

    snapshot = Snapshot.open(folder / "snapshot")
    y = outcomes_as_labels(snapshot)
    started = time.perf_counter()
    fitted = fit_graph_sage(snapshot, y, stratified(y, 0), 0)
    trained = time.perf_counter()
    scores = fitted.probability(np.arange(network.parties))
    parties, bad = network.held_out
    seconds = {"train": trained - started, "infer": time.perf_counter() - trained}
    return {**seconds, "auroc": auroc(scores[parties], bad.astype(np.float64))}


def serve(folder: Path, network: ScaleNetwork) -> Figures:
    """Single questions to a process that opens the published table."""
    from gnn.scoring.scenario import scenario
    from service.answers.explanations import explanation
    from service.answers.scenarios import MOST_RECOMPUTED
    from service.answers.scores import score
    from service.wording.reasons import INVESTIGATOR

    gc.freeze()  # as a process of `kith serve` does
    started = time.perf_counter()
    context, purpose = _context(folder)
    scorer = context.scorer(purpose)
    opened = time.perf_counter() - started
    own = _anonymous_mb()
    random, terms = np.random.default_rng(0), context.terms(purpose)
    some = random.integers(0, network.parties, ASKED).tolist()
    ids = [context.snapshot.id_of(party) for party in some]
    hub = int(np.argmax(_degrees(context.snapshot)))
    for id in ids[:5]:  # what is compiled or opened once
        explanation(context, id, purpose, INVESTIGATOR)
        scenario(scorer, [context.snapshot.row_of(id)], terms, MOST_RECOMPUTED)
    scored = [_timed(partial(score, context, id, purpose)) for id in ids]
    reasons = [_timed(partial(score, context, id, purpose, True), time.process_time) for id in ids]
    explained = [_timed(partial(explanation, context, id, purpose, INVESTIGATOR)) for id in ids]
    of_hub = _timed(partial(explanation, context, context.snapshot.id_of(hub), purpose, INVESTIGATOR))
    simulated = [_timed(partial(scenario, scorer, [one], terms, MOST_RECOMPUTED)) for one in some[:DEFAULTS]]
    changed, row_ms, degrees = _changes(context, purpose, random)
    return {
        "open": opened,
        "own_mb": own,
        "score_p99": _quantile(scored, 0.99),
        "reasons_cpu_p50": _quantile(reasons, 0.5),
        "explanation_p50": _quantile(explained, 0.5),
        "explanation_p99": _quantile(explained, 0.99),
        "hub_explanation": of_hub,
        "simulation_p50": _quantile(simulated, 0.5),
        "change_p50": _quantile(changed, 0.5),
        "change_p99": _quantile(changed, 0.99),
        "change_by_decile": [
            _quantile([s for s, d in zip(changed, degrees, strict=True) if d == decile] or [float("nan")], 0.5)
            for decile in range(10)
        ],
        "changed_row_p99": _quantile(row_ms, 0.99),
    }


def serve_http(folder: Path, network: ScaleNetwork) -> Figures:
    """Memory of the processes of a server."""
    from benchmarks.scale import serving

    return serving.serve(folder, network)


def _changes(context: Any, purpose: Any, random: np.random.Generator) -> tuple[list[float], list[float], list[int]]:
    """Seconds of one new link until its two ends and all their neighbours are scored again; of one row alone; and the
    decile of the ends' degree."""
    from gnn.scoring.incremental import changed_inputs
    from graph.snapshots.overlay import AddLinks

    scorer, terms, snapshot = context.scorer(purpose), context.terms(purpose), context.snapshot
    degree = _degrees(snapshot)
    cuts = np.quantile(degree, np.arange(1, 10) / 10)
    whole: list[float] = []
    single: list[float] = []
    deciles: list[int] = []
    links = snapshot.links("PAYS")
    for _ in range(CHANGED):
        entry = int(random.integers(links.info.links))
        source = int(np.searchsorted(links.out_indptr, entry, "right") - 1)
        target = int(random.integers(snapshot.n_parties))
        change = [AddLinks("PAYS", source, target, 1, snapshot.as_of or 1.7e9, snapshot.as_of or 1.7e9, amount=100.0)]
        ends = np.array(sorted({source, target}))
        near = [of.neighbours.lists(ends)[1] for of in scorer.table.state.categories.values()]
        around = np.unique(np.concatenate([ends, *near])).astype(np.int64)
        for rows, seconds in ((around, whole), (ends[:1], single)):
            started = time.perf_counter()
            scorer.assess_inputs(rows, changed_inputs(scorer.table, rows, change), terms)
            seconds.append(time.perf_counter() - started)
        deciles.append(int(np.searchsorted(cuts, max(degree[source], degree[target]))))
    return whole, single, deciles


def _context(folder: Path) -> tuple[Any, Any]:
    from gnn.models import artifact
    from graph.purposes import DEFAULT_PURPOSE
    from graph.snapshots.snapshot import Snapshot
    from service.context import ServingContext

    snapshot, model = Snapshot.open(folder / "snapshot"), artifact.load(folder / "model")
    context = ServingContext(snapshot, model, "bench", tables=folder / "tables")
    return context, context.purpose(DEFAULT_PURPOSE)


def _degrees(snapshot: Any) -> Any:
    """Number of links of each party."""
    total = np.zeros(snapshot.n_parties, np.int64)
    for kind in snapshot.kinds:
        total += snapshot.links(kind).facts_by_source() + snapshot.links(kind).facts_by_target()
    return total


def _held_out_auroc(folder: Path, network: ScaleNetwork) -> float:
    import pyarrow.parquet as pq

    from gnn.metrics import auroc

    probability = pq.read_table(folder / "scores.parquet", columns=["probability"])["probability"].to_numpy()
    parties, bad = network.held_out
    return float(auroc(np.nan_to_num(probability[parties], nan=0.0), bad.astype(np.float64)))


def _timed(ask: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    started = clock()
    ask()
    return clock() - started


def _quantile(seconds: Sequence[float], share: float) -> float:
    return float(np.quantile(seconds, share))


def _anonymous_mb() -> float:
    """Memory of this process that is not mapped from files, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


PARTS: Final[dict[str, Callable[[Path, ScaleNetwork], Figures]]] = {
    "build": build,
    "train": train,
    "score_all": score_all,
    "graph_sage": graph_sage,
    "serve": serve,
    "serve_http": serve_http,
}


def part(name: str, folder: str, parties: str, links: str) -> None:
    """Run one part in this process and print its figures as JSON."""
    started = time.perf_counter()
    figures = PARTS[name](Path(folder), ScaleNetwork(int(parties), int(links)))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps(figures | {"seconds": seconds, "peak_gb": peak}))


def run(parties: int = PARTIES, links: int = LINKS) -> dict[str, Any]:
    """Every part, one after the other, as the rows of a bench."""
    found: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="kith-scale-") as folder:
        for name in PARTS:
            code = "import sys; from benchmarks.scale.measure import part; part(*sys.argv[1:])"
            command = [sys.executable, "-c", code, name, folder, str(parties), str(links)]
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
            found[name] = json.loads(done.stdout.splitlines()[-1])
            print(name, json.dumps(found[name]), file=sys.stderr, flush=True)
    return {"name": "scale", "parties": parties, "links": links, "parts": found, "rows": _rows(found, parties)}


def _rows(found: dict[str, Figures], parties: int) -> list[dict[str, Any]]:
    train, scored, sage, serve, http = (found[name] for name in list(PARTS)[1:])
    served = [row("two processes that serve, together", http["together_gb"], "mark", MARK_TOGETHER_GB, "GB")]
    sage_seconds = sage["train"] + sage["infer"]
    return [
        row("train", train["seconds"], "mark", MARK_SECONDS, "s"),
        row("train, peak memory", train["peak_gb"], "mark", MARK_GB, "GB"),
        row("score all", scored["seconds"], "mark", MARK_SECONDS, "s"),
        row("score all, peak memory", scored["peak_gb"], "mark", MARK_GB, "GB"),
        row("train and score all", train["seconds"] + scored["seconds"], "GraphSAGE", sage_seconds, "s"),
        row(
            "train and score all, memory", max(train["peak_gb"], scored["peak_gb"]), "GraphSAGE", sage["peak_gb"], "GB"
        ),
        row("AUROC lost, of unseen outcomes", 1 - scored["auroc"], "GraphSAGE", 1 - sage["auroc"], ""),
        row("open the table", serve["open"], "mark", 2.0, "s"),
        row("memory of a worker's own", serve["own_mb"], "mark", 300.0, "MB"),
        row("one change, median", 1e3 * serve["change_p50"], "score all / 500", 2 * scored["seconds"], "ms"),
        row("one change, p99", 1e3 * serve["change_p99"], "score all / 500", 2 * scored["seconds"], "ms"),
        row("score, p99", 1e3 * serve["score_p99"], "mark", 1.0, "ms"),
        row("a changed row, p99", 1e3 * serve["changed_row_p99"], "mark", 20.0, "ms"),
        row("reasons, processor time", 1e3 * serve["reasons_cpu_p50"], "mark", 10.0, "ms"),
        row("explanation, median", 1e3 * serve["explanation_p50"], "mark", 30.0, "ms"),
        row("explanation, p99", 1e3 * serve["explanation_p99"], "mark", 100.0, "ms"),
        row("explanation of the largest hub", serve["hub_explanation"], "3 medians", 3 * serve["explanation_p50"], "s"),
        row("simulation of a default, median", 1e3 * serve["simulation_p50"], "mark", 200.0, "ms"),
        *(served if parties <= SERVED else []),
    ]
