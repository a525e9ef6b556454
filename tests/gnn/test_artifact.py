"""A model on disk: the same scores after a round trip, refusal by name, and no torch in a process that serves."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnn.models import artifact
from gnn.scoring.scorer import Scorer
from graph.errors import ModelError
from tests.gnn.networks import Trained


@pytest.fixture(scope="module")
def saved(hamlet: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "model"
    artifact.save(hamlet.model, folder)
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def resealed(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest and seal it again, as someone would who means it."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    change(manifest)
    raw = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(raw)
    (folder / "id").write_text(f"{hashlib.sha256(raw).hexdigest()}\n")


def test_a_round_trip_keeps_every_bit(hamlet: Trained, saved: Path) -> None:
    scorer = Scorer.of(artifact.load(saved), hamlet.snapshot)
    rows = np.arange(hamlet.snapshot.n_parties)
    assert (scorer.probability(rows) == hamlet.scorer.probability(rows)).all()
    assert scorer.base == hamlet.scorer.base


def test_saving_again_and_saving_what_was_loaded_give_the_same_bytes(
    hamlet: Trained, saved: Path, tmp_path: Path
) -> None:
    artifact.save(hamlet.model, saved)  # already there: left as it is
    artifact.save(artifact.load(saved), tmp_path / "again")
    for path in saved.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    assert artifact.model_id(saved) == artifact.model_id(tmp_path / "again")


def test_nothing_is_left_beside_and_nothing_else_is_overwritten(hamlet: Trained, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("keep")
    with pytest.raises(ModelError, match="already holds something else"):
        artifact.save(hamlet.model, tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model" / "mine.txt").read_text() == "keep"


def test_a_damaged_model_in_a_named_folder_is_in_the_way(hamlet: Trained, copy: Path) -> None:
    (copy / "network.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match=r"in the way: .*network\.onnx.* Remove it or name another folder"):
        artifact.save(hamlet.model, copy)


@pytest.mark.parametrize("name", ["manifest.json", "trees.onnx", "network.onnx"])
@pytest.mark.parametrize("where", [0.0, 0.5, 0.999])
def test_a_flipped_byte_is_refused_by_name(copy: Path, name: str, where: float) -> None:
    content = bytearray((copy / name).read_bytes())
    content[int(where * len(content))] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ModelError, match=name):
        artifact.load(copy)


@pytest.mark.parametrize("name", ["manifest.json", "id", "trees.onnx", "network.onnx"])
def test_a_truncated_or_missing_file_is_refused_by_name(copy: Path, name: str) -> None:
    (copy / name).write_bytes((copy / name).read_bytes()[:-1])
    with pytest.raises(ModelError, match=name):
        artifact.load(copy)
    (copy / name).unlink()
    with pytest.raises(ModelError, match=name):
        artifact.load(copy)


def test_foreign_files_are_refused(copy: Path, hamlet: Trained, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not the manifest of a Kith model"):
        artifact.load(hamlet.snapshot.folder)
    with pytest.raises(ModelError, match="cannot be read"):
        artifact.load(tmp_path / "nowhere")
    (copy / "model.pickle").write_bytes(b"\x80\x04")
    with pytest.raises(ModelError, match=r"model\.pickle: does not belong"):
        artifact.load(copy)


def test_another_version_or_a_path_out_of_the_folder_is_refused(saved: Path, tmp_path: Path) -> None:
    newer = Path(shutil.copytree(saved, tmp_path / "newer"))
    resealed(newer, lambda manifest: manifest.update(version=99))
    with pytest.raises(ModelError, match="version 99"):
        artifact.load(newer)
    outside = Path(shutil.copytree(saved, tmp_path / "outside"))
    resealed(outside, lambda manifest: manifest["files"].update({"../x": {"size": 0, "sha256": ""}}))
    with pytest.raises(ModelError, match="impossible file"):
        artifact.load(outside)


def test_another_feature_list_is_refused(saved: Path, tmp_path: Path) -> None:
    fewer = Path(shutil.copytree(saved, tmp_path / "fewer"))
    resealed(fewer, lambda manifest: manifest["model"]["spec"]["blocks"].pop())
    with pytest.raises(ModelError, match=r"fewer.*feature list"):
        artifact.load(fewer)
    other = Path(shutil.copytree(saved, tmp_path / "other"))
    resealed(other, lambda manifest: manifest["model"]["spec"].update(format=99))
    with pytest.raises(ModelError, match="feature list of format 99"):
        artifact.load(other)


SERVE = """
import sys
from pathlib import Path
from gnn.explain.explainer import Explainer
from gnn.models import artifact
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from graph.snapshots.snapshot import Snapshot
scorer = Scorer.of(artifact.load(Path(sys.argv[1])), Snapshot.open(Path(sys.argv[2])))
explainer, terms = Explainer(scorer), Terms(frozenset({"money", "contact"}), cap=1.0)
explainer.reasons(0, explainer.attribution(0, terms), terms)
print(scorer.probability([0])[0].hex())
print([name for name in ("torch", "torch_geometric", "onnx") if name in sys.modules])
"""


@pytest.mark.slow
def test_serving_imports_no_torch(hamlet: Trained, saved: Path) -> None:
    command = [sys.executable, "-c", SERVE, str(saved), str(hamlet.snapshot.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split("\n")[:2] == [float(hamlet.scorer.probability([0])[0]).hex(), "[]"]
