"""A feature table as files: the same bits as in memory, shared, complete or absent, and refused where it is damaged."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from gnn.scoring.feature_table import FeatureTable, feature_table
from gnn.scoring.incremental import changed_inputs
from gnn.scoring.published_table import MANIFEST, TABLES_KEPT, published_table
from graph.errors import KithError
from graph.snapshots.overlay import Cure, RemoveLinks
from tests.gnn.networks import Trained, town

FOUR_PLACES = ("label_free.f4", "visible.f4", "money/indices.i4", MANIFEST)


def rows_of(table: FeatureTable) -> np.ndarray:
    return table.rows(np.arange(table.snapshot.n_parties))


@pytest.fixture
def published(hamlet: Trained, tmp_path: Path) -> FeatureTable:
    return published_table(tmp_path, hamlet.model.spec, hamlet.snapshot)


def test_a_published_table_has_the_bits_of_one_in_memory(hamlet: Trained, published: FeatureTable) -> None:
    np.testing.assert_array_equal(rows_of(published), rows_of(feature_table(hamlet.model.spec, hamlet.snapshot)))


def test_changes_of_a_published_table_are_those_in_memory(hamlet: Trained, published: FeatureTable) -> None:
    links = hamlet.snapshot.links("PAYS")
    source = int(np.flatnonzero(np.diff(links.out_indptr))[0])
    defaulted = int(np.flatnonzero(hamlet.scorer.outcomes.default)[0])
    changes = [RemoveLinks("PAYS", source, int(links.out(source).party[0])), Cure(defaulted)]
    rows = np.arange(hamlet.snapshot.n_parties)
    of_files, in_memory = (changed_inputs(table, rows, changes) for table in (published, hamlet.scorer.table))
    for one, other in zip(of_files, in_memory, strict=True):
        assert one.facts == other.facts
        np.testing.assert_array_equal(one.values, other.values)
    failed = np.array([defaulted])
    np.testing.assert_array_equal(
        published.rows_if_defaulted(rows, failed), hamlet.scorer.table.rows_if_defaulted(rows, failed)
    )


def test_visibilities_share_what_reads_no_outcomes(hamlet: Trained, tmp_path: Path) -> None:
    everything, nothing = (published_table(tmp_path, hamlet.model.spec, hamlet.snapshot, t) for t in (None, np.inf))
    assert Path(_file(everything.label_free)).samefile(_file(nothing.label_free))
    in_memory = feature_table(hamlet.model.spec, hamlet.snapshot, np.inf)
    np.testing.assert_array_equal(rows_of(nothing), rows_of(in_memory))


def test_a_table_is_written_once(hamlet: Trained, published: FeatureTable, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.f4")}
    assert before
    published_table(tmp_path, hamlet.model.spec, hamlet.snapshot)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.f4")} == before


def test_several_processes_write_one_table(hamlet: Trained, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_open, args=(tmp_path, hamlet)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(list(tmp_path.glob("*-*"))) == 1
    assert not list(tmp_path.rglob(".*.partial"))


@pytest.mark.parametrize("name", FOUR_PLACES)
def test_a_truncated_file_is_refused_by_its_folder(
    name: str, hamlet: Trained, published: FeatureTable, tmp_path: Path
) -> None:
    (place,) = tmp_path.glob("*-*")
    file = place / name
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(KithError, match=place.name):
        published_table(tmp_path, hamlet.model.spec, hamlet.snapshot)


def test_a_table_that_was_not_finished_is_written_again(
    hamlet: Trained, published: FeatureTable, tmp_path: Path
) -> None:
    (place,) = tmp_path.glob("*-*")
    expected = rows_of(published)
    (place / MANIFEST).unlink()
    np.testing.assert_array_equal(rows_of(published_table(tmp_path, hamlet.model.spec, hamlet.snapshot)), expected)


def test_the_tables_used_last_stay(hamlet: Trained, tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    snapshots = [town(60, seed).snapshot(tmp_path / f"{seed}") for seed in range(TABLES_KEPT + 1)]
    for age, snapshot in enumerate(snapshots):
        published_table(tables, hamlet.model.spec, snapshot)
        os.utime(next(tables.glob(f"{snapshot.id[:16]}-*")), (age, age))
    kept = {folder.name[:16] for folder in tables.glob("*-*")}
    assert kept == {snapshot.id[:16] for snapshot in snapshots[1:]}


def _file(values: np.ndarray) -> str:
    """The file that an array is mapped from."""
    while not isinstance(values, np.memmap):
        assert values.base is not None
        values = values.base
    return str(values.filename)


def _open(tables: Path, hamlet: Trained) -> None:
    published_table(tables, hamlet.model.spec, hamlet.snapshot)
