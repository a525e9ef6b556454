"""`kith train`: the model that serves, from a snapshot."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import installation
from cli.data import Json, Store
from cli.output import advancing, say, write_json
from graph.errors import UsageError
from graph.stores.open import not_made
from service.workspace import SHOWN, Workspace

if TYPE_CHECKING:
    from gnn.models.model import Model
    from graph.snapshots.snapshot import Snapshot
    from service.history import History, NoHistory
    from service.training import ServingModel


LateFrom = Annotated[
    int | None, typer.Option(min=0, help="Late by so many days or more is bad too; else late counts as good.")
]
BaseRate = Annotated[
    float | None, typer.Option(help="Share of bad outcomes among those to be scored, where the sample has another.")
]


def add_to(app: typer.Typer) -> None:
    app.command()(train)


def train(
    snapshot: Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")] = None,
    store: Store = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; .kith/models/ by default.")] = None,
    horizon: Annotated[
        int, typer.Option(min=1, help="Days; where outcomes have dates, those that open within them are foretold.")
    ] = 365,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    mitigate: Annotated[
        str | None, typer.Option(help="Mitigate unequal opportunity between groups of a column.")
    ] = None,
    late_from: LateFrom = None,
    base_rate: BaseRate = None,
    json_file: Json = None,
) -> None:
    """Train the model that serves, from every known outcome of a snapshot.

    Where the store is there and outcomes have dates, it is trained point in time: on what was known at several times,
    and on the outcomes that opened within the horizon after each.
    """
    from gnn.features.targets import BadOutcome
    from gnn.training.train import TrainingConfig
    from service.training import train_serving_model

    config = TrainingConfig(bad=BadOutcome(late_from), population_rate=checked_rate(base_rate))
    started = time.monotonic()
    workspace = installation.workspace()
    opened = workspace.snapshot(snapshot)
    with _history(opened, store, horizon, workspace) as history, advancing() as progress:
        trained = train_serving_model(opened, seed, mitigate, progress, history, config)
    folder, id = _keep(trained.model, workspace, out)
    _show(trained, opened, folder, id)
    live = workspace.live_model()
    if out is None and live is not None and live != folder:
        say(f"model {live.name} was promoted and still serves; kith models promote {id[:SHOWN]} replaces it")
    seconds = round(time.monotonic() - started, 2)
    write_json(json_file, _described(trained, opened, folder, id) | {"seed": seed, "seconds": seconds})


@contextmanager
def _history(
    snapshot: Snapshot, store: str | None, horizon: int, workspace: Workspace
) -> Iterator[History | NoHistory]:
    """The history of the snapshot from its store. Raises UsageError for a named store that is not the snapshot's."""
    from graph.stores.open import open_store
    from service.history import NO_STORE, history_of

    url = store or workspace.store_url
    if not_made(url):
        if store is not None:
            raise UsageError(f"{store} is no store; name that of the snapshot with --store")
        yield NO_STORE
        return
    with tempfile.TemporaryDirectory(prefix="kith-train-") as scratch, closing(open_store(url)) as facts:
        yield history_of(snapshot, facts, horizon, Path(scratch))


def checked_rate(base_rate: float | None) -> float | None:
    """A base rate that was asked for. Raises UsageError for one that is not between 0 and 1."""
    if base_rate is not None and not 0 < base_rate < 1:
        raise UsageError(f"--base-rate is a share between 0 and 1, such as 0.03, not {base_rate:g}")
    return base_rate


def _keep(model: Model, workspace: Workspace, out: Path | None) -> tuple[Path, str]:
    """Write the model under its own name, or where the user says; its folder and its id."""
    from gnn.models import artifact

    if out is not None:
        return out, artifact.save(model, out)
    folder = workspace.keep_model(model)
    return folder, artifact.model_id(folder)


def _show(trained: ServingModel, snapshot: Snapshot, folder: Path, id: str) -> None:
    from service.evaluation.sentences import base_rate_is_of, late_counts_as_good, late_left_out, texts, trained_how

    if trained.mitigated_for is not None:
        say(f"mitigated for {trained.mitigated_for}, strength {trained.strength:g}")
    metrics, trust = trained.model.metrics, trained.model.trust
    what = "outcomes" if trained.static_because else "observations"
    say(
        f"model {id[:SHOWN]} from snapshot {snapshot.id[:SHOWN]}: trained on {trained.n_train:,} {what}; "
        f"cross-fitted AUROC {metrics['auroc']:.4f}, ECE {metrics['ece']:.4f}",
        str(folder),
        trained_how(trained.model.horizon_days, len(trained.model.observed_at), trained.static_because),
    )
    if trained.late.as_good:
        say(late_counts_as_good(trained.late.as_good, trained.model.spec.bad.late_from))
    if trained.late.left_out:
        say(late_left_out(trained.late.left_out))
    say(*texts(trained.selection))
    if trained.model.calibration.prior is not None:
        say(base_rate_is_of(asdict(trained.model.calibration.prior)))
    if trust is not None:
        of_trust = f"AUROC {trust.sign.metrics['auroc']:.4f}, RMSE {trust.weight.metrics['rmse']:.4f}"
        say(f"trust between two parties: trained on {trust.ratings:,} signed ratings, held-out {of_trust}")


def _described(trained: ServingModel, snapshot: Snapshot, folder: Path, id: str) -> dict[str, Any]:
    from service.evaluation.sentences import findings_json

    model = trained.model
    return {
        "model": str(folder),
        "id": id,
        "snapshot": snapshot.id,
        "features": model.spec.width,
        "ensemble_weights": dict(model.ensemble_weights),
        "n_train": trained.n_train,
        "horizon_days": model.horizon_days,
        "observed_at": list(model.observed_at),
        "static_because": trained.static_because,
        "late_from": model.spec.bad.late_from,
        "late_as_good": trained.late.as_good,
        "late_left_out": trained.late.left_out,
        "base_rate": model.base_rate,
        "base_rate_correction": None if model.calibration.prior is None else asdict(model.calibration.prior),
        "findings": findings_json(trained.selection),
        "mitigated_for": trained.mitigated_for,
        "mitigation_strength": trained.strength,
        "cross_fitted": dict(model.metrics),
        "trust": None if model.trust is None else {**model.trust.sign.metrics, **model.trust.weight.metrics},
    }
