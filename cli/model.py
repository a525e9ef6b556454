"""`kith train`: the model that serves, from a snapshot."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import installation
from cli.data import Json
from cli.output import advancing, say, write_json
from service.workspace import SHOWN, Workspace

if TYPE_CHECKING:
    from gnn.models.model import Model
    from graph.snapshots.snapshot import Snapshot
    from service.training import ServingModel


def add_to(app: typer.Typer) -> None:
    app.command()(train)


def train(
    snapshot: Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; .kith/models/ by default.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    mitigate: Annotated[
        str | None, typer.Option(help="Mitigate unequal opportunity between groups of a column.")
    ] = None,
    json_file: Json = None,
) -> None:
    """Train the model that serves, from every known outcome of a snapshot."""
    from service.training import train_serving_model

    started = time.monotonic()
    workspace = installation.workspace()
    opened = workspace.snapshot(snapshot)
    with advancing() as progress:
        trained = train_serving_model(opened, seed, mitigate, progress)
    folder, id = _keep(trained.model, workspace, out)
    _show(trained, opened, folder, id)
    seconds = round(time.monotonic() - started, 2)
    write_json(json_file, _described(trained, opened, folder, id) | {"seed": seed, "seconds": seconds})


def _keep(model: Model, workspace: Workspace, out: Path | None) -> tuple[Path, str]:
    """Write the model under its own name, or where the user says; its folder and its id."""
    from gnn.models import artifact

    if out is not None:
        return out, artifact.save(model, out)
    folder = workspace.keep_model(model)
    return folder, artifact.model_id(folder)


def _show(trained: ServingModel, snapshot: Snapshot, folder: Path, id: str) -> None:
    from service.evaluation.sentences import late_counts_as_good

    if trained.mitigated_for is not None:
        say(f"mitigated for {trained.mitigated_for}, strength {trained.strength:g}")
    metrics, trust = trained.model.metrics, trained.model.trust
    say(
        f"model {id[:SHOWN]} from snapshot {snapshot.id[:SHOWN]}: trained on {trained.n_train:,} outcomes; "
        f"cross-fitted AUROC {metrics['auroc']:.4f}, ECE {metrics['ece']:.4f}",
        str(folder),
    )
    if trained.late_as_good:
        say(late_counts_as_good(trained.late_as_good))
    if trust is not None:
        of_trust = f"AUROC {trust.sign.metrics['auroc']:.4f}, RMSE {trust.weight.metrics['rmse']:.4f}"
        say(f"trust between two parties: trained on {trust.ratings:,} signed ratings, held-out {of_trust}")


def _described(trained: ServingModel, snapshot: Snapshot, folder: Path, id: str) -> dict[str, Any]:
    model = trained.model
    return {
        "model": str(folder),
        "id": id,
        "snapshot": snapshot.id,
        "features": model.spec.width,
        "ensemble_weights": dict(model.ensemble_weights),
        "n_train": trained.n_train,
        "late_as_good": trained.late_as_good,
        "mitigated_for": trained.mitigated_for,
        "mitigation_strength": trained.strength,
        "cross_fitted": dict(model.metrics),
        "trust": None if model.trust is None else {**model.trust.sign.metrics, **model.trust.weight.metrics},
    }
