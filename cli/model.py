"""`kith train`: the model that serves, from a snapshot."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.data import Json
from cli.output import advancing, say, write_json
from service.workspace import SHOWN, Workspace

if TYPE_CHECKING:
    from gnn.models.model import Model
    from graph.snapshots.snapshot import Snapshot


def add_to(app: typer.Typer) -> None:
    app.command()(train)


def train(
    snapshot: Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; .kith/models/ by default.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    mitigate: Annotated[str | None, typer.Option(help="Repair unequal opportunity between groups of a column.")] = None,
    json_file: Json = None,
) -> None:
    """Train the model that serves, from every known outcome of a snapshot."""
    started = time.monotonic()
    home = Workspace.here()
    opened = home.snapshot(snapshot)
    learnt = learn(opened, seed, mitigate)
    folder, id = _keep(learnt.model, home, out)
    _show(learnt, opened, folder, id)
    seconds = round(time.monotonic() - started, 2)
    write_json(json_file, _told(learnt, opened, folder, id) | {"seed": seed, "seconds": seconds})


@dataclass(frozen=True)
class Learnt:
    """A model, how many outcomes taught it, and what it was repaired for, if anything."""

    model: Model
    n_train: int
    repaired_for: str | None
    strength: float


def learn(snapshot: Snapshot, seed: int, mitigate: str | None = None) -> Learnt:
    """The model of outcomes, repaired if that was asked for, and with it the one of trust between two parties."""
    from gnn.evaluation.fairness.audit import mitigated
    from gnn.evaluation.fairness.groups import protected_groups
    from gnn.features.ratings import ratings_of
    from gnn.features.targets import outcomes_as_labels
    from gnn.training.fit_trust import fit_trust
    from gnn.training.splits import labelled
    from gnn.training.train import train as train_model

    y = outcomes_as_labels(snapshot)
    known = labelled(y)
    groups = None if mitigate is None else protected_groups(snapshot, mitigate)
    repaired_for, strength = None, 0.0
    with advancing() as progress:
        trained = train_model(snapshot, y, known, seed, progress)
        model = trained.model
        if groups is not None:
            model, repaired_for, strength = mitigated(trained, y, groups, seed)
        model = replace(model, trust=fit_trust(ratings_of(snapshot), seed, progress))
    return Learnt(model, len(known), repaired_for, strength)


def _keep(model: Model, home: Workspace, out: Path | None) -> tuple[Path, str]:
    """Write the model under its own name, or where the user says; its folder and its id."""
    from gnn.models import artifact

    if out is not None:
        return out, artifact.save(model, out)
    folder = home.keep_model(model)
    return folder, artifact.model_id(folder)


def _show(learnt: Learnt, snapshot: Snapshot, folder: Path, id: str) -> None:
    if learnt.repaired_for is not None:
        say(f"repaired for {learnt.repaired_for}, strength {learnt.strength:g}")
    metrics, trust = learnt.model.metrics, learnt.model.trust
    say(
        f"model {id[:SHOWN]} from snapshot {snapshot.id[:SHOWN]}: {learnt.n_train:,} outcomes taught; "
        f"cross-fitted AUROC {metrics['auroc']:.4f}, ECE {metrics['ece']:.4f}",
        str(folder),
    )
    if trust is not None:
        of_trust = f"AUROC {trust.sign.metrics['auroc']:.4f}, RMSE {trust.weight.metrics['rmse']:.4f}"
        say(f"trust between two parties: {trust.ratings:,} signed ratings taught, held-out {of_trust}")


def _told(learnt: Learnt, snapshot: Snapshot, folder: Path, id: str) -> dict[str, Any]:
    model = learnt.model
    return {
        "model": str(folder),
        "id": id,
        "snapshot": snapshot.id,
        "features": model.spec.width,
        "ensemble_weights": dict(model.ensemble_weights),
        "n_train": learnt.n_train,
        "repaired_for": learnt.repaired_for,
        "repair_strength": learnt.strength,
        "cross_fitted": dict(model.metrics),
        "trust": None if model.trust is None else {**model.trust.sign.metrics, **model.trust.weight.metrics},
    }
