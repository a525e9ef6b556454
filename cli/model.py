"""`kith train`: the model that serves, from a snapshot."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cli.data import Json
from cli.output import advancing, say, write_json
from service.home import SHOWN, Home


def add_to(app: typer.Typer) -> None:
    app.command()(train)


def train(
    snapshot: Annotated[Path | None, typer.Option(help="A snapshot's folder; the newest by default.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; .kith/models/ by default.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    mitigate: Annotated[str | None, typer.Option(help="Repair unequal opportunity between groups of a column.")] = None,
    json_file: Json = None,
) -> None:
    """Train the model that serves, from every known outcome of a snapshot."""
    from gnn import artifact
    from gnn.evaluation import outcomes_as_labels
    from gnn.fairness import mitigated
    from gnn.features import compute_static
    from gnn.groups import groups_of
    from gnn.ratings import ratings_of
    from gnn.splits import Split, for_serving
    from gnn.training import train as train_model
    from gnn.trust import fit_trust

    started = time.monotonic()
    home = Home.here()
    opened = home.snapshot(snapshot)
    y = outcomes_as_labels(opened)
    taught, held_out = for_serving(opened, y, seed)
    with advancing() as progress:
        model = train_model(opened, y, taught, held_out, seed, progress)
    repaired_for, strength = None, 0.0
    if mitigate is not None:
        split = Split("serving", taught, held_out, held_out[:0])
        groups, static = groups_of(opened, mitigate), compute_static(model.spec, opened)
        model, repaired_for, strength = mitigated(opened, y, split, model, groups, seed, static)
        say(f"repaired for {repaired_for}, strength {strength:g}")
    with advancing() as progress:
        model = replace(model, trust=fit_trust(ratings_of(opened), seed, progress))
    folder = home.keep_model(model) if out is None else out
    id = artifact.model_id(folder) if out is None else artifact.save(model, folder)
    say(
        f"model {id[:SHOWN]} from snapshot {opened.id[:SHOWN]}: {len(taught):,} outcomes taught, {len(held_out):,} "
        f"chose and calibrated; held-out AUROC {model.metrics['auroc']:.4f}, ECE {model.metrics['ece']:.4f}",
        str(folder),
    )
    trust = model.trust
    if trust is not None:
        metrics = f"AUROC {trust.sign.metrics['auroc']:.4f}, RMSE {trust.weight.metrics['rmse']:.4f}"
        say(f"trust between two parties: {trust.ratings:,} signed ratings taught, held-out {metrics}")
    write_json(
        json_file,
        {
            "model": str(folder),
            "id": id,
            "snapshot": opened.id,
            "seed": seed,
            "features": model.spec.width,
            "shares": dict(model.shares),
            "n_train": len(taught),
            "n_held_out": len(held_out),
            "repaired_for": repaired_for,
            "repair_strength": strength,
            "held_out": dict(model.metrics),
            "trust": None if trust is None else {**trust.sign.metrics, **trust.weight.metrics},
            "seconds": round(time.monotonic() - started, 2),
        },
    )
