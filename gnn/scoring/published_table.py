"""Feature tables as files that all serving processes map and share.

A folder holds the table of one snapshot and one feature list: what features are computed from, and the columns that do
not read outcomes. A folder beside it holds, for each choice of outcomes that may count, the columns that read them:

    table.json                          what the table is of, with the size and SHA-256 of every file
    visible.f4, label_free.f4           F32[n, s] and F32[n, a], see `NetworkState` and `FeatureTable`
    unbacked/KIND.i8                    entries of statements that do not count
    CATEGORY/{indptr.i8,indices.i4,total.f8,known.i4,landmark.i4}
    outcomes_DIGEST/{table.json,of_labels.f4,around/CATEGORY.i4}

A folder is written beside its place, block by block, and renamed, so that it is complete or absent. One process at a
time writes; others wait for it and then read what it made.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from gnn.arrays import F32, I64
from gnn.features.compatibility import refuse_unfit
from gnn.features.featurizer import in_blocks, label_columns_of, label_free_columns_of
from gnn.features.label_features import LabelVector
from gnn.features.label_state import LabelState, label_state
from gnn.features.network_state import CategoryState, NetworkState, network_state
from gnn.features.spec import FeatureSpec, visible_attribute_names
from gnn.features.statements.backed_network import unbacked_in, without_statements
from gnn.features.targets import OutcomeFlags, outcome_flags
from gnn.propagation.neighbourhood import Neighbourhood
from gnn.propagation.patched_rows import PatchedRows
from gnn.propagation.spmm import Adjacency
from gnn.scoring.feature_table import FeatureTable
from graph.errors import KithError
from graph.locks import locked
from graph.snapshots.files import Array, FileWriter, MappedFiles, canonical_json, sync_folder
from graph.snapshots.snapshot import Snapshot

FORMAT: Final = 1
MANIFEST: Final = "table.json"
SHOWN: Final = 16  # hex digits of a digest in a folder's name
TABLES_KEPT: Final = 3  # of different snapshots or models, those used last

Write = Callable[[FileWriter], None]


def published_table(
    tables: Path, spec: FeatureSpec, snapshot: Snapshot, closed_after: float | None = None
) -> FeatureTable:
    """The feature table of a snapshot from the files in the folder `tables`, which are written where they are missing.

    Raises:
        ModelError: the snapshot does not allow the features of the spec.
        KithError: the files cannot be written, or are damaged.
    """
    refuse_unfit(spec, snapshot)
    flags = outcome_flags(snapshot, closed_after, spec.bad)
    place = tables / f"{snapshot.id[:SHOWN]}-{spec.digest()[:SHOWN]}"
    of_outcomes = place / f"outcomes_{hashlib.sha256(np.ascontiguousarray(flags.y).data).hexdigest()[:SHOWN]}"
    described = {"format": FORMAT, "snapshot": snapshot.id, "spec": spec.digest()}
    try:
        with _one_writer(tables):
            if not (place / MANIFEST).exists():
                _put(place, described, partial(_write_table, spec, snapshot))
                _forget_others(tables, place)
            files = _mapped(place, described)
            state = _read_state(files, spec, snapshot)
            if not (of_outcomes / MANIFEST).exists():
                labels = label_state(state, LabelVector.all(flags.y))
                _put(of_outcomes, described, partial(_write_labels, labels))
            os.utime(place)
    except OSError as error:
        raise KithError(
            f"{error.filename or tables}: cannot be written ({error.strerror}); free space there, or name another "
            "folder by KITH_HOME"
        ) from error
    return _opened(spec, snapshot, closed_after, flags, state, files, _mapped(of_outcomes, described))


def _write_table(spec: FeatureSpec, snapshot: Snapshot, writer: FileWriter) -> None:
    state, every = network_state(spec, snapshot), np.arange(snapshot.n_parties)
    writer.array("visible.f4", state.visible.base, "<f4")
    for kind, entries in unbacked_in(state.network).items():
        writer.array(f"unbacked/{kind}.i8", entries, "<i8")
    for category, of in state.categories.items():
        writer.array(f"{category}/indptr.i8", of.neighbours.adjacency.indptr, "<i8")
        writer.array(f"{category}/indices.i4", of.neighbours.adjacency.indices, "<i4")
        writer.array(f"{category}/total.f8", of.total, "<f8")
        writer.array(f"{category}/known.i4", of.known, "<i4")
        if of.landmark is not None:
            writer.array(f"{category}/landmark.i4", of.landmark, "<i4")
    writer.blocks("label_free.f4", in_blocks(every, partial(label_free_columns_of, spec, state)), "<f4")


def _write_labels(labels: LabelState, writer: FileWriter) -> None:
    spec, every = labels.network.spec, np.arange(labels.network.network.n_parties)
    for category, counts in labels.around.items():
        writer.array(f"around/{category}.i4", counts, "<i4")
    writer.blocks("of_labels.f4", in_blocks(every, partial(label_columns_of, spec, labels)), "<f4")


def _read_state(files: MappedFiles, spec: FeatureSpec, snapshot: Snapshot) -> NetworkState:
    n, s = snapshot.n_parties, len(visible_attribute_names(spec))
    shown = files.array("visible.f4").reshape(n, s)
    unbacked: dict[str, I64] = {
        path.removeprefix("unbacked/").removesuffix(".i8"): np.asarray(files.array(path), np.int64)
        for path in files.paths
        if path.startswith("unbacked/")
    }
    categories = {}
    for category in spec.categories:
        adjacency = Adjacency(files.array(f"{category}/indptr.i8", n + 1), files.array(f"{category}/indices.i4"))
        total, known = (files.array(f"{category}/{name}").reshape(n, s + 1) for name in ("total.f8", "known.i4"))
        landmark = files.array(f"{category}/landmark.i4", n) if category in spec.bases else None
        neighbours = Neighbourhood(adjacency, n)
        categories[category] = CategoryState(neighbours, total, known, landmark, np.empty(0, np.int64))
    return NetworkState(spec, without_statements(snapshot, unbacked), PatchedRows.of(shown), categories)


def _opened(
    spec: FeatureSpec,
    snapshot: Snapshot,
    closed_after: float | None,
    flags: OutcomeFlags,
    state: NetworkState,
    files: MappedFiles,
    of_outcomes: MappedFiles,
) -> FeatureTable:
    n, nothing = snapshot.n_parties, np.empty(0, np.int64)
    around: dict[str, Array] = {
        category: of_outcomes.array(f"around/{category}.i4", 2 * n).reshape(n, 2) for category in spec.categories
    }
    labels = LabelState(state, PatchedRows.of(flags.y), around, dict.fromkeys(around, nothing))
    label_free: F32 = files.array("label_free.f4").reshape(n, len(spec.label_free_names))
    of_labels: F32 = of_outcomes.array("of_labels.f4").reshape(n, int(spec.reads_outcomes.sum()))
    return FeatureTable(spec, snapshot, closed_after, flags, labels, label_free, of_labels)


@contextmanager
def _one_writer(tables: Path) -> Iterator[None]:
    """While this is held, no other process writes a table here."""
    tables.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = tables / "lock"
    lock.touch()
    with locked(lock):
        yield


def _put(place: Path, described: Mapping[str, Any], write: Write) -> None:
    """Write a folder beside its place and rename it; what is there without a manifest is in the way and goes."""
    beside = place.parent / f".{secrets.token_hex(6)}.partial"
    beside.mkdir()
    try:
        writer = FileWriter(beside)
        write(writer)
        writer.bytes(MANIFEST, canonical_json({**described, "files": dict(writer.files)}))
        writer.sync()
        shutil.rmtree(place, ignore_errors=True)
        beside.rename(place)
        sync_folder(place.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _mapped(place: Path, described: Mapping[str, Any]) -> MappedFiles:
    """The files of a folder, each of the size that its manifest says.

    Raises KithError where one is missing or changed, or the folder is of something else.
    """
    try:
        manifest = json.loads((place / MANIFEST).read_bytes())
        sizes = {path: entry["size"] for path, entry in manifest["files"].items()}
        fits = all((place / path).stat().st_size == size for path, size in sizes.items())
        fits = fits and described.items() <= manifest.items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise KithError(f"{place}: this feature table is damaged or of something else; remove the folder")
    return MappedFiles(place, sizes)


def _forget_others(tables: Path, place: Path) -> None:
    """Remove all but the TABLES_KEPT tables that were used last; a process that has one mapped goes on with it."""
    others = sorted((one for one in tables.glob("[!.]*-*/") if one != place), key=lambda one: -one.stat().st_mtime)
    for folder in others[TABLES_KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)
    for abandoned in tables.glob(".*.partial"):
        shutil.rmtree(abandoned, ignore_errors=True)
